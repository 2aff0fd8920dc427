"""Storing a case report form as it was filled in: merged with what others stored meanwhile, all rows or none."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, cast

from django.core.exceptions import ObjectDoesNotExist
from django.db import IntegrityError

from trialsite.accounts.actor import Actor
from trialsite.audit.gate import open_gate
from trialsite.lib import clock
from trialsite.marks.still import writers_of
from trialsite.records.actions import Write, lock_record, store
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
    is_correction: bool = False
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
    gate = partial(open_gate, sharing=writers_of(form.record.subject().patient_id))
    if not form.record.is_stored:
        try:
            with gate():
                return _save_new(form, actor, also)
        except IntegrityError:
            # Somebody stored the same form first: go on from theirs. Anything else the database refuses is an error.
            if get_stored(form.definition, form.record) is None:
                raise
            form.record.revision = 0  # the attempt had numbered it
    with gate():
        stored = lock_record(form.record)
        if stored is None:
            raise ObjectDoesNotExist(f"{form.definition.title}: the stored form is gone")
        if stored.revision == form.base_revision == form.record.revision:
            return _save_over(stored, form, actor, also)
        return _save_behind(stored, form, actor, also)


def _save_new(form: CrfForm, actor: Actor, also: Callable[[CaseReportForm], None] | None) -> Saved:
    record = form.record
    for name, value in {**_state(form), **_status(form, record)}.items():
        record.set_value(name, value)
    store([Write(record=record, action="create"), *_row_writes(form, record)], actor=actor, reason=form.change_reason)
    _run(also, record)
    return Saved(record, form, has_changed=True)


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
    own = Write(record=stored, action=_action(stored, values), values=values)
    changed = store([own, *_row_writes(form, stored)], actor=actor, reason=form.change_reason)
    if stored.pk in changed:
        _run(also, stored)
    is_correction = own.action == "correct" and stored.is_complete
    return Saved(stored, form, has_changed=stored.pk in changed, is_correction=is_correction)


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


def _row_writes(form: CrfForm, record: CaseReportForm) -> list[Write]:
    """The rows of the grid; who holds the form's own row locked holds its rows.

    Of a restricted form every row is stored with each save, blank and unchanged ones as well: how many there are would tell how much was done.
    """
    grid, is_restricted = form.definition.grid, form.definition.is_restricted
    if grid is None:
        return []
    stored, values = get_rows(grid, record), form.row_values()
    writes = []
    for key, _ in grid.rows:
        row = stored.get(key)
        clean = _clean_row(grid, key, values)
        if row is not None:
            row.parent = record  # type: ignore[attr-defined]  # a row of a grid has one
            writes.append(Write(record=row, action="correct", values=clean, is_beside=is_restricted))
        elif not (is_empty := all(is_blank(value) for value in clean.values())) or is_restricted:
            new = grid.new(parent=record, key=key, **clean)
            writes.append(Write(record=new, action="create", is_beside=is_empty))
    return writes


def _clean_row(grid: Grid, key: str, values: Mapping[str, Any]) -> dict[str, Any]:
    typed = {column: values.get(grid.input_name(key, column)) for column in grid.fields if grid.has_cell(key, column)}
    return {column: grid.blank_of(column) if value is None else value for column, value in typed.items()}
