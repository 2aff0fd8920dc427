"""Reviews of the audit trail: who looked at which findings, and says so with the password. Rows are only added."""

import uuid

from django.db import models

from trialsite.lib import clock


class AuditReview(models.Model):
    """A signed review of one period. `digest` is over the findings that were shown, so that it is known what was looked at."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    from_on = models.DateField("from")
    to_on = models.DateField("to")
    site_code = models.CharField("site", max_length=20, blank=True)
    finding_count = models.PositiveIntegerField("findings")
    digest = models.CharField("SHA-256 of the findings", max_length=64)
    remarks = models.TextField("remarks", blank=True)
    # Who may see restricted events counts more; others must not learn how many.
    is_restricted = models.BooleanField(default=False)
    reviewer_id = models.CharField(max_length=36)
    reviewer_username = models.CharField(max_length=60)
    reviewer_name = models.CharField(max_length=120)
    reviewer_roles = models.CharField(max_length=200)
    appended_at = models.DateTimeField("signed at", default=clock.now)

    class Meta:
        ordering = ("-appended_at",)

    def __str__(self) -> str:
        return f"{self.from_on} to {self.to_on} by {self.reviewer_name}"
