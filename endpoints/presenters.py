"""Report pages as frozen values: what the templates show, decided here."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from django.urls import reverse

from endpoints.catalog import ReportKind, list_kinds
from endpoints.counted import PRESENT
from endpoints.flow import Participant, PhaseFlow
from endpoints.layout import Behind, Column, FigureLink, Listing, Report, Section, Table
from endpoints.selectors.record_states import RecordBehind


@dataclass(frozen=True, slots=True)
class Cell:
    text: str
    is_number: bool
    is_repeated: bool = False
    """The same words as in the row above: printed, but paler."""
    is_group: bool = False
    """Names the group of patients; where there is no room for both, it stands in for the cell before it."""
    line: str = ""
    """In a cell that names the first group: what the row is about."""
    url: str = ""
    """In a cell that counts patients: their values, from the page of the report."""
    name: str = ""
    """What the link is called."""


@dataclass(frozen=True, slots=True)
class RowView:
    """`url` leads from every number that has no link of its own to the patients behind the row."""

    cells: tuple[Cell, ...]
    url: str = ""


@dataclass(frozen=True, slots=True)
class TableView:
    """`is_grouped`: the second column names the group of patients, the first what the row is about."""

    caption: str
    is_grouped: bool
    columns: tuple[Cell, ...]
    rows: tuple[RowView, ...]
    notes: tuple[str, ...]
    csv_url: str
    xlsx_url: str


@dataclass(frozen=True, slots=True)
class FigureView:
    title: str
    description: str
    alt: str
    url: str


@dataclass(frozen=True, slots=True)
class SectionView:
    heading: str
    lead: str
    figures: tuple[FigureView, ...]
    tables: tuple[TableView, ...]


def present_sections(
    kind: ReportKind, report: Report, query: str = "", *, is_linked: bool = False
) -> list[SectionView]:
    """The sections; `query` is what links within the report carry on. `is_linked`: numbers lead to the patients they count."""
    return [_present_section(kind, section, query, is_linked=is_linked) for section in report.sections]


def _present_section(kind: ReportKind, section: Section, query: str, *, is_linked: bool) -> SectionView:
    return SectionView(
        section.heading,
        section.lead,
        tuple(_present_figure(kind, figure, query) for figure in section.figures),
        tuple(_present_table(kind, table, query, is_linked=is_linked) for table in section.tables),
    )


def _present_figure(kind: ReportKind, figure: FigureLink, query: str) -> FigureView:
    url = reverse("report_figure", args=[kind.key, figure.key])
    return FigureView(figure.title, figure.description, figure.in_words, url + query)


def _present_table(kind: ReportKind, table: Table, query: str, *, is_linked: bool) -> TableView:
    is_grouped = not table.columns[0].heading and not table.columns[1].is_number
    columns = tuple(
        Cell(column.heading, column.is_number, is_group=is_grouped and place == 1)
        for place, column in enumerate(table.columns)
    )
    above = ("", *(row[0] for row in table.rows))
    behind = table.behind if is_linked and table.behind else (None,) * len(table.rows)
    rows = tuple(
        _link_row(table, _present_row(table, row, is_grouped=is_grouped, is_repeated=row[0] == before), one, query)
        for row, before, one in zip(table.rows, above, behind, strict=False)
    )
    csv_url, xlsx_url = (reverse(name, args=[kind.key, table.key]) for name in ("report_table", "report_table_xlsx"))
    return TableView(table.caption, is_grouped, columns, rows, table.notes, csv_url + query, xlsx_url + query)


def _present_row(table: Table, row: tuple[str, ...], *, is_grouped: bool, is_repeated: bool) -> tuple[Cell, ...]:
    head, *others = (Cell(text, column.is_number) for text, column in zip(row, table.columns, strict=True))
    if is_grouped:
        others[0] = replace(others[0], is_group=True, line="" if is_repeated else head.text)
    return replace(head, is_repeated=is_repeated), *others


def _link_row(table: Table, row: tuple[Cell, ...], behind: Behind | None, query: str) -> RowView:
    """Each number of patients with a link to them, where any can be listed; all other numbers share the link of their row."""
    if behind is None:
        return RowView(row)
    place = f"../{behind.report}/patients/" if behind.report else "patients/"
    carried = _cut_to(query, behind.within) if behind.within else query
    start = f"{place}{carried}{'&' if carried else '?'}"
    about = ", ".join(cell.text for cell in row[: 2 if row[1].is_group else 1])
    linked = tuple(
        _link_cell(cell, column, behind, start, about) for cell, column in zip(row, table.columns, strict=True)
    )
    if any(column.at for column in table.columns):  # each number has patients of its own
        return RowView(linked)
    url = _ask(start, behind, PRESENT)
    if not any(cell.url == url for cell in linked):
        linked = (replace(linked[0], url=url, name=f"{about}: the patients"), *linked[1:])
    return RowView(linked, url)


def _link_cell(cell: Cell, column: Column, behind: Behind, start: str, about: str) -> Cell:
    number = cell.text.partition(" ")[0]
    if not column.which or not number.isdecimal() or number == "0":
        return cell
    url = _ask(start, replace(behind, **dict(column.at)), column.which)
    return replace(cell, url=url, name=f"{cell.text}, {column.heading}, {about}: the patients")


def _ask(start: str, behind: Behind, which: str) -> str:
    """The address of the patients that a number counts."""
    asked = {**{name: getattr(behind, name) for name in BEHIND}, "which": which}
    return start + urlencode({name: value for name, value in asked.items() if value})


def _cut_to(query: str, population: str) -> str:
    """What links carry on, with this set in the place of the one it names."""
    told = {name: value for name, value in parse_qsl(query.removeprefix("?")) if name != "set"}
    return f"?{urlencode({**told, 'set': population})}"


BEHIND = ("part", "outcome", "analysis", "visit", "group")
"""What an address says of the number whose patients it lists, beside which of them."""


@dataclass(frozen=True, slots=True)
class ReportLink:
    title: str
    question: str
    url: str
    is_here: bool = False


@dataclass(frozen=True, slots=True)
class SetLink:
    """An analysis set on which the report can be computed; `rule` says who is in it."""

    label: str
    rule: str
    url: str
    is_here: bool


@dataclass(frozen=True, slots=True)
class ReportFamily:
    """Reports that answer questions of one kind."""

    label: str
    reports: tuple[ReportLink, ...]

    @property
    def is_here(self) -> bool:
        return any(report.is_here for report in self.reports)


def group_reports(here: str = "", query: str = "", *, by_arm: bool) -> list[ReportFamily]:
    """The reports a person may read in their families, both in the order of reading; `query` is what the links carry on."""
    families: dict[str, list[ReportLink]] = {}
    for kind in list_kinds(by_arm=by_arm):
        link = ReportLink(kind.title, kind.question, reverse("report", args=[kind.key]) + query, kind.key == here)
        families.setdefault(kind.family, []).append(link)
    return [ReportFamily(label, tuple(reports)) for label, reports in families.items()]


@dataclass(frozen=True, slots=True)
class PatientLine:
    number: str
    url: str
    group: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class ListingView:
    columns: tuple[Cell, ...]
    lines: tuple[PatientLine, ...]


def present_listing(listing: Listing, patient_ids: Mapping[str, UUID]) -> ListingView:
    """The lines of a listing, each patient number leading to the casebook."""
    lines = tuple(
        PatientLine(
            row.number,
            reverse("casebook", args=[patient_ids[row.number]]),
            row.group,
            tuple(Cell(text, column.is_number) for text, column in zip(row.cells, listing.columns, strict=True)),
        )
        for row in listing.rows
    )
    return ListingView(tuple(Cell(column.heading, column.is_number) for column in listing.columns), lines)


@dataclass(frozen=True, slots=True)
class RecordLine:
    """One record behind a report. `is_changed` means since the snapshot that is shown."""

    number: str
    visit: str
    title: str
    url: str
    state: str
    history_url: str
    revision: int
    changed_at: datetime
    is_changed: bool


def present_records(
    records: Iterable[RecordBehind], numbers: Mapping[UUID, str], visits: Mapping[str, str], frozen_at: datetime | None
) -> list[RecordLine]:
    """By patient, in the order of the visits of the protocol; what belongs to no visit comes last."""
    order = {key: place for place, key in enumerate(visits)}
    lines = sorted(records, key=lambda one: (numbers[one.patient_id], order.get(one.visit_key or "", len(order))))
    return [
        RecordLine(
            number=numbers[one.patient_id],
            visit=visits.get(one.visit_key or "", one.visit_key or ""),
            title=one.title,
            url=_address_of(one),
            state=one.state.capitalize(),
            history_url=reverse("record_history", args=[one.form_key, one.record_id]),
            revision=one.revision,
            changed_at=one.changed_at,
            is_changed=frozen_at is not None and one.changed_at > frozen_at,
        )
        for one in lines
    ]


def _address_of(one: RecordBehind) -> str:
    if one.visit_id is not None:
        return reverse("visit_form", args=[one.visit_id, one.form_key])
    return reverse("patient_record", args=[one.patient_id, one.form_key, one.record_id])


@dataclass(frozen=True, slots=True)
class FlowWarning:
    """Why the flow diagram does not add up, with the patients whom the viewer may know."""

    sentence: str
    numbers: tuple[str, ...]


def present_problems(flows: Iterable[PhaseFlow], visible: Sequence[Participant]) -> list[FlowWarning]:
    known = {one.patient_id for one in visible}
    return [
        FlowWarning(
            f"{flow.label}: {problem.reason}.",
            tuple(one.number for one in problem.participants if one.patient_id in known),
        )
        for flow in flows
        for problem in flow.problems
    ]
