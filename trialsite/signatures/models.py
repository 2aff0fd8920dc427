"""Electronic signatures: who signed which state of which record, when, and what the signature means.

A signature is bound to one revision and to a digest of its content. It never changes; it stops being current the moment the record moves on.
"""

import uuid

from django.db import models

from trialsite.lib import clock

# The scope of a signature that says how it is void itself: it covers evidence from other forms, not whatever the record holds.
ELIGIBILITY = "eligibility"


class Signature(models.Model):
    """A signature of one record as it stood at one revision, with all that belongs to it (21 CFR 11.50, 11.70).

    `scope` says how much: a form, a visit, a casebook; or eligibility.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    scope = models.CharField(max_length=20, default=ELIGIBILITY)
    patient_id = models.UUIDField(null=True, blank=True, db_index=True)
    label = models.CharField(max_length=300, blank=True)
    record_kind = models.CharField(max_length=80)
    record_id = models.UUIDField(db_index=True)
    revision = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    meaning = models.CharField(max_length=200)
    signer_id = models.CharField(max_length=36)
    signer_username = models.CharField(max_length=60)
    signer_name = models.CharField(max_length=120)
    signer_roles = models.CharField(max_length=200)
    appended_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ("appended_at",)

    def __str__(self) -> str:
        return f"{self.signer_name}: {self.meaning}"


class SignedRecord(models.Model):
    """One record inside the scope of a signature, as it stood."""

    signature = models.ForeignKey(Signature, on_delete=models.PROTECT, related_name="records")
    record_kind = models.CharField(max_length=80)
    record_id = models.UUIDField()
    revision = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    appended_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return f"{self.record_kind} {self.record_id}, revision {self.revision}"


class SignatureEnd(models.Model):
    """The change that made a signature void: what was signed is no longer what is stored."""

    signature = models.OneToOneField(Signature, on_delete=models.PROTECT, related_name="end")
    record_kind = models.CharField(max_length=80)
    record_id = models.UUIDField(null=True)
    reason = models.TextField()
    by_username = models.CharField(max_length=60)
    by_name = models.CharField(max_length=120)
    appended_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return f"{self.signature_id}: {self.reason}"
