"""A patient: a number, a site, a phase, and how far they have come. No name is kept here or anywhere."""

from datetime import date

from django.db import models

from trialsite.audit.write import Subject
from trialsite.records.fields import Coded, Day, WholeNumber, Words
from trialsite.records.models import ClinicalRecord


class PatientStatus(models.TextChoices):
    """Where a patient stands. Blinded people read these words; none of them depends on an arm."""

    SCREENING = "screening", "Screening"
    SCREEN_FAILED = "screen_failed", "Screening failure"
    ELIGIBLE = "eligible", "Eligible"
    ENROLLED = "enrolled", "Enrolled"  # phase 1: open label, no draw
    RANDOMIZED = "randomized", "Randomized"
    WITHDRAWN = "withdrawn", "Withdrawn"
    COMPLETED = "completed", "Completed"
    DISCONTINUED = "discontinued", "Discontinued"  # ended otherwise, by the end-of-participation form


class WithdrawalScope(models.TextChoices):
    """What the patient no longer agrees to; each scope includes those before it."""

    TREATMENT = "treatment", "Treatment only: follow-up goes on"
    FOLLOW_UP = "follow_up", "Treatment and follow-up: data so far are kept"
    DATA_USE = "data_use", "Treatment, follow-up and further use of the data"


class PatientCounter(models.Model):
    """The last number given in a phase. Its row is locked while a patient is registered, so numbers have no gap and no twin."""

    phase_number = models.IntegerField(unique=True)
    last_n = models.IntegerField(default=0)

    def __str__(self) -> str:
        return f"Phase {self.phase_number}: {self.last_n}"


class Patient(ClinicalRecord):
    """One person in the trial, known by number only.

    `entered_on` is the day of entry into treatment allocation (enrolment or draw); `procedure_on` is day 0 of every window. Both are set by
    actions, from the draw and from the procedure form.
    """

    number = models.CharField("patient number", max_length=30, unique=True)
    site_code = models.CharField("site", max_length=20)
    phase_number = WholeNumber("phase", null=False, blank=False)
    status = Coded("status", PatientStatus, default=PatientStatus.SCREENING)
    registered_on = Day("registered on", null=False, blank=False)
    screen_failure_reasons = models.JSONField("reasons for screening failure", default=list, blank=True)
    screen_failure_details = Words("details of the screening failure")
    screen_failed_on = Day("screening failure on")
    randomization_code = models.CharField("randomization code", max_length=20, blank=True, default="")
    entered_on = Day("enrolled or randomized on")
    procedure_on = Day("procedure on")
    withdrawn_on = Day("withdrawn on")
    withdrawal_scope = Coded("scope of withdrawal", WithdrawalScope)
    withdrawal_reason = Words("reason for withdrawal")
    died_on = Day("died on")
    ended_on = Day("participation ended on")

    class Meta:
        ordering = ("number",)
        indexes = (models.Index(fields=("site_code", "status", "number"), name="patient_by_site_status"),)

    def __str__(self) -> str:
        return self.number

    def subject(self) -> Subject:
        return Subject(
            site_code=self.site_code,
            patient_id=self.id,
            record_kind=self._meta.label_lower,
            record_id=self.id,
            revision=self.revision or None,
        )

    @property
    def anchor_on(self) -> date | None:
        """Day 0 for the visit windows: the procedure, or the draw when no procedure followed."""
        anchor: date | None = self.procedure_on or self.entered_on
        return anchor

    @property
    def followed_until(self) -> date | None:
        """The day on which the patient withdrew from follow-up, or from that and more; None for who gave up treatment only."""
        stays = self.withdrawal_scope == WithdrawalScope.TREATMENT and self.entered_on is not None
        on: date | None = None if stays else self.withdrawn_on
        return on

    @property
    def uses_data(self) -> bool:
        """Whether the patient still agrees that data are added and used."""
        return bool(self.withdrawal_scope != WithdrawalScope.DATA_USE)

    @property
    def left_on(self) -> date | None:
        """The day from which no more visits are expected: death, screening failure, withdrawal from follow-up, or the end by its form."""
        days = (self.died_on, self.screen_failed_on, self.followed_until, self.ended_on)
        return min((day for day in days if day is not None), default=None)
