"""Visits: occasions on which a patient was seen, or should have been and was not; and the base of the forms filled in at them."""

from typing import ClassVar

from django.db import models

from enrollment.models import Patient, PatientRecord
from trialsite.audit.write import Subject
from trialsite.records.fields import Coded, Day, WholeNumber, Words
from trialsite.records.models import ClinicalRecord


class VisitStatus(models.TextChoices):
    ATTENDED = "attended", "Attended"
    MISSED = "missed", "Missed"


class Visit(ClinicalRecord):
    """One occasion of one patient: a planned visit of the protocol (occasion 1), or the n-th unscheduled one."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="visits", editable=False)
    planned_key = models.CharField("planned visit", max_length=40)
    occasion = WholeNumber("occasion", null=False, blank=False, default=1)
    status = Coded("status", VisitStatus, default=VisitStatus.ATTENDED)
    visited_on = Day("date of the visit")
    missed_reason = Words("why the visit was missed")
    unscheduled_reason = Words("why the patient was seen between visits")

    class Meta:
        ordering = ("visited_on",)
        constraints = (
            models.UniqueConstraint(fields=("patient", "planned_key", "occasion"), name="visit_once_per_occasion"),
        )

    def __str__(self) -> str:
        return f"{self.planned_key} {self.occasion}"

    def subject(self) -> Subject:
        return Subject(
            site_code=self.patient.site_code,
            patient_id=self.patient_id,
            visit_label=self.planned_key,
            record_kind=self._meta.label_lower,
            record_id=self.id,
            revision=self.revision or None,
        )


class VisitForm(PatientRecord):
    """What every form filled in at a visit shares: when it was done and by whom."""

    visit = models.OneToOneField(Visit, on_delete=models.PROTECT, related_name="+", editable=False)
    assessed_on = Day("date of assessment")
    assessed_by = models.CharField("assessed by", max_length=120, blank=True, default="")

    REQUIRED: ClassVar[tuple[str, ...]] = ("assessed_on",)
    HEAD: ClassVar[tuple[str, ...]] = ("assessed_on", "assessed_by")

    class Meta:
        abstract = True

    @property
    def visit_label(self) -> str:
        return self.visit.planned_key
