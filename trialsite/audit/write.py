"""Adding to the trail. A failure here is the caller's failure: nothing catches it."""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from trialsite.audit.actor import Actor
from trialsite.audit.entries import insert_entries, insert_events
from trialsite.audit.gate import bind_later, open_gate
from trialsite.audit.models import AuditEntry, AuditEvent
from trialsite.lib import clock
from trialsite.protocol.telling import find_telling

Change = tuple[Any, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What an event is about. All parts may be empty: a sign-in is about nobody's record."""

    site_code: str = ""
    patient_id: uuid.UUID | None = None
    visit_label: str = ""
    record_kind: str = ""
    record_id: uuid.UUID | None = None
    revision: int | None = None
    is_restricted: bool = False


NOTHING = Subject()


def to_text(value: Any) -> str:
    """A plain value as canonical JSON text: the same value always gives the same characters."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An event about to be written, with its field changes: field -> (old, new) as plain values; `typed` is what of these was written freely."""

    action: str
    subject: Subject = NOTHING
    reason: str = ""
    detail: str = ""
    changes: Mapping[str, Change] = field(default_factory=dict)
    typed: str = ""


def write_event(action: str, *, actor: Actor, **about: Any) -> AuditEvent:
    """Add one event (see `Told`). Only inside `trialsite.audit.gate.open_gate`; elsewhere the database refuses."""
    return write_events([Told(action=action, **about)], actor=actor)[0]


def write_events(told: Sequence[Told], *, actor: Actor) -> list[AuditEvent]:
    """Add events of one person at one moment, in their order: two statements, however many events and values, and one more for restricted ones.

    Words about a patient that may tell an arm to those who read them are noted beside them, for those who may know one.
    """
    now = clock.now()
    every = [*told, *(note for one in told if (note := _note_telling(one)) is not None)]
    events = [_make_event(one, actor, now) for one in every]
    insert_events(events)
    entries = [_make_entries(event, one) for event, one in zip(events, every, strict=True)]
    insert_entries(events, entries)
    for event, made in zip(events, entries, strict=True):
        bind_later(event, made)
    return events[: len(told)]


def _note_telling(told: Told) -> Told | None:
    """A restricted event about telling words in an open one; None where there are none."""
    subject = told.subject
    if subject.is_restricted or subject.patient_id is None:
        return None
    words = find_telling(f"{told.reason}\n{told.detail}\n{told.typed}")
    if not words:
        return None
    hidden = replace(subject, revision=None, is_restricted=True)
    return Told(
        action="telling_words", subject=hidden, detail=f"Left in words that blinded people read: {', '.join(words)}."
    )


def _make_event(told: Told, actor: Actor, now: datetime) -> AuditEvent:
    subject = told.subject
    event = AuditEvent(
        at=now,
        action=told.action,
        actor_id=actor.user_id,
        actor_username=actor.username,
        actor_name=actor.full_name,
        actor_roles=actor.roles,
        reason=told.reason,
        detail=told.detail,
        site_code=subject.site_code,
        patient_id=subject.patient_id,
        visit_label=subject.visit_label,
        record_kind=subject.record_kind,
        record_id=subject.record_id,
        revision=subject.revision,
        is_restricted=subject.is_restricted,
    )
    event.salt = make_salt() if subject.is_restricted else ""
    return event


def make_salt() -> str:
    """128 bits of chance, as 32 hexadecimal digits, for the digest of a restricted event."""
    return uuid.uuid4().hex


def _make_entries(event: AuditEvent, told: Told) -> list[AuditEntry]:
    record_id = told.subject.record_id
    if record_id is None:
        return []
    return [
        AuditEntry(event_id=event.pk, record_id=record_id, field=name, old=to_text(old), new=to_text(new))
        for name, (old, new) in told.changes.items()
    ]


def log_event(action: str, *, actor: Actor, **about: Any) -> AuditEvent:
    """Write an audit event that changes no record: a sign-in, a print, a refused access."""
    with open_gate():
        return write_event(action, actor=actor, **about)
