"""Whether every signature under eligibility gives its digest: over the answers of its revision, and the evidence kept beside it in the trail."""

import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from enrollment.models import Eligibility
from trialsite.audit.models import AuditEntry
from trialsite.audit.verify import Problem
from trialsite.lib.batches import SIZE
from trialsite.records.diff import digest_of
from trialsite.records.history import get_values_at
from trialsite.signatures.actions import EVIDENCE, FIELD
from trialsite.signatures.models import Signature

# Taken away, the evidence would be missed by the chain: it is part of what the digest of its event was made of.
WITHOUT_EVIDENCE = (
    "its event keeps no evidence, so its digest cannot be computed again. If no chain is named as altered, it was given "
    "before evidence was kept; sign eligibility again"
)


def verify_eligibility() -> Iterator[Problem]:
    """Two queries a signature. One whose evidence the trail does not hold cannot be computed again, and is named."""
    signed = Signature.objects.filter(record_kind=Eligibility._meta.label_lower).order_by("pk")
    for signature in signed.iterator(chunk_size=SIZE):
        place = f"signature {signature.pk}"
        evidence = _find_evidence(signature)
        if evidence is None:
            yield Problem(kind="unproven", place=place, sentence=WITHOUT_EVIDENCE)
            continue
        answers = _read_answers(signature.record_id, signature.revision)
        if digest_of({"answers": answers, "evidence": evidence}) != signature.digest:
            sentence = "the answers and the evidence of its moment do not give the digest that was signed"
            yield Problem(kind="altered", place=place, sentence=sentence)


def _find_evidence(signature: Signature) -> Any:
    """What the event of this signature kept beside it."""
    entries = AuditEntry.objects.filter(record_id=signature.record_id, field__in=(FIELD, EVIDENCE)).order_by("id")
    by_event: dict[int, dict[str, Any]] = defaultdict(dict)
    for event_id, field, new in entries.values_list("event_id", "field", "new"):
        by_event[event_id][field] = json.loads(new)
    found = (told for told in by_event.values() if told.get(FIELD, {}).get("id") == str(signature.pk))
    return next(found, {}).get(EVIDENCE)


def _read_answers(record_id: UUID, revision: int) -> dict[str, Any]:
    """The answers as they stood, with a blank where the trail tells of none."""
    told, record = get_values_at(record_id, revision), Eligibility(id=record_id)
    for field in Eligibility.clinical_fields():
        if field.name in told:
            value = told[field.name]
            record.set_value(field.name, UUID(value) if field.is_relation else field.to_python(value))
    return record.plain_values()
