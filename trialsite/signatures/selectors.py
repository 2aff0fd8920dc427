"""Reading signatures back."""

from collections.abc import Collection
from uuid import UUID

from trialsite.signatures.models import ELIGIBILITY, Signature


def get_signatures(record_id: UUID) -> list[Signature]:
    """All signatures of a record, the latest first."""
    return list(Signature.objects.filter(record_id=record_id).order_by("-appended_at", "-id"))


def get_manifest(targets: Collection[UUID]) -> list[Signature]:
    """All signatures of forms, visits or casebooks, the latest first, each with its end. One query."""
    found = Signature.objects.filter(record_id__in=targets).exclude(scope=ELIGIBILITY)
    return list(found.select_related("end").order_by("-appended_at", "-id"))
