"""What every form about a patient shares."""

from django.db import models

from enrollment.models.patient import Patient
from trialsite.audit.write import Subject
from trialsite.records.models import CaseReportForm


class PatientRecord(CaseReportForm):
    """A form that belongs to a patient."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+", editable=False)

    class Meta:
        abstract = True

    @property
    def visit_label(self) -> str:
        """Where in the patient's course the form belongs; "" for one that belongs to the patient as a whole."""
        return ""

    def subject(self) -> Subject:
        return Subject(
            site_code=self.patient.site_code,
            patient_id=self.patient_id,
            visit_label=self.visit_label,
            record_kind=self._meta.label_lower,
            record_id=self.id,
            revision=self.revision or None,
            is_restricted=self.IS_RESTRICTED,
        )
