"""Signing a record. The caller has made sure that the person is who they say, by asking for the password again."""

from dataclasses import replace
from datetime import UTC
from typing import Any

from trialsite.audit.actor import Actor
from trialsite.audit.gate import open_gate
from trialsite.audit.write import Subject, write_event
from trialsite.signatures.models import Signature

FIELD = "signature"  # under which the trail keeps a signature's content


def sign_record(subject: Subject, *, digest: str, meaning: str, actor: Actor) -> Signature:
    """Add a signature of the record as it stands at `subject.revision`, with its audit event, or neither."""
    if subject.record_id is None or subject.revision is None:
        raise ValueError("only a stored record can be signed")
    signature = Signature(
        record_kind=subject.record_kind,
        record_id=subject.record_id,
        revision=subject.revision,
        digest=digest,
        meaning=meaning,
        signer_id=actor.user_id,
        signer_username=actor.username,
        signer_name=actor.full_name,
        signer_roles=actor.roles,
    )
    with open_gate():
        # The revision has its own event already; this one is about the signature. It keeps the signature's whole content, so that a
        # copied or edited row is found (`trialsite.signatures.verify`).
        write_event(
            "sign",
            actor=actor,
            subject=replace(subject, revision=None),
            detail=f"{meaning} (revision {subject.revision})",
            changes={FIELD: (None, describe_signature(signature))},
        )
        signature.save(force_insert=True)
    return signature


def describe_signature(signature: Signature) -> dict[str, Any]:
    """Everything a signature says, as plain values."""
    fields = {field.name: getattr(signature, field.name) for field in signature._meta.concrete_fields}
    return {
        **fields,
        "id": str(signature.pk),
        "record_id": str(signature.record_id),
        "appended_at": signature.appended_at.astimezone(UTC).isoformat(timespec="microseconds"),
    }
