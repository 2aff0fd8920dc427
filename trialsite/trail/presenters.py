"""Events as sentences: what was done to what, labels for names and codes, units beside numbers, old beside new."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from enrollment.outs import failure_reasons
from enrollment.selectors.unblinding import ShownMoments
from trialsite.accounts.models import User
from trialsite.accounts.presenters import VALUE_LABELS, label_field
from trialsite.audit.entries import get_entries
from trialsite.audit.models import AuditEntry, AuditEvent
from trialsite.lib.lateness import count_days_late
from trialsite.protocol.model import Protocol
from trialsite.queries.models import DataQuery
from trialsite.records.links import NO_VISIT, links_of, name_linked
from trialsite.records.wording import HIDDEN, label_of, word_value
from trialsite.trail.kinds import Kind, get_kinds
from trialsite.trail.models import EventRemark
from trialsite.trail.selectors import (
    get_account_names,
    get_patient_numbers,
    get_queries,
    get_remarks,
    get_row_keys,
    get_shown,
)
from trialsite.trail.words import action_words, page_words
from visits.crfs.registry import CRFS

# Said by the headline already, or of no meaning to people.
_UNSAID = HIDDEN | {"status", "completed_at", "revision", "signature", "void_signature", "evidence"}
_NOTHING: tuple[Any, ...] = (None, "", [], {})
_QUERY = DataQuery._meta.label_lower
UNCHANGED = "Stored with its form, unchanged"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeLine:
    field: str
    label: str
    old: str
    new: str
    is_first: bool
    is_gone: bool
    is_message: bool = False

    @property
    def words(self) -> str:
        if self.is_first:
            return f"{self.label} entered as {self.new}"
        return (
            f"{self.label} {self.old} removed"
            if self.is_gone
            else f"{self.label} changed from {self.old} to {self.new}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class EventLine:
    """One event as a person reads it. `patient_id` and `form_key` say where its record is to be found; `knows_since`, for
    who may know of a code break, that whoever stored the record had been shown the arm of its patient by then.
    """

    public_id: UUID
    at: datetime
    headline: str
    patient_number: str
    patient_id: UUID | None
    where: str
    by: str
    username: str
    roles: str
    reason: str
    detail: str
    is_restricted: bool
    form_key: str
    form_id: UUID | None
    changes: tuple[ChangeLine, ...]
    entries: tuple[AuditEntry, ...]
    remarks: tuple[EventRemark, ...] = ()
    knows_since: datetime | None = None
    days_late: int = 0

    @property
    def is_long(self) -> bool:
        return len(self.changes) > 4

    @property
    def reason_words(self) -> str:
        return self.reason.rstrip(".")

    @property
    def tail(self) -> str:
        """Where, why, who and when: the end of every sentence."""
        reason = f", reason: {self.reason_words}" if self.reason else ""
        roles = f" ({self.roles})" if self.roles else ""
        where = f" at {self.where}" if self.where else ""
        knew = f", who was shown the treatment at {self.knows_since:%Y-%m-%d %H:%M} UTC" if self.knows_since else ""
        return f"{where}{reason}, by {self.by or self.username}{roles}{knew}, at {self.at:%Y-%m-%d %H:%M:%S} UTC."

    @property
    def sentences(self) -> list[str]:
        """The whole event in words, one sentence for each value that changed."""
        subject = f"{self.patient_number}: " if self.patient_number else ""
        said = [f"{self.headline}, {change.new}" if change.is_message else change.words for change in self.changes] or [
            self.headline + (f" ({self.detail.rstrip('.')})" if self.detail else "")
        ]
        return [f"{subject}{words}{self.tail}" for words in said]


def present_events(events: Sequence[AuditEvent], protocol: Protocol, reader: User | None = None) -> list[EventLine]:
    """Some events in words, for `reader` or for everybody. Costs a fixed number of queries, however many they are."""
    writer = _Writer(events, protocol, get_shown(events, reader))
    return [writer.write(event) for event in events]


class _Writer:
    def __init__(self, events: Sequence[AuditEvent], protocol: Protocol, shown: ShownMoments) -> None:
        self.shown = shown
        self.visits = {visit.key: visit.label for visit in protocol.visits}
        self.zones = {site.code: ZoneInfo(site.time_zone) for site in protocol.sites}
        self.late_after_days = protocol.review.late_after_days
        # Codes whose words stand in the protocol, by field.
        self.named: dict[str, dict[str, str]] = {
            "site_code": {site.code: site.name for site in protocol.sites},
            "planned_key": self.visits,
            "screen_failure_reasons": {
                code: words for phase in protocol.phases for code, words in failure_reasons(protocol, phase.number)
            },
        }
        self.numbers = get_patient_numbers({event.patient_id for event in events if event.patient_id})
        self.rows = get_row_keys(events)
        self.entries = get_entries(events)
        self.remarks = get_remarks(events)
        self.accounts = get_account_names(ids) if (ids := _ids_of(events, "account")) else {}
        self.queries = get_queries(ids) if (ids := _ids_of(events, _QUERY)) else {}
        self.linked = name_linked(_links_in(events, self.entries))

    def write(self, event: AuditEvent) -> EventLine:
        kind = get_kinds().get(event.record_kind)
        entries = self.entries[event.pk]
        row_key, form_id = self.rows.get(event.record_id, ("", event.record_id)) if event.record_id else ("", None)
        return EventLine(
            public_id=event.public_id,
            at=event.at.astimezone(UTC),
            headline=self._headline(event, kind, entries, row_key),
            patient_number=self.numbers.get(event.patient_id, "") if event.patient_id else "",
            patient_id=event.patient_id,
            where=self.visits.get(event.visit_label, event.visit_label),
            by=event.actor_name,
            username=event.actor_username,
            roles=event.actor_roles.replace("_", " ").replace(",", ", "),
            reason=event.reason,
            detail=page_words(event.detail) if event.action == "refused_access" else event.detail,
            is_restricted=event.is_restricted,
            form_key=kind.definition.key if kind and kind.definition else "",
            form_id=form_id if kind and kind.definition else None,
            changes=tuple(
                self._change(kind, entry) for entry in entries if _is_said(event, entry.field) and _is_change(entry)
            ),
            entries=tuple(entries),
            remarks=tuple(self.remarks[event.pk]),
            knows_since=self._knows_since(event),
            days_late=self._days_late(event, entries),
        )

    def _knows_since(self, event: AuditEvent) -> datetime | None:
        """When whoever changed this record was shown the arm of its patient, if that was before."""
        if event.patient_id is None or event.revision is None:
            return None
        at = self.shown.get((event.actor_username, event.patient_id))
        return at.astimezone(UTC) if at and at <= event.at else None

    def _days_late(self, event: AuditEvent, entries: Iterable[AuditEntry]) -> int:
        """How late a form was first entered, as long as its assessment was dated then."""
        if event.revision != 1 or event.site_code not in self.zones:
            return 0
        told = next((json.loads(entry.new) for entry in entries if entry.field == "assessed_on"), None)
        entered_on = event.at.astimezone(self.zones[event.site_code]).date()
        assessed_on = date.fromisoformat(told) if told else None
        return count_days_late(assessed_on, entered_on, late_after_days=self.late_after_days)

    def _headline(self, event: AuditEvent, kind: Kind | None, entries: Collection[AuditEntry], row_key: str) -> str:
        words = action_words(event.action) if entries or not row_key else UNCHANGED
        if kind is None:
            return words
        if kind.words is None:
            name = self.accounts.get(event.record_id, "") if event.record_id else ""
            return f"{kind.title} of {name}: {_lower(words)}" if name else f"{kind.title}: {_lower(words)}"
        about = self._about(event) if kind.name == _QUERY else _row(kind, row_key)
        return f"{kind.title}{about}: {_lower(words)}{_status(kind, event, entries)}"

    def _about(self, event: AuditEvent) -> str:
        """The item and the form that a data query is about."""
        query = self.queries.get(event.record_id) if event.record_id else None
        if query is None:
            return ""
        form = CRFS[query.form_key].title if query.form_key in CRFS else ""
        return f" about {', '.join(dict.fromkeys(filter(None, (query.field_label, form))))}"

    def _change(self, kind: Kind | None, entry: AuditEntry) -> ChangeLine:
        old, new = json.loads(entry.old), json.loads(entry.new)
        is_message = bool(kind and kind.name == _QUERY and entry.field == "last_message")
        return ChangeLine(
            field=entry.field,
            label="Message" if is_message else _label(kind, entry.field),
            old=self._value(kind, entry.field, old),
            new=self._value(kind, entry.field, new),
            is_first=is_message or old in _NOTHING,  # a message follows the one before it; it replaces nothing
            is_gone=new in _NOTHING,
            is_message=is_message,
        )

    def _value(self, kind: Kind | None, field: str, value: Any) -> str:
        if value and _is_link(kind, field):  # another form, told by its visit: nobody reads an id
            return self.linked.get(value, NO_VISIT)
        names = self.named.get(field, {})
        if names and isinstance(value, list) and value:
            return "; ".join(names.get(str(one), str(one)) for one in value)
        name = names.get(value) if isinstance(value, str) else None
        return name or _value(kind, field, value)


def _ids_of(events: Iterable[AuditEvent], record_kind: str) -> set[UUID]:
    return {event.record_id for event in events if event.record_kind == record_kind and event.record_id}


def _is_link(kind: Kind | None, field: str) -> bool:
    return bool(kind and kind.definition and field in links_of(kind.definition.model))


def _links_in(events: Iterable[AuditEvent], entries: Mapping[int, Iterable[AuditEntry]]) -> set[UUID]:
    """The forms that values of these events point at."""
    kinds = get_kinds()
    linked = (
        json.loads(text)
        for event in events
        for entry in entries[event.pk]
        if _is_link(kinds.get(event.record_kind), entry.field)
        for text in (entry.old, entry.new)
    )
    return {UUID(value) for value in linked if value}


def _is_said(event: AuditEvent, field: str) -> bool:
    return field in DataQuery.SAID if event.record_kind == _QUERY else field not in _UNSAID


def _is_change(entry: AuditEntry) -> bool:
    """An empty item of a new record is kept, and tells nothing."""
    return any(json.loads(text) not in _NOTHING for text in (entry.old, entry.new))


def _row(kind: Kind, key: str) -> str:
    grid = kind.definition.grid if kind.definition else None
    return f", {dict(grid.rows).get(key, key)}" if kind.is_row and key and grid else ""


def _status(kind: Kind, event: AuditEvent, entries: Iterable[AuditEntry]) -> str:
    """How far a new form has come, and where a patient stands now."""
    new = next((json.loads(entry.new) for entry in entries if entry.field == "status"), None)
    if new is None or kind.words is None or event.action in {"complete", "reopen"}:
        return ""
    return f" ({_lower(word_value(kind.words, 'status', new))})"


def _label(kind: Kind | None, field: str) -> str:
    if kind and kind.words:
        return label_of(kind.words, field)
    label = label_field(field)
    return label[:1].upper() + label[1:]


def _value(kind: Kind | None, field: str, value: Any) -> str:
    if kind and kind.words:
        return word_value(kind.words, field, value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(VALUE_LABELS.get(str(item), str(item)) for item in value) or "none"
    return str(value) if value not in (None, "") else "no value"


def _lower(words: str) -> str:
    return words[:1].lower() + words[1:]
