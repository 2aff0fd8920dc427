"""Other conditions before the trial, one record each (protocol sections 1.3 and 8.2)."""

from typing import ClassVar

from django.db import models

from enrollment.models.base import PatientRecord
from trialsite.records.fields import Coded, PartialDay, Words, YesNo


class ConditionCategory(models.TextChoices):
    """What the condition means for the trial: some kinds bear on MRI, some on the procedure."""

    GENERAL = "general", "General"
    SYNCOPE = "syncope", "Fainting (syncope)"
    ARRHYTHMIA = "arrhythmia", "Irregular or slow heartbeat (arrhythmia)"
    PACEMAKER = "pacemaker", "Pacemaker or defibrillator"
    IMPLANT = "implant", "Metal or electronic implant"
    VENOUS = "venous", "Disease of the veins or clotting"
    KIDNEY = "kidney", "Kidney disease"
    ALLERGY = "allergy", "Allergy"


class MedicalHistory(PatientRecord):
    """One condition, past or present."""

    term = models.CharField("condition", max_length=200, blank=True, default="")
    category = Coded("kind of condition", ConditionCategory)
    onset_on = PartialDay("began")
    is_ongoing = YesNo("is it still present?")
    ended_on = PartialDay("ended")
    notes = Words("notes")

    REQUIRED: ClassVar[tuple[str, ...]] = ("term", "category", "onset_on", "is_ongoing")

    class Meta:
        verbose_name = "medical history"
        verbose_name_plural = "medical history"
        indexes = (models.Index(fields=("patient", "category"), name="medical_history_by_patient"),)

    def __str__(self) -> str:
        return self.term or "Condition"
