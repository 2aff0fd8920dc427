"""Signing a record. The caller has made sure that the person is who they say, by asking for the password again."""

from dataclasses import replace

from trialsite.audit.actor import Actor
from trialsite.audit.gate import open_gate
from trialsite.audit.write import Subject, write_event
from trialsite.signatures.models import Signature


def sign_record(subject: Subject, *, digest: str, meaning: str, actor: Actor) -> Signature:
    """Add a signature of the record as it stands at `subject.revision`, with its audit event, or neither."""
    if subject.record_id is None or subject.revision is None:
        raise ValueError("only a stored record can be signed")
    with open_gate():
        # The revision has its own event already; this one is about the signature.
        detail = f"{meaning} (revision {subject.revision})"
        write_event("sign", actor=actor, subject=replace(subject, revision=None), detail=detail)
        return Signature.objects.create(
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
