"""Reading signatures back."""

from collections.abc import Collection
from functools import cache
from typing import Any
from uuid import UUID

from django.db.models import UUIDField

from trialsite.lib.prepared import Place, Prepared
from trialsite.signatures.models import ELIGIBILITY, Signature


def get_signatures(record_id: UUID) -> list[Signature]:
    """All signatures of a record, the latest first."""
    return list(Signature.objects.filter(record_id=record_id).order_by("-appended_at", "-id"))


def get_manifest(targets: Collection[UUID]) -> list[Signature]:
    """All signatures of forms, visits or casebooks, the latest first, each with its end. One query."""
    if not targets:
        return []
    return _manifest(len(targets)).ask(**{f"target_{at}": target for at, target in enumerate(targets)})


@cache
def _manifest(count: int) -> Prepared:
    places: list[Any] = [Place(f"target_{at}", UUIDField()) for at in range(count)]
    found = Signature.objects.filter(record_id__in=places).exclude(scope=ELIGIBILITY)
    return Prepared(lambda: found.select_related("end").order_by("-appended_at", "-id"))
