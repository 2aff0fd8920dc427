"""Pages as frozen values: what a template shows, decided here."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, lru_cache
from uuid import UUID

from django.urls import reverse
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from enrollment.models import Patient
from trialsite.protocol.model import PlannedVisit
from trialsite.records.crf import CrfDefinition
from visits.crfs.registry import CRFS
from visits.schedule import ScheduledVisit, Standing
from visits.selectors import FormState
from visits.visit import Visit, VisitStatus

# What the signs of the cells mean, in the order a form goes through them.
LEGEND = (
    ("empty", "to be entered"),
    ("optional", "optional"),
    ("draft", "draft"),
    ("complete", "complete"),
    ("verified", "verified"),
    ("signed", "signed"),
    ("frozen", "frozen"),
    ("locked", "locked"),
    ("overdue", "overdue"),
    ("later", "later"),
    ("missed", "visit missed"),
)
LATE = ", entered late"
_LATE_MARK = mark_safe(' <span class="late-mark" aria-hidden="true">late</span>')
QueryCounts = Mapping[tuple[str, UUID | None], int]
_TAGS = {
    Standing.DUE: "due",
    Standing.OVERDUE: "overdue",
    Standing.EARLY: "early",
    Standing.ATTENDED: "done",
    Standing.OUT_OF_WINDOW: "out",
    Standing.MISSED: "missed",
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One form at one visit: the class decides the sign, the words say it to a screen reader."""

    state: str
    words: str
    url: str = ""
    queries: int = 0
    is_late: bool = False

    @property
    def sign(self) -> SafeString:
        """As it stands in the grid: a link where there is something to open."""
        before, after = _sign(self.state, self.words, self.queries, self.is_late)
        return before + escape(self.url) + after if self.url else _sign_alone(self.state, self.words)

    def line(self, title: str) -> SafeString:
        """As it stands in the list of a visit, with the name of the form."""
        before, after = _line_of(title, self.state, self.words, self.queries, self.is_late)
        return before + escape(self.url) + after if self.url else _line_alone(title, self.state, self.words)


# A casebook shows hundreds of cells in a few states: what they have in common is written once, around the place for the address.


def _marks(queries: int, is_late: bool) -> SafeString:
    asked = format_html(' <span class="query-mark" aria-hidden="true">{}?</span>', queries) if queries else ""
    return mark_safe(asked + (_LATE_MARK if is_late else ""))  # noqa: S308  # both are safe already


@lru_cache
def _sign(state: str, words: str, queries: int, is_late: bool) -> tuple[SafeString, SafeString]:
    mark = _marks(queries, is_late)
    after = format_html('" title="{}"><span class="visually-hidden">{}</span>{}</a></td>', words, words, mark)
    return format_html('<td><a class="cell cell-{}" href="', state), after


@lru_cache
def _sign_alone(state: str, words: str) -> SafeString:
    return format_html(
        '<td><span class="cell cell-{}"><span class="visually-hidden">{}</span></span></td>', state, words
    )


@lru_cache(maxsize=1024)
def _line_of(title: str, state: str, words: str, queries: int, is_late: bool) -> tuple[SafeString, SafeString]:
    mark = _marks(queries, is_late)
    after = format_html('">{}<span class="visually-hidden">: {}</span>{}</a></li>', title, words, mark)
    return format_html('<li><a class="cell cell-{}" href="', state), after


@lru_cache(maxsize=1024)
def _line_alone(title: str, state: str, words: str) -> SafeString:
    return format_html(
        '<li><span class="cell cell-{}">{}<span class="visually-hidden">: {}</span></span></li>', state, title, words
    )


def _join(parts: Iterable[SafeString]) -> SafeString:
    return mark_safe("".join(parts))  # noqa: S308  # every part is safe already


@dataclass(frozen=True, slots=True)
class Column:
    """One visit at the head of the casebook."""

    label: str
    when: str
    standing: str
    tag: str
    url: str
    key: str
    visit_id: UUID | None


@dataclass(frozen=True, slots=True)
class Row:
    title: str
    cells: tuple[Cell, ...]

    @property
    def signs(self) -> SafeString:
        return _join(cell.sign for cell in self.cells)


@dataclass(frozen=True, slots=True)
class Log:
    """A form a patient has once or many times, with how many are stored."""

    title: str
    url: str
    count: int
    drafts: int
    queries: int = 0


@dataclass(frozen=True, slots=True)
class Casebook:
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    logs: tuple[Log, ...]
    legend: tuple[tuple[str, str], ...] = LEGEND

    @property
    def by_visit(self) -> tuple[tuple[Column, SafeString], ...]:
        """The same turned round, for a narrow screen: each visit with the lines of the forms that are planned or stored there."""
        titles = [row.title for row in self.rows]
        turned = zip(*(row.cells for row in self.rows), strict=True) if self.rows else [()] * len(self.columns)
        return tuple(
            (column, _join(cell.line(title) for title, cell in zip(titles, cells, strict=True) if cell.state != "none"))
            for column, cells in zip(self.columns, turned, strict=True)
        )

    @property
    def next_visit(self) -> Column | None:
        return next((column for column in self.columns if column.tag in {"due", "overdue", "early"}), None)


def present_casebook(
    patient: Patient,
    schedule: list[ScheduledVisit],
    visits: list[Visit],
    states: list[FormState],
    definitions: list[CrfDefinition],
    conditions: frozenset[str],
    queries: QueryCounts,
) -> Casebook:
    """The grid of one patient: visits across, forms down. `queries` counts those that are not closed."""
    recorded = {visit.planned_key: visit for visit in visits if visit.occasion == 1}
    stored = {(state.form_key, state.visit_id): state for state in states}
    places = [
        _planned_place(patient, scheduled, recorded.get(scheduled.planned.key), conditions) for scheduled in schedule
    ]
    for visit in visits:
        if _is_unscheduled(visit, schedule):
            _insert_by_day(places, _extra_place(visit))
    rows = [_row(definition, places, stored, queries) for definition in definitions if definition.kind == "visit"]
    logs = tuple(_log(patient, definition, states, queries) for definition in definitions if definition.kind != "visit")
    return Casebook(
        tuple(place.column for place in places),
        tuple(row for row in rows if any(cell.state != "none" for cell in row.cells)),
        logs,
    )


@dataclass(frozen=True, slots=True)
class _Place:
    """A visit on its way into the grid: its head, the day it was, the forms due (key -> required) and how it stands."""

    column: Column
    visited_on: date | None
    due: Mapping[str, bool]
    standing: Standing


def _planned_place(
    patient: Patient, scheduled: ScheduledVisit, visit: Visit | None, conditions: frozenset[str]
) -> _Place:
    due = {form.form: form.is_required for form in scheduled.planned.forms_due(conditions)}
    return _Place(_planned_column(patient, scheduled, visit), scheduled.visited_on, due, scheduled.standing)


def _extra_place(visit: Visit) -> _Place:
    """Between the planned visits any form may be filled in, and none must."""
    return _Place(_extra_column(visit), visit.visited_on, dict.fromkeys(CRFS, False), Standing.ATTENDED)


def _insert_by_day(places: list[_Place], extra: _Place) -> None:
    """Put an unscheduled visit behind the last visit that took place on its day or before."""
    before = [
        index
        for index, place in enumerate(places)
        if place.visited_on and extra.visited_on and place.visited_on <= extra.visited_on
    ]
    places.insert(1 + max(before, default=-1), extra)


def _row(
    definition: CrfDefinition,
    places: list[_Place],
    stored: dict[tuple[str, UUID | None], FormState],
    queries: QueryCounts,
) -> Row:
    cells = [
        _with_queries(
            _cell(definition, place.column, place.due.get(definition.key), stored, place.standing),
            queries.get((definition.key, place.column.visit_id), 0),
        )
        for place in places
    ]
    return Row(definition.title, tuple(cells))


def _is_unscheduled(visit: Visit, schedule: list[ScheduledVisit]) -> bool:
    return visit.planned_key not in {scheduled.planned.key for scheduled in schedule}


def _planned_column(patient: Patient, scheduled: ScheduledVisit, visit: Visit | None) -> Column:
    planned = scheduled.planned
    return Column(
        label=planned.label,
        when=_when(scheduled),
        standing=scheduled.standing.value,
        tag=_TAGS.get(scheduled.standing, "none"),
        url=reverse("visit", args=(visit.pk,)) if visit else reverse("planned_visit", args=(patient.pk, planned.key)),
        key=planned.key,
        visit_id=visit.pk if visit else None,
    )


def _when(scheduled: ScheduledVisit) -> str:
    if scheduled.visited_on:
        return f"{scheduled.visited_on:%Y-%m-%d}"
    window = scheduled.window
    if window is None or scheduled.standing is Standing.NOT_EXPECTED:
        return ""
    return f"{window.target_on:%Y-%m-%d}"


def _extra_column(visit: Visit) -> Column:
    return Column(
        label=f"Unscheduled {visit.occasion}",
        when=f"{visit.visited_on:%Y-%m-%d}" if visit.visited_on else "",
        standing="attended",
        tag="done",
        url=reverse("visit", args=(visit.pk,)),
        key=visit.planned_key,
        visit_id=visit.pk,
    )


def _cell(
    definition: CrfDefinition,
    column: Column,
    required: bool | None,
    stored: dict[tuple[str, UUID | None], FormState],
    standing: Standing,
) -> Cell:
    url = form_url(column.visit_id, definition) if column.visit_id else column.url
    state = stored.get((definition.key, column.visit_id)) if column.visit_id else None
    if state:
        return Cell(state.status, f"{state.status}{LATE if state.is_late else ''}", url, is_late=state.is_late)
    if required is None or standing is Standing.NOT_EXPECTED:
        return Cell("none", "not planned")
    if standing is Standing.MISSED:
        return Cell("missed", "visit missed")
    if standing in {Standing.NOT_YET, Standing.EARLY}:
        return Cell("later", "later", url)
    if not required:
        return Cell("optional", "optional", url)
    return Cell("overdue", "overdue", url) if standing is Standing.OVERDUE else Cell("empty", "to be entered", url)


def _with_queries(cell: Cell, count: int) -> Cell:
    return replace(cell, queries=count, words=f"{cell.words}, {say_queries(count)}") if count else cell


def say_queries(count: int) -> str:
    return "1 data query" if count == 1 else f"{count} data queries"


def _log(patient: Patient, definition: CrfDefinition, states: list[FormState], queries: QueryCounts) -> Log:
    mine = [state for state in states if state.form_key == definition.key]
    return Log(
        title=definition.title,
        url=reverse("patient_log", args=(patient.pk, definition.key)),
        count=len(mine),
        drafts=sum(state.status == "draft" for state in mine),
        queries=queries.get((definition.key, None), 0),
    )


@dataclass(frozen=True, slots=True)
class FormLine:
    """A form on the page of one visit."""

    title: str
    url: str
    state: str
    words: str
    is_required: bool
    queries: int = 0


def present_visit_forms(
    visit: Visit,
    planned: PlannedVisit,
    conditions: frozenset[str],
    states: list[FormState],
    definitions: list[CrfDefinition],
    queries: QueryCounts,
) -> list[FormLine]:
    """The forms of a visit in protocol order; forms stored though not planned come last."""
    if visit.status == VisitStatus.MISSED:
        return []
    stored = {state.form_key: state.status for state in states if state.visit_id == visit.pk}
    by_key = {definition.key: definition for definition in definitions if definition.kind == "visit"}
    due = {form.form: form.is_required for form in planned.forms_due(conditions)}
    keys = [key for key in due if key in by_key] + [
        key for key in by_key if key not in due and (key in stored or planned.kind == "unscheduled")
    ]
    return [
        _line(visit, by_key[key], due.get(key, False), stored.get(key, ""), queries.get((key, visit.pk), 0))
        for key in keys
    ]


def _line(visit: Visit, definition: CrfDefinition, is_required: bool, status: str, queries: int) -> FormLine:
    words = status or ("to be entered" if is_required else "optional")
    state = status or ("empty" if is_required else "optional")
    return FormLine(definition.title, form_url(visit.pk, definition), state, words, is_required, queries)


@cache
def _form_address(name: str) -> str:
    """The address of forms with places for visit and key: to look it up takes longer than anything else about a cell."""
    visit, key = UUID(int=0), "any_form"
    return reverse(name, args=(visit, key)).replace(str(visit), "{visit}").replace(key, "{key}")


def form_url(visit_id: UUID, definition: CrfDefinition) -> str:
    """Where a form of a visit is entered; restricted forms have an address of their own."""
    address = _form_address("restricted_form" if definition.is_restricted else "visit_form")
    return address.format(visit=visit_id, key=definition.key)


def day_words(scheduled: ScheduledVisit, today: date) -> str:
    """When to see the patient, in words: "due until 2011-04-06", "3 days overdue"."""
    window = scheduled.window
    if window is None:
        return "open"
    if scheduled.standing is Standing.OVERDUE:
        return f"{(today - window.latest_on).days} days overdue"
    if scheduled.standing is Standing.EARLY:
        return f"opens {window.earliest_on:%Y-%m-%d}"
    return f"due until {window.latest_on:%Y-%m-%d}"
