"""The release: opening the arms for analysis, asked for by one person and confirmed by another. No arm stands here.

Nothing of it ever changes. The tables stand outside of the vault, for every process tells how the release stands; the one that has the
key writes them.
"""

import uuid

from django.db import models

from trialsite.lib import clock


class ReleaseDeed(models.Model):
    """Who did it and when."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    by_user_id = models.CharField(max_length=36)
    by_username = models.CharField(max_length=60)
    by_name = models.CharField(max_length=120)
    appended_at = models.DateTimeField(default=clock.now)

    class Meta:
        abstract = True


class ReleaseRequest(ReleaseDeed):
    """What the statistician asks to open, and what it rests on.

    `commitments` holds "phase: SHA-256" of every sealed list; `lock_id` is the lock of the whole trial that held when it was asked.
    """

    reason = models.TextField()
    lock_id = models.UUIDField()
    snapshot_id = models.UUIDField()
    snapshot_serial = models.PositiveIntegerField()
    snapshot_sha256 = models.CharField("SHA-256 of the snapshot", max_length=64)
    sets_sha256 = models.CharField("SHA-256 of the analysis sets", max_length=64)
    protocol_sha256 = models.CharField("SHA-256 of the protocol file", max_length=64)
    commitments = models.JSONField("commitments to the sealed lists")
    code_version = models.CharField("code", max_length=64)

    class Meta:
        ordering = ("-appended_at",)

    def __str__(self) -> str:
        return f"Release asked for by {self.by_name}"


class ReleaseRefusal(ReleaseDeed):
    """The second person's no. Nothing is opened; it can be asked for again."""

    request = models.OneToOneField(ReleaseRequest, on_delete=models.PROTECT, related_name="refusal")
    reason = models.TextField()

    def __str__(self) -> str:
        return f"Release declined by {self.by_name}"


class Release(ReleaseDeed):
    """The arms are open for analysis from this moment on. There is one, and no way back."""

    request = models.OneToOneField(ReleaseRequest, on_delete=models.PROTECT, related_name="release")
    only = models.BooleanField(default=True, unique=True, editable=False)

    class Meta:
        constraints = (models.CheckConstraint(condition=models.Q(only=True), name="release_is_the_only_one"),)

    def __str__(self) -> str:
        return f"Released by {self.request.by_name} and {self.by_name}"
