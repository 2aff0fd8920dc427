"""What a blinded person leaves for the unblinded team, in place of words in a form that blinded people read."""

import uuid

from django.db import models

from trialsite.lib import clock


class UnblindedMessage(models.Model):
    """One message about a form of a patient. Who writes it never reads it again: no page of a blinded role shows one, nor that there are any."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    patient_id = models.UUIDField()
    patient_number = models.CharField(max_length=30)
    site_code = models.CharField(max_length=20)
    form_title = models.CharField(max_length=120)
    record_id = models.UUIDField()
    text = models.TextField(max_length=2000)
    by_username = models.CharField(max_length=60)
    by_name = models.CharField(max_length=120)
    appended_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ("-appended_at",)

    def __str__(self) -> str:
        return f"{self.patient_number}, {self.form_title}"
