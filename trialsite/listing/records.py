"""The tables of what was entered: patients, visits, every form, and the rows of their grids."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from enrollment.models import Patient
from trialsite.listing.reading import NOWHERE, Reading, place
from trialsite.listing.table import Head, Table, columns_of
from trialsite.marks.selectors import get_marks
from trialsite.records.crf import CrfDefinition, Grid
from visits.selectors import FormState
from visits.shown_states import StateReader
from visits.visit import Visit

_IN_HEAD = ("revision", "patient", "visit")
Heads = Callable[[Sequence[Any]], Sequence[Head]]


def list_record_tables(reading: Reading) -> Iterator[Table]:
    yield Table(
        name="patients",
        title="Patients",
        rows=reading.patients,
        heads=lambda batch: [place((one.number, one.site_code), NOWHERE, one.status, one.revision) for one in batch],
        columns=columns_of(Patient, reading.protocol, but=("revision", "number", "site_code", "status")),
    )
    yield Table(
        name="visits",
        title="Visits",
        rows=reading.at_sites(Visit.objects.all(), "patient__site_code")
        .select_related("patient")
        .order_by("patient__number", "visited_on", "planned_key", "occasion", "pk"),
        heads=lambda batch: [
            place(_patient(one), (one.planned_key, str(one.occasion)), one.status, one.revision) for one in batch
        ],
        columns=columns_of(Visit, reading.protocol, but=(*_IN_HEAD, "planned_key", "occasion", "status")),
    )
    for definition in reading.definitions:
        yield _form_table(reading, definition)
        if definition.grid is not None:
            yield _grid_table(reading, definition, definition.grid)


def _form_table(reading: Reading, definition: CrfDefinition) -> Table:
    return Table(
        name=definition.key,
        title=definition.title,
        rows=_rows(reading, definition, definition.rows, ""),
        heads=_heads_of(reading, definition, lambda row: row),
        columns=columns_of(definition.model, reading.protocol, but=_IN_HEAD, form_key=definition.key),
    )


def _grid_table(reading: Reading, definition: CrfDefinition, grid: Grid) -> Table:
    """The rows of a grid; `parent_id` is the form they belong to, whose state is theirs."""
    return Table(
        name=f"{definition.key}_{grid.name}",
        title=f"{definition.title}: {grid.title}",
        rows=_rows(reading, definition, grid.stored_rows.select_related("parent"), "parent__"),
        heads=_heads_of(reading, definition, lambda row: row.parent),
        columns=columns_of(grid.model, reading.protocol, but=("revision",), form_key=definition.key),
    )


def _rows(reading: Reading, definition: CrfDefinition, rows: Any, path: str) -> Any:
    """By patient, visit and time of entry. `path` leads from a row to its form."""
    around = ("patient", "visit") if definition.kind == "visit" else ("patient",)
    by_visit = (f"{path}visit__visited_on", f"{path}visit__planned_key") if len(around) > 1 else ()
    order = (f"{path}patient__number", *by_visit, f"{path}recorded_at", f"{path}pk", *(("key",) if path else ()))
    found = reading.at_sites(rows, f"{path}patient__site_code")
    return found.select_related(*(f"{path}{name}" for name in around)).order_by(*order, "pk")


def _heads_of(reading: Reading, definition: CrfDefinition, form_of: Callable[[Any], Any]) -> Heads:
    """Heads of forms, or of rows of forms, in the state in which the forms are shown."""

    def heads(batch: Sequence[Any]) -> list[Head]:
        states = StateReader(get_marks({form_of(row).patient_id for row in batch}), [definition], reading.protocol)
        return [_head(states, definition, form_of(row), row.revision) for row in batch]

    return heads


def _head(states: StateReader, definition: CrfDefinition, form: Any, revision: int) -> Head:
    visit = form.visit if definition.kind == "visit" else None
    told = FormState(definition.key, form.pk, visit.pk if visit else None, form.status)
    where = (visit.planned_key, str(visit.occasion)) if visit else NOWHERE
    return place(_patient(form), where, states.state_of(told, form.patient_id).value, revision)


def _patient(record: Any) -> tuple[str, str]:
    return record.patient.number, record.patient.site_code
