"""Reading signatures back."""

from uuid import UUID

from trialsite.signatures.models import Signature


def get_signatures(record_id: UUID) -> list[Signature]:
    """All signatures of a record, the latest first."""
    return list(Signature.objects.filter(record_id=record_id).order_by("-appended_at", "-id"))
