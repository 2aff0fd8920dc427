"""The record gate: creating and correcting clinical records, each with its audit in the same transaction."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from django.db import models

from trialsite.accounts.actor import Actor
from trialsite.audit.gate import open_gate
from trialsite.audit.write import log_event, write_event
from trialsite.lib import clock
from trialsite.marks.actions import LockedError, end_marks, find_marks
from trialsite.marks.selectors import Mark
from trialsite.marks.still import share
from trialsite.records.diff import diff
from trialsite.records.models import CaseReportForm, ClinicalRecord

__all__ = ["LockedError", "ReasonMissingError", "StaleRecordError", "correct_record", "create_record", "log_event"]

R = TypeVar("R", bound=ClinicalRecord)


class StaleRecordError(Exception):
    """Somebody else changed the record since it was read."""

    def __init__(self, stored: ClinicalRecord) -> None:
        self.stored = stored
        super().__init__(f"changed by {stored.changed_by} at {stored.changed_at:%Y-%m-%d %H:%M} UTC")


class ReasonMissingError(Exception):
    """A form that was complete once changes only with a reason."""


def create_record(record: R, *, actor: Actor, action: str = "create", reason: str = "") -> R:
    """Store a new record as revision 1 with an audit entry for every value in it."""
    with open_gate():
        share(record.subject().patient_id)
        marks = find_marks(record.covering_ids())
        record.revision = 1
        record.recorded_at = record.changed_at = clock.now()
        record.recorded_by = record.changed_by = actor.username
        changes = diff({}, record.plain_values())
        write_event(action, actor=actor, subject=record.subject(), reason=reason, changes=changes)
        models.Model.save(record, force_insert=True)
        _end_marks(marks, record, changes, actor)
    return record


def correct_record(
    record: R, values: Mapping[str, Any], *, actor: Actor, base_revision: int, action: str = "correct", reason: str = ""
) -> R:
    """Store new `values` of fields in an existing record; return it as stored.

    Nothing is written when nothing differs. Raises `StaleRecordError` when the stored revision is no longer `base_revision`, and
    `ReasonMissingError` when a form that was complete once would change without a reason.
    """
    with open_gate():
        share(record.subject().patient_id)
        stored = type(record)._base_manager.select_for_update().get(pk=record.pk)
        if stored.revision != base_revision:
            raise StaleRecordError(stored)
        before, needs_reason = stored.plain_values(), isinstance(stored, CaseReportForm) and stored.needs_reason
        for name, value in values.items():
            stored.set_value(name, value)
        changes = diff(before, stored.plain_values())
        if changes and needs_reason and not reason:
            raise ReasonMissingError(f"{stored._meta.verbose_name} was complete: a change needs its reason")
        if changes:
            marks = find_marks(stored.covering_ids())
            _store_next(stored, changes, actor=actor, action=action, reason=reason)
            _end_marks(marks, stored, changes, actor)
    return stored


def _end_marks(
    marks: Sequence[Mark], record: ClinicalRecord, changes: Mapping[str, tuple[Any, Any]], actor: Actor
) -> None:
    if marks:
        fields = {f"{record.form_fields}{name}" for name in _changed_items(changes)}
        what = str(record._meta.verbose_name).capitalize()
        end_marks(marks, fields, subject=record.subject(), what=what, actor=actor)


def _changed_items(changes: Mapping[str, tuple[Any, Any]]) -> Iterator[str]:
    """The fields that changed; a reason for a missing item belongs to the item."""
    for name, (old, new) in changes.items():
        yield name
        if name == "absent":
            yield from diff(old or {}, new or {})


def _store_next(
    stored: ClinicalRecord, changes: Mapping[str, tuple[Any, Any]], *, actor: Actor, action: str, reason: str
) -> None:
    stored.revision += 1
    stored.changed_at = clock.now()
    stored.changed_by = actor.username
    write_event(action, actor=actor, subject=stored.subject(), reason=reason, changes=changes)
    names = [*changes, "revision", "changed_at", "changed_by"]
    models.Model.save(stored, force_update=True, update_fields=names)
