"""What a person must answer about eligibility; everything else is worked out from other forms (protocol sections 1.3 and 8.3)."""

from typing import ClassVar

from django.db import models

from enrollment.models.base import PatientRecord
from trialsite.audit.write import Subject
from trialsite.records.fields import Coded, Day, Words, YesNo
from trialsite.records.models import ClinicalRecord


class CriterionAnswer(models.TextChoices):
    YES = "yes", "Yes"
    NO = "no", "No"
    NOT_APPLICABLE = "na", "Not applicable"


class Eligibility(PatientRecord):
    """The answers to one patient's criteria. There is no field that could override a criterion.

    The criteria themselves are protocol data: their answers are rows. The four questions here belong to criteria that are partly worked out.
    """

    assessed_on = Day("date of assessment")
    assessed_by = models.CharField("assessed by", max_length=120, blank=True, default="")
    has_progressed = YesNo("has the disease progressed within the stable period before entry?")
    is_breast_feeding = YesNo("is the patient breast-feeding?")
    lacks_contraception = YesNo("is the patient without reliable contraception?")
    has_treatment_contraindication = YesNo(
        "any reason not to have venography, angioplasty, anticoagulants or antiplatelets, or a bleeding disorder?"
    )
    rows_digest = models.CharField(max_length=64, blank=True, default="", editable=False)

    REQUIRED: ClassVar[tuple[str, ...]] = ("assessed_on", "assessed_by")

    class Meta:
        verbose_name = "eligibility"
        verbose_name_plural = "eligibility"
        constraints = (models.UniqueConstraint(fields=("patient",), name="eligibility_once"),)


class EligibilityAnswer(ClinicalRecord):
    """The answer to one criterion, found by its code in the protocol."""

    parent = models.ForeignKey(Eligibility, on_delete=models.PROTECT, related_name="answers", editable=False)
    key = models.CharField("criterion", max_length=20, editable=False)
    answer = Coded("answer", CriterionAnswer)
    comment = Words("comment")

    class Meta:
        verbose_name = "eligibility answer"
        constraints = (models.UniqueConstraint(fields=("parent", "key"), name="eligibility_answer_once"),)

    def __str__(self) -> str:
        return f"{self.key}: {self.answer}"

    def subject(self) -> Subject:
        return Subject(
            site_code=self.parent.patient.site_code,
            patient_id=self.parent.patient_id,
            record_kind=self._meta.label_lower,
            record_id=self.id,
            revision=self.revision or None,
        )
