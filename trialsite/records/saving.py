"""Storing a case report form as it was filled in: merged with what others stored meanwhile, all rows or none."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from django.db import IntegrityError

from trialsite.accounts.actor import Actor
from trialsite.audit.gate import open_gate
from trialsite.lib import clock
from trialsite.records.actions import StaleRecordError, correct_record, create_record
from trialsite.records.crf import CrfDefinition, Grid
from trialsite.records.diff import digest_of, is_blank, to_plain
from trialsite.records.forms import COMPLETE, CrfForm, plain_of
from trialsite.records.history import get_values_at
from trialsite.records.merge import Clash, Merge, flatten, merge
from trialsite.records.models import CaseReportForm, ClinicalRecord, FormStatus

_NESTED = ("absent", "confirmed")


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of a form: stored (and complete or not), or held back.

    `form` is the form as it was judged last: what was typed, on top of what others stored meanwhile. It is not stored when
    others changed the same items (`clashes`), or when its errors say that the two do not go together.
    """

    record: CaseReportForm
    form: CrfForm
    clashes: tuple[Clash, ...] = ()
    has_changed: bool = False
    took_theirs: bool = False

    @property
    def is_held_back(self) -> bool:
        return bool(self.clashes or self.form.errors)


def get_stored(definition: CrfDefinition, record: CaseReportForm) -> CaseReportForm | None:
    return cast("CaseReportForm | None", definition.rows.filter(pk=record.pk).first())


def get_rows(grid: Grid | None, record: CaseReportForm) -> dict[str, ClinicalRecord]:
    """The stored rows of a form's grid by their key."""
    if grid is None or not record.is_stored:
        return {}
    return {row.key: row for row in grid.stored_rows.filter(parent_id=record.pk)}


def get_row_values(grid: Grid | None, rows: Mapping[str, ClinicalRecord]) -> dict[str, Any]:
    """Grid input name -> stored value."""
    if grid is None:
        return {}
    return {grid.input_name(key, column): getattr(row, column) for key, row in rows.items() for column in grid.fields}


def save_crf(form: CrfForm, *, actor: Actor, also: Callable[[CaseReportForm], None] | None = None) -> Saved:
    """Store a valid form. `also` runs in the same transaction with the stored record: whatever follows from it is stored with it or not at all."""
    was_stored = form.record.is_stored
    for _ in range(3):
        try:
            with open_gate():
                return _save_once(form, actor, also)
        except StaleRecordError:
            continue
        except IntegrityError:
            # Somebody stored the same form first: go on from theirs. Anything else the database refuses is an error.
            if was_stored or get_stored(form.definition, form.record) is None:
                raise
            form.record.revision = 0  # the attempt had numbered it
    raise RuntimeError("the record kept changing while it was being stored")


def _save_once(form: CrfForm, actor: Actor, also: Callable[[CaseReportForm], None] | None) -> Saved:
    stored = cast("CaseReportForm | None", form.definition.rows.select_for_update().filter(pk=form.record.pk).first())
    if stored is None:
        record = _create(form, actor)
        _save_rows(form, record, actor)
        _run(also, record)
        return Saved(record, form, has_changed=True)
    if stored.revision == form.base_revision == form.record.revision:
        return _save_over(stored, form, actor, also)
    return _save_behind(stored, form, actor, also)


def _save_behind(
    stored: CaseReportForm, form: CrfForm, actor: Actor, also: Callable[[CaseReportForm], None] | None
) -> Saved:
    """Somebody else stored the form since it was opened: take their items over, judge the whole anew, and only then store it."""
    rows = get_rows(form.definition.grid, stored)
    merged = _merge(form, stored, rows)
    ahead = form.caught_up_with(stored, get_row_values(form.definition.grid, rows), merged.take_theirs)
    if not ahead.is_valid() or merged.clashes:
        return Saved(stored, ahead, clashes=merged.clashes)
    return replace(_save_over(stored, ahead, actor, also), took_theirs=bool(merged.take_theirs))


def _save_over(
    stored: CaseReportForm, form: CrfForm, actor: Actor, also: Callable[[CaseReportForm], None] | None
) -> Saved:
    values = _state(form) | _status(form, stored)
    record = correct_record(
        stored,
        values,
        actor=actor,
        base_revision=stored.revision,
        action=_action(stored, values),
        reason=form.change_reason,
    )
    _save_rows(form, record, actor)
    if record.revision != stored.revision:
        _run(also, record)
    return Saved(record, form, has_changed=record.revision != stored.revision)


def _run(also: Callable[[CaseReportForm], None] | None, record: CaseReportForm) -> None:
    if also is not None:
        also(record)


def _state(form: CrfForm) -> dict[str, Any]:
    """Everything of mine that goes into the form's own row."""
    state: dict[str, Any] = form.values() | {"absent": form.absences(), "confirmed": form.confirmations()}
    if form.definition.grid is not None:
        state["rows_digest"] = _digest_rows(form.row_values())
    return state


def _digest_rows(row_values: Mapping[str, Any]) -> str:
    filled = {name: value for name, value in plain_of(row_values).items() if not is_blank(value)}
    return digest_of(filled) if filled else ""


def _is_finished(form: CrfForm) -> bool:
    return form.intent == COMPLETE and not form.missing and not form.unanswered


def _status(form: CrfForm, record: CaseReportForm) -> dict[str, Any]:
    if not _is_finished(form):
        return {"status": FormStatus.DRAFT}
    return {"status": FormStatus.COMPLETE, "completed_at": record.completed_at or clock.now()}


def _create(form: CrfForm, actor: Actor) -> CaseReportForm:
    for name, value in {**_state(form), **_status(form, form.record)}.items():
        form.record.set_value(name, value)
    return create_record(form.record, actor=actor, reason=form.change_reason)


def _action(stored: CaseReportForm, values: Mapping[str, Any]) -> str:
    if values["status"] == stored.status:
        return "correct" if stored.needs_reason else "edit"
    return "complete" if values["status"] == FormStatus.COMPLETE else "reopen"


def _merge(form: CrfForm, stored: CaseReportForm, rows: Mapping[str, ClinicalRecord]) -> Merge:
    """What they and I changed since my page was opened; a page that claims a revision yet to come knows nothing."""
    mine = _state(form)
    opened_at = form.base_revision if form.base_revision <= stored.revision else 0
    base = flatten(_only(get_values_at(stored.pk, opened_at), mine), _NESTED)
    theirs = flatten(_only(stored.plain_values(), mine), _NESTED)
    own = flatten(plain_of(mine), _NESTED)
    own |= dict.fromkeys({*base, *theirs} - {*own})
    return _without_row_digest(merge(base, theirs, own), form, rows)


def _only(values: Mapping[str, Any], names: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name in names}


def _without_row_digest(found: Merge, form: CrfForm, rows: Mapping[str, ClinicalRecord]) -> Merge:
    """Rows are compared one by one, so the digest over them is no clash of its own."""
    if form.definition.grid is None:
        return found
    theirs = plain_of(get_row_values(form.definition.grid, rows))
    base = {name: to_plain(value) for name, value in form.posted_base().items()}
    cells = merge(base, theirs, plain_of(form.row_values()))
    own = tuple(clash for clash in found.clashes if clash.field != "rows_digest")
    return Merge((found.take_theirs - {"rows_digest"}) | cells.take_theirs, own + cells.clashes)


def _save_rows(form: CrfForm, record: CaseReportForm, actor: Actor) -> None:
    grid, row_values = form.definition.grid, form.row_values()
    if grid is None:
        return
    stored = get_rows(grid, record)
    for key, _ in grid.rows:
        values = {
            column: row_values.get(grid.input_name(key, column)) for column in grid.fields if grid.has_cell(key, column)
        }
        _save_row(grid, record, stored.get(key), key, values, form, actor)


def _save_row(
    grid: Grid,
    record: CaseReportForm,
    row: ClinicalRecord | None,
    key: str,
    values: Mapping[str, Any],
    form: CrfForm,
    actor: Actor,
) -> None:
    clean = {column: grid.blank_of(column) if value is None else value for column, value in values.items()}
    if row is None:
        if not all(is_blank(value) for value in clean.values()):
            create_record(grid.new(parent=record, key=key, **clean), actor=actor, reason=form.change_reason)
        return
    correct_record(row, clean, actor=actor, base_revision=row.revision, reason=form.change_reason)
