"""The whole report for paper: every table and figure numbered through, decided here for PDF and DOCX alike."""

import base64
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

from endpoints.code_version import get_code_version
from endpoints.layout import FigureLink, Section, Table
from endpoints.views.desk import Desk
from endpoints.views.marking import end_name
from endpoints.views.whole import WholeReport
from trialsite.lib import clock

OnReport = Callable[[int, int, str], None]
SHORT = 15
"""So many rows of a table are kept on one page."""
_DIGITS = 16
_LIST = re.compile(r"Allocation list of phase (\d+), SHA-256")


@dataclass(frozen=True, slots=True)
class NumberedFigure:
    anchor: str
    title: str
    description: str
    words: str
    """Its content, for those who cannot see it."""
    source: str
    """The SVG file as an address that holds it."""


@dataclass(frozen=True, slots=True)
class Cell:
    text: str
    is_number: bool


@dataclass(frozen=True, slots=True)
class NumberedTable:
    anchor: str
    title: str
    table: Table

    @property
    def is_short(self) -> bool:
        """Whether it is never torn over two pages."""
        return len(self.table.rows) <= SHORT

    @property
    def rows(self) -> list[list[Cell]]:
        kinds = [column.is_number for column in self.table.columns]
        return [[Cell(text, kind) for text, kind in zip(row, kinds, strict=True)] for row in self.table.rows]


@dataclass(frozen=True, slots=True)
class PaperSection:
    heading: str
    lead: str
    figures: tuple[NumberedFigure, ...]
    tables: tuple[NumberedTable, ...]


@dataclass(frozen=True, slots=True)
class PaperReport:
    anchor: str
    title: str
    question: str
    sections: tuple[PaperSection, ...]
    notes: tuple[str, ...]
    is_empty: bool


@dataclass(frozen=True, slots=True)
class PaperFamily:
    label: str
    reports: tuple[PaperReport, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportBook:
    """A whole report ready to be set."""

    trial: str
    title: str
    running_head: str
    running_foot: str
    standing: str
    manifest: tuple[tuple[str, str], ...]
    families: tuple[PaperFamily, ...]
    file_stem: str

    @property
    def tables(self) -> list[NumberedTable]:
        return [table for section in self._sections for table in section.tables]

    @property
    def figures(self) -> list[NumberedFigure]:
        return [figure for section in self._sections for figure in section.figures]

    @property
    def _sections(self) -> Iterator[PaperSection]:
        for family in self.families:
            for report in family.reports:
                yield from report.sections


@dataclass
class _Counter:
    """Numbers tables and figures through the whole report."""

    tables: int = 0
    figures: int = 0
    with_figures: bool = True

    def number_table(self, table: Table) -> NumberedTable:
        self.tables += 1
        return NumberedTable(f"table-{self.tables}", f"Table {self.tables}. {table.caption}", table)

    def number_figure(self, desk: Desk, figure: FigureLink) -> NumberedFigure:
        self.figures += 1
        svg = desk.draw(figure.key) or b""
        source = f"data:image/svg+xml;base64,{base64.b64encode(svg).decode()}"
        title = f"Figure {self.figures}. {figure.title}"
        return NumberedFigure(f"figure-{self.figures}", title, figure.description, figure.in_words, source)


def make_report_book(whole: WholeReport, on_report: OnReport, *, with_figures: bool) -> ReportBook:
    """Compute every report and draw its figures; `on_report` hears of each."""
    counter = _Counter(with_figures=with_figures)
    made = []
    for done, desk in enumerate(whole.desks):
        on_report(done, len(whole.desks) + 1, desk.kind.title)
        made.append((desk.kind.family, _make_report(desk, counter)))
    families = tuple(
        PaperFamily(label, tuple(report for _, report in pairs))
        for label, pairs in groupby(made, key=lambda one: one[0])
    )
    manifest, first = dict(whole.manifest), whole.desks[0]
    trial = manifest["Trial"]
    arms = whole.stamp.replace(" ", "-")
    frozen = f"-snapshot-{first.snapshot.serial}" if first.snapshot else ""
    return ReportBook(
        trial=trial,
        title=f"Statistical report, {first.given.protocol.acronym}",
        running_head=" · ".join(_list_head(whole, trial)),
        running_foot=f"{trial}: statistical report, {whole.stamp}{_say_for_whom(manifest)}",
        standing=whole.standing,
        manifest=whole.manifest,
        families=families,
        file_stem=f"{first.given.protocol.key}{frozen}-report-{arms}{end_name(first, clock.now())}",
    )


def _say_for_whom(manifest: Mapping[str, str]) -> str:
    """On every page for whom and when; not of a snapshot, which is the same paper for everybody and at any time."""
    return f", for {manifest['Made for']}, {manifest['Made at']}" if "Made at" in manifest else ""


def _list_head(whole: WholeReport, trial: str) -> Iterator[str]:
    """Digests by their first digits; they stand in full on the first page."""
    snapshot = whole.desks[0].snapshot
    yield trial
    yield f"snapshot {snapshot.serial}, SHA-256 {snapshot.sha256[:_DIGITS]}" if snapshot else "no snapshot"
    yield f"code {get_code_version()}"
    for name, value in whole.manifest:
        if found := _LIST.match(name):
            yield f"list of phase {found.group(1)} {value[:_DIGITS]}"
    yield whole.stamp


def _make_report(desk: Desk, counter: _Counter) -> PaperReport:
    report = desk.build()
    sections = tuple(_make_section(desk, section, counter) for section in report.sections)
    return PaperReport(
        desk.kind.key, desk.kind.title, desk.kind.question, sections, tuple(report.notes), report.is_empty
    )


def _make_section(desk: Desk, section: Section, counter: _Counter) -> PaperSection:
    figures = section.figures if counter.with_figures else ()
    return PaperSection(
        section.heading,
        section.lead,
        tuple(counter.number_figure(desk, figure) for figure in figures),
        tuple(counter.number_table(table) for table in section.tables),
    )
