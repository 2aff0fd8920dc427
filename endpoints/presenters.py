"""Report pages as frozen values: what the templates show, decided here."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse

from endpoints.catalog import REPORTS, ReportKind
from endpoints.flow import Participant, PhaseFlow
from endpoints.layout import FigureLink, Listing, Report, Section, Table


@dataclass(frozen=True, slots=True)
class Cell:
    text: str
    is_number: bool
    is_repeated: bool = False
    """The same words as in the row above: printed, but paler."""


@dataclass(frozen=True, slots=True)
class TableView:
    caption: str
    columns: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]
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


def present_sections(kind: ReportKind, report: Report, query: str = "") -> list[SectionView]:
    """The sections; `query` is what links within the report carry on."""
    return [_present_section(kind, section, query) for section in report.sections]


def _present_section(kind: ReportKind, section: Section, query: str) -> SectionView:
    return SectionView(
        section.heading,
        section.lead,
        tuple(_present_figure(kind, figure, query) for figure in section.figures),
        tuple(_present_table(kind, table, query) for table in section.tables),
    )


def _present_figure(kind: ReportKind, figure: FigureLink, query: str) -> FigureView:
    url = reverse("report_figure", args=[kind.key, figure.key])
    return FigureView(figure.title, figure.description, figure.in_words, url + query)


def _present_table(kind: ReportKind, table: Table, query: str) -> TableView:
    columns = tuple(Cell(column.heading, column.is_number) for column in table.columns)
    above = ("", *(row[0] for row in table.rows))
    rows = tuple(
        tuple(
            Cell(text, column.is_number, is_repeated=place == 0 and text == before)
            for place, (text, column) in enumerate(zip(row, table.columns, strict=True))
        )
        for row, before in zip(table.rows, above, strict=False)
    )
    csv_url, xlsx_url = (reverse(name, args=[kind.key, table.key]) for name in ("report_table", "report_table_xlsx"))
    return TableView(table.caption, columns, rows, table.notes, csv_url + query, xlsx_url + query)


@dataclass(frozen=True, slots=True)
class ReportLink:
    title: str
    question: str
    url: str
    is_here: bool = False


def present_reports(here: str = "", query: str = "") -> list[ReportLink]:
    """Every report, in the order of reading; `query` is what the links carry on."""
    return [
        ReportLink(kind.title, kind.question, reverse("report", args=[kind.key]) + query, kind.key == here)
        for kind in REPORTS.values()
    ]


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
