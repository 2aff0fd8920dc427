"""Signing and verifying what is stored: each looks again, while nobody writes, at what the person was shown."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from trialsite.audit.actor import Actor
from trialsite.audit.gate import open_gate
from trialsite.marks.actions import Item, MarkRefusedError, unverify, verify_items
from trialsite.marks.selectors import get_marks, get_verifications
from trialsite.marks.states import Act, is_possible
from trialsite.marks.still import keep_still
from trialsite.protocol.model import Protocol
from trialsite.records.crf import CrfDefinition
from trialsite.records.critical import critical_items, digest_of_item
from trialsite.signatures.actions import sign_scope
from trialsite.signatures.models import Signature
from visits.reach import Content, Reach, StoredForm, read_content
from visits.shown_states import StateReader

MEANINGS: Mapping[str, str] = {
    "review": "I have reviewed these records: they are accurate, complete and agree with the source",
    "responsibility": "I take responsibility for these records",
    "approval": "I approve these records for the analysis",
}
WHOLE_FORM = ""
STALE = "Something changed since this page was opened. Read it again, then send again."


def find_obstacles(content: Content, states: StateReader, patient_id: UUID) -> list[str]:
    """Why this cannot be signed as it stands; none when it can."""
    if not content.forms:
        return ["Nothing is entered here yet."]
    reasons = [f"{form.definition.title} is a draft: it has to be completed first." for form in content.drafts]
    facts = [states.facts_of_stored(form, patient_id) for form in content.forms]
    if any(one.is_locked for one in facts):
        reasons.append("Something here is locked. What is locked is signed before, or after it is unlocked.")
    return reasons


def sign_reach(
    reach: Reach,
    definitions: Sequence[CrfDefinition],
    *,
    shown_digest: str,
    meaning: str,
    protocol: Protocol,
    actor: Actor,
) -> Signature:
    """Sign everything inside as it was shown. Raises `MarkRefusedError` when it is not the same any more, or cannot be signed."""
    with open_gate():
        keep_still(reach.owner.pk)
        content = read_content(reach, definitions)
        if content.digest != shown_digest:
            raise MarkRefusedError(STALE)
        states = StateReader(get_marks([reach.owner.pk]), definitions, protocol)
        obstacles = find_obstacles(content, states, reach.owner.pk)
        if obstacles:
            raise MarkRefusedError(" ".join(obstacles))
        own = Signature.objects.filter(record_id=content.record.pk, signer_id=actor.user_id, meaning=meaning, end=None)
        if own.exists():
            raise MarkRefusedError("You have signed this already, with the same meaning.")
        return sign_scope(
            content.record.subject(),
            scope=reach.scope.value,
            label=reach.label,
            parts=content.parts,
            digest=content.digest,
            meaning=meaning,
            actor=actor,
        )


@dataclass(frozen=True, slots=True)
class Claim:
    """One box that was ticked: the item of a form, and the digest of what stood beside it."""

    record_id: UUID
    field: str
    digest: str


def verify_reach(
    reach: Reach,
    definitions: Sequence[CrfDefinition],
    claims: Collection[Claim],
    *,
    protocol: Protocol,
    actor: Actor,
) -> int:
    """Mark what was ticked as compared with the source; all of it or, when a value has changed since, nothing. Returns how many."""
    with open_gate():
        keep_still(reach.owner.pk)
        states = StateReader(get_marks([reach.owner.pk]), definitions, protocol)
        wanted: dict[UUID, list[Claim]] = {}
        for claim in claims:
            wanted.setdefault(claim.record_id, []).append(claim)
        forms = {form.record.pk: form for form in read_content(reach, definitions).forms}
        if not set(wanted) <= set(forms):
            raise MarkRefusedError(STALE)
        made = 0
        for record_id, mine in wanted.items():
            form = forms[record_id]
            if not is_possible(Act.VERIFY, states.facts_of_stored(form, reach.owner.pk)):
                raise MarkRefusedError(
                    f"{form.definition.title} is not complete, or locked: it cannot be verified now."
                )
            made += len(verify_items(form.record.subject(), _items(form, mine, protocol), actor=actor))
    return made


def _items(form: StoredForm, claims: Iterable[Claim], protocol: Protocol) -> list[Item]:
    known = verifiable_items(form, protocol)
    items = []
    for claim in claims:
        item = known.get(claim.field)
        if item is None or item.digest != claim.digest:
            raise MarkRefusedError(STALE)
        items.append(item)
    return items


def verifiable_items(form: StoredForm, protocol: Protocol) -> dict[str, Item]:
    """What can be verified of a form: the whole, and each critical item, with the digest of what stands there."""
    title = form.definition.title
    whole = Item(field=WHOLE_FORM, label=f"{title}, whole form", digest=form.digest)
    items = {
        item.field: Item(
            field=item.field,
            label=f"{title}, {item.label}",
            digest=digest_of_item(item, form.record, form.rows),
        )
        for item in critical_items(form.definition, protocol)
    }
    return {WHOLE_FORM: whole} | items


def take_back(
    reach: Reach, definitions: Sequence[CrfDefinition], ids: Collection[UUID], *, reason: str, actor: Actor
) -> int:
    """End verifications with a reason; those of forms outside the reach are left alone. Returns how many."""
    with open_gate():
        keep_still(reach.owner.pk)
        forms = {form.record.pk: form for form in read_content(reach, definitions).forms}
        held = [mark for mark in get_verifications(list(forms)) if mark.pk in ids]
        for mark in held:
            subject = forms[mark.record_id].record.subject()
            unverify([mark.pk], subject=subject, reason=reason, actor=actor)
    return len(held)
