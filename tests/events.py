"""Events of the trail with all they say: the words of restricted ones are stored apart."""

from typing import Any

from trialsite.audit.entries import with_words
from trialsite.audit.models import AuditEvent


def read_events(**wanted: Any) -> list[AuditEvent]:
    """The events that fit, the oldest first."""
    return with_words(AuditEvent.objects.filter(**wanted).order_by("id"))


def read_event(**wanted: Any) -> AuditEvent:
    """The only event that fits."""
    (event,) = read_events(**wanted)
    return event
