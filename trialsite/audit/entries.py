"""The words and field changes of events, wherever they are stored: of an open event in its own row and a row each, of a restricted one together."""

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from uuid import UUID

from django.db.models import QuerySet

from trialsite.audit.models import NOTED, AuditEntry, AuditEvent, EventWords, NotedWords, RestrictedValues
from trialsite.lib.prepared import insert


def insert_events(events: Sequence[AuditEvent]) -> None:
    """Store events, without the words of restricted ones. Only inside the gate."""
    words = [(event.reason, event.detail) for event in events]
    for event in events:
        if event.is_restricted:
            event.reason = event.detail = ""
    insert(events)
    for event, (reason, detail) in zip(events, words, strict=True):
        event.reason, event.detail = reason, detail


def insert_entries(events: Sequence[AuditEvent], entries: Sequence[Sequence[AuditEntry]]) -> None:
    """Store the entries of events that are stored already, and the words of the restricted ones. Only inside the gate."""
    insert([entry for event, made in zip(events, entries, strict=True) for entry in made if not event.is_restricted])
    packed = [_pack(event, made) for event, made in zip(events, entries, strict=True) if event.is_restricted]
    insert([row for row in packed if isinstance(row, RestrictedValues)])
    insert([row for row in packed if isinstance(row, NotedWords)])


def _pack(event: AuditEvent, entries: Sequence[AuditEntry]) -> EventWords:
    table: type[EventWords] = NotedWords if event.action in NOTED else RestrictedValues
    return table(
        event_id=event.pk,
        record_id=entries[0].record_id if entries else None,
        reason=event.reason,
        detail=event.detail,
        salt=event.salt,
        fields=_to_text([one.field for one in entries]),
        changes=_to_text([[one.old, one.new] for one in entries]),
    )


def _to_text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def escape(text: str) -> str:
    """As these words stand within `RestrictedValues.changes`."""
    return _to_text(text)[1:-1]


def get_entries(events: Iterable[AuditEvent]) -> dict[int, list[AuditEntry]]:
    """Event id -> its entries, in their order; a restricted event gets its words, and also has entries that somebody put among the open ones."""
    known = list(events)
    found: dict[int, list[AuditEntry]] = {event.pk: [] for event in known}
    for entry in AuditEntry.objects.filter(event_id__in=list(found)).order_by("id"):
        found[entry.event_id].append(entry)
    for row in _fill(known):
        found[row.event_id] += _unpack(row)
    return found


def with_words(events: Iterable[AuditEvent]) -> list[AuditEvent]:
    """The same events, the restricted ones with their reason and detail. Two queries, or none."""
    known = list(events)
    _fill(known)
    return known


def _fill(events: Iterable[AuditEvent]) -> list[EventWords]:
    """Give restricted events what they say; their rows, in no order."""
    restricted = {event.pk: event for event in events if event.is_restricted}
    tables: tuple[type[EventWords], ...] = (RestrictedValues, NotedWords)
    rows = [row for table in tables for row in _rows_of(table, list(restricted))] if restricted else []
    for row in rows:
        _give_words(restricted[row.event_id], row)
    return rows


def _rows_of(table: type[EventWords], event_ids: list[int]) -> Iterable[EventWords]:
    found: Iterable[EventWords] = table._default_manager.filter(event_id__in=event_ids)
    return found


def _give_words(event: AuditEvent, row: EventWords) -> None:
    # Words that somebody put into the row of the event itself stay: the digest does not fit them.
    event.reason, event.detail, event.salt = event.reason or row.reason, event.detail or row.detail, row.salt


def get_entries_of_records(record_ids: Collection[UUID], field: str = "") -> list[AuditEntry]:
    """Every entry of some records, or of one of their fields, the oldest first, each with its event. Two queries."""
    found = AuditEntry.objects.filter(record_id__in=record_ids, **({"field": field} if field else {}))
    closed = read_restricted(RestrictedValues.objects.filter(record_id__in=record_ids))
    both = [*found.select_related("event").order_by("id"), *(one for one in closed if field in {"", one.field})]
    return sorted(both, key=lambda entry: entry.event_id)


def read_restricted(rows: "QuerySet[RestrictedValues]") -> Iterator[AuditEntry]:
    """The entries of these rows, the oldest first, each with its event. A row that somebody gave to an open event counts for nothing."""
    for row in rows.filter(event__is_restricted=True).select_related("event").order_by("event_id"):
        _give_words(row.event, row)
        yield from _unpack(row, row.event)


def find_restricted(events: "QuerySet[AuditEvent]") -> "QuerySet[RestrictedValues]":
    """The rows of the restricted ones among these events."""
    return RestrictedValues.objects.filter(event__in=events.filter(is_restricted=True).order_by())


def _unpack(row: EventWords, event: AuditEvent | None = None) -> list[AuditEntry]:
    of = {"event_id": row.event_id} if event is None else {"event": event}
    record = {} if row.record_id is None else {"record_id": row.record_id}
    return [AuditEntry(field=field, old=old, new=new, **record, **of) for field, old, new in _read(row)]


def _read(row: EventWords) -> list[tuple[str, str, str]]:
    try:
        fields, changes = json.loads(row.fields), json.loads(row.changes)
        found = [(str(field), str(old), str(new)) for field, (old, new) in zip(fields, changes, strict=True)]
        for _, old, new in found:
            json.loads(old), json.loads(new)
    except (TypeError, ValueError):
        # Altered past the guards: shown as it stands, and the verification of the chain says so.
        return [("changes", "null", _to_text(row.changes))]
    return found
