"""Whether every signature is the one that was given: each has one event that says the same, and none is missing."""

import json
from collections.abc import Iterator
from typing import Any

from trialsite.audit.models import AuditEntry
from trialsite.audit.verify import Problem
from trialsite.lib.batches import SIZE, batches
from trialsite.signatures.actions import FIELD, VOID, describe_signature
from trialsite.signatures.models import Signature, SignatureEnd


def verify_signatures() -> Iterator[Problem]:
    yield from _verify_given()
    yield from _verify_ends()


def _verify_given() -> Iterator[Problem]:
    known: set[str] = set()
    for batch in batches(Signature.objects.order_by("pk").iterator(chunk_size=SIZE)):
        told = _read_told({signature.record_id for signature in batch})
        for signature in batch:
            known.add(str(signature.pk))
            yield from _compare(signature, told.get(str(signature.pk)))
    for entry in AuditEntry.objects.filter(field=FIELD).order_by("id").iterator(chunk_size=SIZE):
        told_id = json.loads(entry.new)["id"]
        if told_id not in known and not Signature.objects.filter(pk=told_id).exists():
            yield Problem(kind="deleted", place=f"signature {told_id}", sentence="the signature was deleted")


def _verify_ends() -> Iterator[Problem]:
    """Whether every signature that the trail calls void is void in the table, and no other."""
    entries = AuditEntry.objects.filter(field=VOID).values_list("old", flat=True)
    told = {json.loads(old).rpartition(" ")[2] for old in entries.iterator(chunk_size=SIZE)}
    ended = {str(pk) for pk in SignatureEnd.objects.values_list("signature_id", flat=True).iterator(chunk_size=SIZE)}
    for signature_id in sorted(told - ended):
        sentence = "the trail calls it void and the table does not: its end was deleted"
        yield Problem(kind="deleted", place=f"signature {signature_id}", sentence=sentence)
    for signature_id in sorted(ended - told):
        sentence = "the table calls it void, and the trail knows nothing of it"
        yield Problem(kind="inserted", place=f"signature {signature_id}", sentence=sentence)


def _read_told(record_ids: set[Any]) -> dict[str, dict[str, Any]]:
    entries = AuditEntry.objects.filter(record_id__in=record_ids, field=FIELD)
    told = (json.loads(text) for text in entries.values_list("new", flat=True))
    return {str(signature["id"]): signature for signature in told}


def _compare(signature: Signature, told: dict[str, Any] | None) -> Iterator[Problem]:
    place = f"signature {signature.pk}"
    if told is None:
        sentence = f"it bears the name of {signature.signer_name}, and the trail knows of no such signature: it was copied or inserted"
        yield Problem(kind="inserted", place=place, sentence=sentence)
        return
    now = describe_signature(signature)
    changed = [name for name in told if told[name] != now.get(name)]
    if changed:
        yield Problem(kind="altered", place=place, sentence=f"altered: {', '.join(changed)}")
