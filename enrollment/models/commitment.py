"""What everybody may know of a sealed allocation list: that it exists, and its digest."""

from django.db import models

from trialsite.lib import clock


class ListCommitment(models.Model):
    """The digest of the one list that serves a phase, published when it was sealed. It only grows, like the vault it speaks of.

    After the release anybody can hash the list and compare: equal means that it was never altered.
    """

    phase_number = models.PositiveSmallIntegerField("phase", unique=True)
    sha256 = models.CharField("SHA-256", max_length=64)
    protocol_digest = models.CharField("SHA-256 of the protocol file", max_length=64)
    is_demo = models.BooleanField("made outside production")
    appended_at = models.DateTimeField("sealed at", default=clock.now, editable=False)
    appended_by = models.CharField("sealed by", max_length=60, editable=False)

    class Meta:
        ordering = ("phase_number",)

    def __str__(self) -> str:
        return f"Phase {self.phase_number}: {self.sha256}"
