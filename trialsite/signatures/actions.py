"""Signing records. The caller has made sure that the person is who they say, by asking for the password again."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC
from typing import Any
from uuid import UUID

from trialsite.audit.actor import Actor
from trialsite.audit.gate import open_gate
from trialsite.audit.write import Change, Subject, write_event
from trialsite.signatures.models import ELIGIBILITY, Signature, SignatureEnd, SignedRecord

EVIDENCE = "evidence"  # under which it keeps what was signed beside a record
FIELD = "signature"  # under which the trail keeps a signature's content
VOID = "void_signature"  # under which it keeps that a signature ended


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One record inside the scope of a signature."""

    record_kind: str
    record_id: UUID
    revision: int
    digest: str


def sign_record(
    subject: Subject, *, digest: str, meaning: str, actor: Actor, evidence: Mapping[str, Any] | None = None
) -> Signature:
    """Sign the record as it stands at `subject.revision`; void once its caller's digest differs.

    `evidence`, as plain values, is what was signed beside the record: the trail keeps it, so that the digest can be computed again.
    """
    signature = _new(subject, scope=ELIGIBILITY, label="", digest=digest, meaning=meaning, actor=actor)
    return _add(signature, subject, actor, (), {} if evidence is None else {EVIDENCE: (None, evidence)})


def sign_scope(
    subject: Subject, *, scope: str, label: str, parts: Iterable[Part], digest: str, meaning: str, actor: Actor
) -> Signature:
    """Add a signature of a record and its parts as they stand, with its audit event, or neither."""
    signature = _new(subject, scope=scope, label=label, digest=digest, meaning=meaning, actor=actor)
    return _add(signature, subject, actor, parts, {})


def _new(subject: Subject, *, scope: str, label: str, digest: str, meaning: str, actor: Actor) -> Signature:
    if subject.record_id is None or subject.revision is None:
        raise ValueError("only a stored record can be signed")
    return Signature(
        scope=scope,
        patient_id=subject.patient_id,
        label=label,
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


def _add(
    signature: Signature, subject: Subject, actor: Actor, parts: Iterable[Part], beside: Mapping[str, Change]
) -> Signature:
    """Store it with an event that keeps its whole content, so that a copied or edited row is found (`trialsite.signatures.verify`).

    The revision has its own event already; this one is about the signature.
    """
    revision = f"revision {signature.revision}"
    what = f"{signature.scope}: {signature.label}, {revision}" if signature.label else revision
    with open_gate():
        write_event(
            "sign",
            actor=actor,
            subject=replace(subject, revision=None),
            detail=f"{signature.meaning} ({what})",
            changes={FIELD: (None, describe_signature(signature)), **beside},
        )
        signature.save(force_insert=True)
        SignedRecord.objects.bulk_create(_signed(signature, part) for part in parts)
    return signature


def _signed(signature: Signature, part: Part) -> SignedRecord:
    return SignedRecord(
        signature=signature,
        record_kind=part.record_kind,
        record_id=part.record_id,
        revision=part.revision,
        digest=part.digest,
        appended_at=signature.appended_at,
    )


def void_signatures(ids: Iterable[UUID], *, subject: Subject, reason: str, actor: Actor) -> None:
    """End signatures because something they cover has changed: part of the transaction of the change."""
    wanted = list(ids)
    # Two changes at once under one signature wait here for each other; the second finds it void already.
    list(Signature.objects.select_for_update().filter(pk__in=wanted).order_by("pk"))
    for signature in Signature.objects.filter(pk__in=wanted, end=None).order_by("pk"):
        write_event(
            "void_signature",
            actor=actor,
            subject=replace(subject, revision=None),
            detail=f"The signature of {signature.signer_name} ({signature.scope}: {signature.label}) is void: {reason}",
            changes={VOID: (f"{signature.signer_name} {signature.pk}", "void")},
        )
        SignatureEnd.objects.create(
            signature=signature,
            record_kind=subject.record_kind,
            record_id=subject.record_id,
            reason=reason,
            by_username=actor.username,
            by_name=actor.full_name,
        )


def describe_signature(signature: Signature) -> dict[str, Any]:
    """Everything a signature says, as plain values."""
    fields = {field.name: getattr(signature, field.name) for field in signature._meta.concrete_fields}
    return {
        **fields,
        "id": str(signature.pk),
        "record_id": str(signature.record_id),
        "patient_id": str(signature.patient_id) if signature.patient_id else None,
        "appended_at": signature.appended_at.astimezone(UTC).isoformat(timespec="microseconds"),
    }
