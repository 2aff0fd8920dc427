"""Adding to the trail. A failure here is the caller's failure: nothing catches it."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trialsite.audit.actor import Actor
from trialsite.audit.gate import bind_later, open_gate
from trialsite.audit.models import AuditEntry, AuditEvent
from trialsite.lib import clock

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


def write_event(
    action: str,
    *,
    actor: Actor,
    subject: Subject = NOTHING,
    reason: str = "",
    detail: str = "",
    changes: Mapping[str, Change] | None = None,
) -> AuditEvent:
    """Add one event with its field changes. Only inside `trialsite.audit.gate.open_gate`; elsewhere the database refuses."""
    event = AuditEvent.objects.create(
        at=clock.now(),
        action=action,
        actor_id=actor.user_id,
        actor_username=actor.username,
        actor_name=actor.full_name,
        actor_roles=actor.roles,
        reason=reason,
        detail=detail,
        site_code=subject.site_code,
        patient_id=subject.patient_id,
        visit_label=subject.visit_label,
        record_kind=subject.record_kind,
        record_id=subject.record_id,
        revision=subject.revision,
        is_restricted=subject.is_restricted,
    )
    entries = _write_entries(event, subject.record_id, changes or {})
    bind_later(event, entries)
    return event


def _write_entries(event: AuditEvent, record_id: uuid.UUID | None, changes: Mapping[str, Change]) -> list[AuditEntry]:
    if not changes or record_id is None:
        return []
    entries = [
        AuditEntry(event=event, record_id=record_id, field=field, old=to_text(old), new=to_text(new))
        for field, (old, new) in changes.items()
    ]
    AuditEntry.objects.bulk_create(entries)
    return entries


def log_event(action: str, *, actor: Actor, **about: Any) -> AuditEvent:
    """Write an audit event that changes no record: a sign-in, a print, a refused access."""
    with open_gate():
        return write_event(action, actor=actor, **about)
