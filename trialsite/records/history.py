"""Reading the trail of one record back: the history of a field, and the values at an earlier revision."""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from trialsite.audit.entries import get_entries_of_records
from trialsite.audit.models import AuditEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """One change of one field, as stored (plain values, not yet worded)."""

    field: str
    old: Any
    new: Any
    at: datetime
    by: str
    roles: str
    action: str
    reason: str
    revision: int
    record_id: UUID


def get_field_history(record_id: UUID, field: str) -> list[FieldChange]:
    """Every change of one field of one record, first entry first."""
    return _changes(get_entries_of_records([record_id], field))


def get_record_history(record_ids: Collection[UUID]) -> list[FieldChange]:
    """Every change of some records that belong together, such as a form and its rows."""
    return _changes(get_entries_of_records(record_ids))


def get_values_at(record_id: UUID, revision: int) -> dict[str, Any]:
    """The plain values of a record as they stood at a revision; {} at revision 0."""
    entries = get_entries_of_records([record_id])
    return {
        entry.field: json.loads(entry.new) for entry in entries if (entry.event.revision or revision + 1) <= revision
    }


def _changes(entries: Iterable[AuditEntry]) -> list[FieldChange]:
    return [
        FieldChange(
            field=entry.field,
            old=json.loads(entry.old),
            new=json.loads(entry.new),
            at=entry.event.at,
            by=entry.event.actor_name,
            roles=entry.event.actor_roles,
            action=entry.event.action,
            reason=entry.event.reason,
            revision=entry.event.revision or 0,
            record_id=entry.record_id,
        )
        for entry in entries
    ]
