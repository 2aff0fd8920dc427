"""Electronic signatures: who signed which state of which record, when, and what the signature means.

A signature is bound to one revision and to a digest of its content. It never changes; it stops being current the moment the record moves on.
"""

import uuid

from django.db import models

from trialsite.lib import clock


class Signature(models.Model):
    """A signature of one record as it stood at one revision (21 CFR 11.50, 11.70)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
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
