"""Storing a case report form as it was filled in: merged with what others stored meanwhile, all rows or none."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from django.db import IntegrityError

from trialsite.accounts.actor import Actor
from trialsite.audit.gate import open_gate
from trialsite.lib import clock
from trialsite.lib.findings import Finding, Severity, only_hard
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

    `clashes` are items that somebody else changed too; `refused` says why what they changed and what I changed do not fit together.
    """

    record: CaseReportForm
    clashes: tuple[Clash, ...] = ()
    refused: tuple[Finding, ...] = ()
    has_changed: bool = False
    took_theirs: bool = False


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
    for _ in range(3):
        try:
            with open_gate():
                return _save_once(form, actor, also)
        except StaleRecordError:
            continue
        except IntegrityError:
            # Somebody stored the same form first: merge with theirs. Anything else the database refuses is an error.
            if form.record.is_stored or get_stored(form.definition, form.record) is None:
                raise
    raise RuntimeError("the record kept changing while it was being stored")


def _save_once(form: CrfForm, actor: Actor, also: Callable[[CaseReportForm], None] | None) -> Saved:
    stored = get_stored(form.definition, form.record)
    mine = _state(form)
    if stored is None:
        record = _create(form, mine, actor)
        rows_changed = _save_rows(form, record, form.row_values(), actor)
        _run(also, record)
        return Saved(record, has_changed=rows_changed or True)
    merged = _merge(form, stored, mine)
    if merged.clashes:
        return Saved(stored, clashes=merged.clashes)
    values, row_values = _with_theirs(form, stored, mine, merged)
    if merged.take_theirs:
        findings = form.definition.check({**values, **row_values}, form.context)
        if refused := only_hard(findings):
            return Saved(stored, refused=tuple(refused))
        values |= _status(stored, is_finished=_is_finished(form) and _stays_finished(form, values, findings))
    record = correct_record(
        stored,
        values,
        actor=actor,
        base_revision=stored.revision,
        action=_action(stored, values),
        reason=form.change_reason,
    )
    _save_rows(form, record, row_values, actor)
    if record.revision != stored.revision:
        _run(also, record)
    return Saved(record, has_changed=record.revision != stored.revision, took_theirs=bool(merged.take_theirs))


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


def _stays_finished(form: CrfForm, values: Mapping[str, Any], findings: Iterable[Finding]) -> bool:
    """Whether a form merged with a colleague's changes still has every needed item and answer."""
    has_all = all(not is_blank(values.get(name)) or name in values["absent"] for name in form.definition.model.REQUIRED)
    open_questions = [found for found in findings if found.severity is not Severity.HARD]
    return has_all and all(found.key in values["confirmed"] for found in open_questions)


def _status(record: CaseReportForm, *, is_finished: bool) -> dict[str, Any]:
    if not is_finished:
        return {"status": FormStatus.DRAFT}
    return {"status": FormStatus.COMPLETE, "completed_at": record.completed_at or clock.now()}


def _create(form: CrfForm, mine: Mapping[str, Any], actor: Actor) -> CaseReportForm:
    for name, value in {**mine, **_status(form.record, is_finished=_is_finished(form))}.items():
        form.record.set_value(name, value)
    return create_record(form.record, actor=actor, reason=form.change_reason)


def _action(stored: CaseReportForm, values: Mapping[str, Any]) -> str:
    if values["status"] == stored.status:
        return "correct" if stored.needs_reason else "edit"
    return "complete" if values["status"] == FormStatus.COMPLETE else "reopen"


def _merge(form: CrfForm, stored: CaseReportForm, mine: Mapping[str, Any]) -> Merge:
    if stored.revision == form.base_revision:
        return Merge(frozenset(), ())
    names = [*mine]
    base = flatten(
        {name: value for name, value in get_values_at(stored.pk, form.base_revision).items() if name in names}, _NESTED
    )
    theirs = flatten({name: value for name, value in stored.plain_values().items() if name in names}, _NESTED)
    own = flatten(plain_of(mine), _NESTED)
    own |= dict.fromkeys({*base, *theirs} - {*own})
    return _without_row_digest(merge(base, theirs, own), form, stored)


def _without_row_digest(found: Merge, form: CrfForm, stored: CaseReportForm) -> Merge:
    """Rows are compared one by one, so the digest over them is no clash of its own."""
    if form.definition.grid is None:
        return found
    rows = _merge_rows(form, stored)
    own = tuple(clash for clash in found.clashes if clash.field != "rows_digest")
    return Merge((found.take_theirs - {"rows_digest"}) | rows.take_theirs, own + rows.clashes)


def _merge_rows(form: CrfForm, stored: CaseReportForm) -> Merge:
    grid = form.definition.grid
    rows = get_rows(grid, stored)
    theirs = plain_of(get_row_values(grid, rows))
    base = {name: to_plain(value) for name, value in form.posted_base().items()}
    return merge(base, theirs, plain_of(form.row_values()))


def _with_theirs(
    form: CrfForm, stored: CaseReportForm, mine: Mapping[str, Any], merged: Merge
) -> tuple[dict[str, Any], dict[str, Any]]:
    values: dict[str, Any] = dict(mine)
    row_values = form.row_values()
    theirs_rows = (
        get_row_values(form.definition.grid, get_rows(form.definition.grid, stored)) if merged.take_theirs else {}
    )
    for name in merged.take_theirs:
        outer, _, key = name.partition(".")
        if outer in _NESTED:
            values[outer] = _take_key(values[outer], getattr(stored, outer), key)
        elif name in row_values:
            row_values[name] = theirs_rows.get(name)
        else:
            values[name] = stored.get_value(name)
    if form.definition.grid is not None:
        values["rows_digest"] = _digest_rows(row_values)
    return values | _status(stored, is_finished=_is_finished(form)), row_values


def _take_key(mine: Mapping[str, Any], theirs: Mapping[str, Any], key: str) -> dict[str, Any]:
    kept = {name: value for name, value in mine.items() if name != key}
    return kept | ({key: theirs[key]} if key in theirs else {})


def _save_rows(form: CrfForm, record: CaseReportForm, row_values: Mapping[str, Any], actor: Actor) -> bool:
    grid = form.definition.grid
    if grid is None:
        return False
    stored = get_rows(grid, record)
    changed = False
    for key, _ in grid.rows:
        values = {
            column: row_values.get(grid.input_name(key, column)) for column in grid.fields if grid.has_cell(key, column)
        }
        changed |= _save_row(grid, record, stored.get(key), key, values, form, actor)
    return changed


def _save_row(
    grid: Grid,
    record: CaseReportForm,
    row: ClinicalRecord | None,
    key: str,
    values: Mapping[str, Any],
    form: CrfForm,
    actor: Actor,
) -> bool:
    clean = {column: _blank_of(grid, column) if value is None else value for column, value in values.items()}
    if row is None:
        if all(is_blank(value) for value in clean.values()):
            return False
        create_record(grid.new(parent=record, key=key, **clean), actor=actor, reason=form.change_reason)
        return True
    before = row.revision
    return correct_record(row, clean, actor=actor, base_revision=before, reason=form.change_reason).revision != before


def _blank_of(grid: Grid, column: str) -> Any:
    """What an empty cell is stored as."""
    field: Any = grid.model._meta.get_field(column)
    return field.get_default()
