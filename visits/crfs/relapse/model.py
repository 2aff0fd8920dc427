"""Relapses of multiple sclerosis (protocol sections 3.3 and 8.8)."""

from typing import ClassVar

from django.db import models

from enrollment.models import PatientRecord
from trialsite.records.fields import Coded, Day, SeveralCodes, WholeNumber, Words, YesNo
from visits.crfs.edss.model import Edss


class FunctionalSystem(models.TextChoices):
    VISUAL = "visual", "Visual"
    BRAINSTEM = "brainstem", "Brainstem"
    PYRAMIDAL = "pyramidal", "Pyramidal"
    CEREBELLAR = "cerebellar", "Cerebellar"
    SENSORY = "sensory", "Sensory"
    BOWEL_BLADDER = "bowel_bladder", "Bowel and bladder"
    CEREBRAL = "cerebral", "Cerebral"


class RelapseSeverity(models.TextChoices):
    MILD = "mild", "Mild"
    MODERATE = "moderate", "Moderate"
    SEVERE = "severe", "Severe"


class AdjudicatedStatus(models.TextChoices):
    CONFIRMED = "confirmed", "Confirmed relapse"
    NOT_RELAPSE = "not_relapse", "Not a relapse"


class Relapse(PatientRecord):
    """One episode. Whether it is suspected, confirmed or none at all is derived from the answers and the examination, unless adjudicated."""

    onset_on = Day("onset")
    ended_on = Day("end")
    symptoms = Words("symptoms")
    lasted_over_24_h = YesNo("lasted longer than 24 hours")
    is_fever_excluded = YesNo("fever, infection and metabolic causes excluded")
    is_stable_before = YesNo("stable or improving before, for as long as the protocol asks")
    affected_systems = SeveralCodes("affected functional systems", FunctionalSystem)
    severity = Coded("severity", RelapseSeverity)
    exam = models.ForeignKey(
        Edss, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="examination"
    )

    is_steroid_treated = YesNo("treated with steroids")
    steroid_name = models.CharField("steroid", max_length=120, blank=True, default="")
    steroid_started_on = Day("first dose on")
    steroid_dose_mg = WholeNumber("dose a day", unit="mg")
    steroid_days = WholeNumber("days of treatment", unit="days")

    adjudicated_as = Coded("adjudicated as", AdjudicatedStatus)
    adjudicated_by = models.CharField("adjudicated by", max_length=120, blank=True, default="")
    adjudicated_on = Day("adjudicated on")
    remarks = Words("remarks")

    REQUIRED: ClassVar[tuple[str, ...]] = (
        "onset_on",
        "symptoms",
        "lasted_over_24_h",
        "is_fever_excluded",
        "is_stable_before",
        "affected_systems",
        "severity",
        "is_steroid_treated",
    )

    class Meta:
        verbose_name = "relapse"
        ordering = ("onset_on",)
