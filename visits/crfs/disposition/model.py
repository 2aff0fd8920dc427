"""How and when a patient's part in the trial ended (protocol section 8.15)."""

from typing import ClassVar

from django.db import models

from enrollment.models import Patient, PatientRecord
from trialsite.records.fields import Coded, Day, Words


class DispositionStatus(models.TextChoices):
    COMPLETED = "completed", "Completed the trial"
    SCREEN_FAILURE = "screen_failure", "Screening failure"
    RANDOMIZED_NOT_TREATED = "randomized_not_treated", "Randomized, not treated"
    WITHDREW = "withdrew", "Withdrew"
    LOST = "lost", "Lost to follow-up"
    ADVERSE_EVENT = "adverse_event", "Stopped for an adverse event"
    DEATH = "death", "Died"
    SPONSOR = "sponsor", "Stopped by the sponsor"
    OTHER = "other", "Other reason"


class Disposition(PatientRecord):
    """One per patient."""

    patient = models.OneToOneField(Patient, on_delete=models.PROTECT, related_name="+", editable=False)
    disposition_status = Coded("how it ended", DispositionStatus)
    ended_on = Day("date of the end")
    last_contact_on = Day("last contact")
    end_reason = Words("reason")

    REQUIRED: ClassVar[tuple[str, ...]] = ("disposition_status", "ended_on", "last_contact_on")

    class Meta:
        verbose_name = "end of participation"
        verbose_name_plural = "ends of participation"
