"""Marks that people put on records: verified against the source, frozen, locked. And the end of each mark.

A mark is a fact of its own, not a column of the record, and so is its end: nothing here ever changes, and the trail of both is the table.
What is marked is named by its id alone, for these tables know nothing of those they speak about.
"""

import uuid

from django.db import models

from trialsite.lib import clock

# What a lock of everything names as its target.
TRIAL = uuid.UUID(int=0)


class Scope(models.TextChoices):
    """How much one signature or lock covers."""

    FORM = "form", "Form"
    VISIT = "visit", "Visit"
    CASEBOOK = "casebook", "Casebook"
    TRIAL = "trial", "Whole trial"


class Deed(models.Model):
    """Who did it and when; never changed afterwards."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    by_username = models.CharField(max_length=60)
    by_name = models.CharField(max_length=120)
    appended_at = models.DateTimeField(default=clock.now)

    class Meta:
        abstract = True


class Verification(Deed):
    """One item of one form, compared with its source; `field` is "" for the form as a whole, "row.column" for a cell of its grid.

    `digest` is of the value that was compared.
    """

    patient_id = models.UUIDField(db_index=True)
    record_kind = models.CharField(max_length=80)
    record_id = models.UUIDField(db_index=True)
    revision = models.PositiveIntegerField()
    field = models.CharField(max_length=120, blank=True)
    label = models.CharField(max_length=300)
    digest = models.CharField(max_length=64)

    class Meta:
        ordering = ("appended_at",)

    def __str__(self) -> str:
        return f"{self.label}, verified by {self.by_name}"


class VerificationEnd(Deed):
    """The item changed, or the verification was taken back."""

    verification = models.OneToOneField(Verification, on_delete=models.PROTECT, related_name="end")
    reason = models.TextField()

    def __str__(self) -> str:
        return f"{self.verification_id}: {self.reason}"


class LockKind(models.TextChoices):
    FREEZE = "freeze", "Frozen"
    LOCK = "lock", "Locked"


class Lock(Deed):
    """Records that refuse changes: those of one form, visit or patient, or all. The triggers of the database read this table."""

    kind = models.CharField(max_length=10, choices=LockKind.choices)
    scope = models.CharField(max_length=10, choices=Scope.choices)
    target_id = models.UUIDField(db_index=True)
    patient_id = models.UUIDField(null=True, blank=True, db_index=True)
    site_code = models.CharField(max_length=20, blank=True)
    label = models.CharField(max_length=300)
    reason = models.TextField(blank=True)

    class Meta:
        ordering = ("appended_at",)

    def __str__(self) -> str:
        return f"{self.label}: {self.get_kind_display().lower()}"


class UnlockRequest(Deed):
    """One person's wish to open a lock. Another one grants it."""

    lock = models.ForeignKey(Lock, on_delete=models.PROTECT, related_name="requests")
    by_user_id = models.CharField(max_length=36)
    reason = models.TextField()

    class Meta:
        ordering = ("appended_at",)

    def __str__(self) -> str:
        return f"{self.lock_id}: {self.reason}"


class UnlockRefusal(Deed):
    """Another person's no to such a wish. The lock stays; who wants to can ask again."""

    request = models.OneToOneField(UnlockRequest, on_delete=models.PROTECT, related_name="refusal")
    reason = models.TextField()

    def __str__(self) -> str:
        return f"{self.request_id}: {self.reason}"


class LockEnd(Deed):
    """A lock that was opened: by whom, why, and at whose request (None for a freeze)."""

    lock = models.OneToOneField(Lock, on_delete=models.PROTECT, related_name="end")
    request = models.ForeignKey(UnlockRequest, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    reason = models.TextField()

    def __str__(self) -> str:
        return f"{self.lock_id}: {self.reason}"
