"""Reviews of the audit trail, signed with the password, and remarks on its entries. Rows are only added."""

import uuid

from django.db import models

from trialsite.audit.models import AuditEvent
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


class EventRemark(models.Model):
    """What somebody says about an entry of the trail that cannot be changed any more: an event of its own, and which one it is about.

    `is_restricted` repeats what the event says: row security asks this very row, and no other one (`enrollment.vault.row_rights`).
    """

    remark = models.OneToOneField(AuditEvent, on_delete=models.PROTECT, primary_key=True, related_name="+")
    about = models.ForeignKey(AuditEvent, on_delete=models.PROTECT, related_name="+")
    is_restricted = models.BooleanField(default=False, editable=False)
    text = models.TextField("remark")
    appended_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ("appended_at",)

    def __str__(self) -> str:
        return self.text
