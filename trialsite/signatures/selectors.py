"""Reading signatures back, and holding them against the trail."""

from collections import Counter
from collections.abc import Collection
from uuid import UUID

from trialsite.audit.models import AuditEvent
from trialsite.signatures.models import ELIGIBILITY, Signature
from trialsite.signatures.seal import PARTS, seal_of


def get_signatures(record_id: UUID) -> list[Signature]:
    """All signatures of a record, the latest first."""
    return list(Signature.objects.filter(record_id=record_id).order_by("-appended_at", "-id"))


def get_manifest(targets: Collection[UUID]) -> list[Signature]:
    """All signatures of forms, visits or casebooks, the latest first, each with its end. One query."""
    found = Signature.objects.filter(record_id__in=targets).exclude(scope=ELIGIBILITY)
    return list(found.select_related("end").order_by("-appended_at", "-id"))


def seal_of_signature(signature: Signature) -> str:
    return seal_of({name: getattr(signature, name) for name in PARTS}, signature.appended_at)


def find_unfounded_signatures() -> list[str]:
    """A sentence for every signature whose audit event does not tell the same: copied, edited or made past the product."""
    signatures = list(Signature.objects.filter(event__isnull=False))
    named = Counter(signature.event for signature in signatures)
    details = dict(
        AuditEvent.objects.filter(action="sign", detail__contains="Seal ").values_list("public_id", "detail")
    )
    problems = []
    for signature in signatures:
        told = details.get(signature.event, "") if signature.event else ""
        if named[signature.event] > 1 or not told.endswith(f"Seal {seal_of_signature(signature)}"):
            problems.append(f"Signature {signature.pk} of {signature.signer_username} does not match its audit event.")
    unsigned = set(details) - set(named)
    problems += [
        f"The audit event {event} tells of a signature that is not there." for event in sorted(unsigned, key=str)
    ]
    return problems
