"""The record gate: creating and correcting clinical records, each with its audit in the same transaction."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

from django.db import models

from trialsite.accounts.actor import Actor
from trialsite.audit.gate import open_gate
from trialsite.audit.write import Told, log_event, write_events
from trialsite.lib import clock
from trialsite.lib.prepared import Place, Prepared, update
from trialsite.marks.actions import LockedError, end_marks, find_marks
from trialsite.marks.selectors import Mark
from trialsite.marks.still import writers_of
from trialsite.records.diff import diff
from trialsite.records.models import CaseReportForm, ClinicalRecord

__all__ = [
    "LockedError",
    "ReasonMissingError",
    "StaleRecordError",
    "Write",
    "correct_record",
    "create_record",
    "lock_record",
    "log_event",
    "store",
]

R = TypeVar("R", bound=ClinicalRecord)


class StaleRecordError(Exception):
    """Somebody else changed the record since it was read."""

    def __init__(self, stored: ClinicalRecord) -> None:
        self.stored = stored
        super().__init__(f"changed by {stored.changed_by} at {stored.changed_at:%Y-%m-%d %H:%M} UTC")


class ReasonMissingError(Exception):
    """A form that was complete once changes only with a reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """One record about to be stored: a new one, or, with `values`, one that was read locked in this transaction, and what it shall hold.

    `action` names the event. `is_beside`: what has nothing of its own to say is stored all the same where something else of the same act is.
    """

    record: ClinicalRecord
    action: str
    values: Mapping[str, Any] | None = None
    is_beside: bool = False


def create_record(record: R, *, actor: Actor, action: str = "create", reason: str = "") -> R:
    """Store a new record as revision 1 with an audit entry for every value in it."""
    store([Write(record=record, action=action)], actor=actor, reason=reason)
    return record


def correct_record(
    record: R, values: Mapping[str, Any], *, actor: Actor, base_revision: int, action: str = "correct", reason: str = ""
) -> R:
    """Store new `values` of fields in an existing record; return it as stored.

    Nothing is written when nothing differs. Raises `StaleRecordError` when the stored revision is no longer `base_revision`, and
    `ReasonMissingError` when a form that was complete once would change without a reason.
    """
    with open_gate(sharing=writers_of(record.subject().patient_id)):
        stored = lock_record(record)
        if stored is None:
            raise type(record).DoesNotExist(f"{record._meta.verbose_name} {record.pk} is not stored")
        if stored.revision != base_revision:
            raise StaleRecordError(stored)
        store([Write(record=stored, values=values, action=action)], actor=actor, reason=reason)
    return stored


@cache
def _locking(model: type[ClinicalRecord]) -> Prepared:
    return Prepared(
        lambda: model._base_manager.select_for_update().filter(pk=Place("id", models.UUIDField())).order_by()
    )


def lock_record(record: R) -> R | None:
    """The record as it is stored now, locked until the transaction ends. Its links lead to the rows that `record` knows already."""
    stored: R | None = _locking(type(record)).ask_one(id=record.pk)
    if stored is not None:
        _take_links(stored, record)
    return stored


def _take_links(stored: ClinicalRecord, known: ClinicalRecord) -> None:
    for field in stored._meta.concrete_fields:
        if isinstance(field, models.ForeignKey) and field.name in known._state.fields_cache:
            linked = known._state.fields_cache[field.name]
            if linked is not None and getattr(stored, field.attname) == linked.pk:
                stored._state.fields_cache[field.name] = linked


def store(writes: Sequence[Write], *, actor: Actor, reason: str = "") -> frozenset[UUID]:
    """Store records of one patient together, with their audit: the same number of statements for one as for many, per table.

    A parent stands before its rows. Returns the ids of what was new or has changed; raises as `correct_record` does.
    """
    if not writes:
        return frozenset()
    with open_gate(sharing=writers_of(writes[0].record.subject().patient_id)):
        changes = [change for write in writes if (change := _apply(write, actor, reason)) is not None]
        if all(change.is_beside for change in changes):
            changes = []
        if changes:
            marks = find_marks(list(dict.fromkeys(target for one in changes for target in one.record.covering_ids())))
            write_events([_told(one, reason) for one in changes], actor=actor)
            _write_rows(changes)
            _end_marks(marks, changes, actor)
    return frozenset(one.record.pk for one in changes)


@dataclass(frozen=True, slots=True)
class _Change:
    """A record with its new values in place, and how they differ: field -> (old, new)."""

    record: ClinicalRecord
    action: str
    values: Mapping[str, tuple[Any, Any]]
    is_new: bool
    is_beside: bool = False


def _apply(write: Write, actor: Actor, reason: str) -> _Change | None:
    """Put the values into the record and count its revision up; None if nothing differs and nothing else asks for it."""
    record = write.record
    if write.values is None:
        _count_up(record, actor, is_new=True)
        return _Change(record, write.action, diff({}, record.plain_values()), is_new=True, is_beside=write.is_beside)
    before, needs_reason = record.plain_values(), isinstance(record, CaseReportForm) and record.needs_reason
    for name, value in write.values.items():
        record.set_value(name, value)
    changes = diff(before, record.plain_values())
    if changes and needs_reason and not reason:
        raise ReasonMissingError(f"{record._meta.verbose_name} was complete: a change needs its reason")
    if not changes and not write.is_beside:
        return None
    _count_up(record, actor, is_new=False)
    # Under the same name as a change: indexes hold the names of acts.
    return _Change(record, write.action, changes, is_new=False, is_beside=not changes)


def _count_up(record: ClinicalRecord, actor: Actor, *, is_new: bool) -> None:
    record.revision = 1 if is_new else record.revision + 1
    record.changed_at, record.changed_by = clock.now(), actor.username
    if is_new:
        record.recorded_at, record.recorded_by = record.changed_at, record.changed_by


def _told(change: _Change, reason: str) -> Told:
    """What did not change has no reason."""
    subject, why = change.record.subject(), reason if change.values else ""
    return Told(action=change.action, subject=subject, reason=why, changes=change.values, typed=_typed(change))


def _typed(change: _Change) -> str:
    """What was written freely; of a form its page asks the writer, and notes what was left."""
    if isinstance(change.record, CaseReportForm):
        return ""
    texts = {field.name for field in change.record._meta.concrete_fields if isinstance(field, models.TextField)}
    return "\n".join(str(new) for name, (_, new) in change.values.items() if name in texts)


def _write_rows(changes: Sequence[_Change]) -> None:
    """One statement for the new rows of a table, and one for the changed ones. The managers of the tables refuse this; here is where it is done."""
    groups: dict[tuple[type[ClinicalRecord], bool], list[_Change]] = {}
    for change in changes:
        groups.setdefault((type(change.record), change.is_new), []).append(change)
    for (model, is_new), some in groups.items():
        if is_new:
            _rows_of(model).bulk_create([change.record for change in some])
        else:
            _update_rows(model, some)


def _rows_of(model: type[ClinicalRecord]) -> "models.QuerySet[Any]":
    return models.QuerySet(model)


def _update_rows(model: type[ClinicalRecord], changes: Sequence[_Change]) -> None:
    if len(changes) == 1:
        update(changes[0].record, [*changes[0].values, *_COUNTED])
        return
    every = dict.fromkeys(name for change in changes for name in change.values)
    _rows_of(model).bulk_update([change.record for change in changes], [*every, *_COUNTED])


_COUNTED = ("revision", "changed_at", "changed_by")


def _end_marks(marks: Sequence[Mark], changes: Sequence[_Change], actor: Actor) -> None:
    """Each mark ends with the first change that makes it untrue."""
    left = {mark.id: mark for mark in marks}
    for change in changes if marks else ():
        record = change.record
        if not change.values:
            continue
        own = [mark for mark in left.values() if mark.target in record.covering_ids()]
        fields = {f"{record.form_fields}{name}" for name in _changed_items(change.values)}
        what = str(record._meta.verbose_name).capitalize()
        for ended in end_marks(own, fields, subject=record.subject(), what=what, actor=actor):
            del left[ended]


def _changed_items(changes: Mapping[str, tuple[Any, Any]]) -> Iterator[str]:
    """The fields that changed; a reason for a missing item belongs to the item."""
    for name, (old, new) in changes.items():
        yield name
        if name == "absent":
            yield from diff(old or {}, new or {})
