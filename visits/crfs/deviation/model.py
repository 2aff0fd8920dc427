"""Departures from the protocol (protocol section 8.15)."""

from typing import ClassVar

from django.db import models

from enrollment.models import PatientRecord
from trialsite.records.fields import Coded, Day, Moment, Words, YesNo


class DeviationCategory(models.TextChoices):
    ELIGIBILITY = "eligibility", "Eligibility"
    CONSENT = "consent", "Consent"
    WINDOW = "window", "Visit outside its window"
    PROCEDURE = "procedure", "Procedure"
    BLINDING = "blinding", "Blinding"
    SAFETY_REPORTING = "safety_reporting", "Safety reporting"
    MISSING_DATA = "missing_data", "Missing data"


class DeviationSeverity(models.TextChoices):
    MINOR = "minor", "Minor"
    MAJOR = "major", "Major"


class DeviationState(models.TextChoices):
    """A deviation is never deleted. One that turns out not to have happened is withdrawn, with the reason."""

    OPEN = "open", "Open"
    RESOLVED = "resolved", "Resolved"
    WITHDRAWN = "withdrawn", "Withdrawn"


class Deviation(PatientRecord):
    """One departure. `origin_key` names the cause of one that the system raised, so that the same cause raises it once."""

    category = Coded("category", DeviationCategory)
    severity = Coded("severity", DeviationSeverity)
    happened_on = Day("date")
    description = Words("what happened")
    corrective_action = Words("what was done about it")
    state = Coded("state", DeviationState, default=DeviationState.OPEN)
    withdrawn_reason = Words("why it is withdrawn")
    is_emergency = YesNo("done in an emergency, to protect the patient")
    sponsor_reported_at = Moment("reported to the sponsor")
    board_reported_at = Moment("reported to the review board")
    raised_by_system = models.BooleanField("raised by the system", default=False, editable=False)
    origin_key = models.CharField("cause", max_length=120, blank=True, default="", editable=False)

    REQUIRED: ClassVar[tuple[str, ...]] = ("category", "severity", "happened_on", "description", "corrective_action")

    class Meta:
        verbose_name = "protocol deviation"
        constraints = (
            models.UniqueConstraint(
                fields=("patient", "origin_key"), condition=~models.Q(origin_key=""), name="deviation_once_per_cause"
            ),
        )
