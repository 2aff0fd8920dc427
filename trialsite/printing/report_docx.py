"""The tables of the whole report as a Word document; the same tables give the same bytes. Imported in the worker alone."""

import re
from collections.abc import Iterable
from datetime import datetime
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import docx
from docx.document import Document
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from docx.table import Table as WordTable
from docx.table import _Row as WordRow
from docx.text.paragraph import Paragraph

from endpoints.layout import Table
from trialsite.printing.report import NumberedTable, PaperReport, ReportBook

_MOMENT = datetime(2000, 1, 1)  # noqa: DTZ001 - Word knows no zone; a fixed moment, for the same bytes
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_SMALL, _TEXT = Pt(7), Pt(8.5)
_WIDTH, _NUMBER, _DIGIT, _LETTER, _MARGIN = 267, 19, 1.6, 2, 6
"""Millimetres: of the page between its margins, of a column of numbers at most, of a digit and of a letter with what
makes up for wide ones, of what a cell keeps free."""
_LONG = 60
"""A cell of more letters than these wraps."""
_BEGUN = 3
"""A long table begins with its head and as many rows as make it this many, and one more; else on the next page."""


def write_docx(book: ReportBook, target: Path) -> None:
    """Headings, and every table under its number; the running head says what the page head of the PDF says."""
    document = docx.Document()
    _set_page(document, book)
    document.add_heading(book.title, 0)
    for name, value in book.manifest:
        document.add_paragraph(_clean(f"{name}: {value}"))
    for family in book.families:
        document.add_heading(family.label, 1)
        for report in family.reports:
            if report.title != family.label:
                document.add_heading(report.title, 2)
            _add_report(document, report)
    buffer = BytesIO()
    document.save(buffer)
    _settle(buffer, target)


def _add_report(document: Document, report: PaperReport) -> None:
    for section in report.sections:
        document.add_heading(section.heading, 3)
        if section.lead:
            document.add_paragraph(_clean(section.lead)).paragraph_format.keep_with_next = True
        for numbered in section.tables:
            _add_table(document, numbered)
    if report.notes:
        document.add_heading("What the numbers rest on", 3)
    for note in report.notes:
        document.add_paragraph(_clean(note), style="List Bullet")


def _set_page(document: Document, book: ReportBook) -> None:
    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Mm(297), Mm(210)
    section.left_margin = section.right_margin = Mm(15)
    section.header.paragraphs[0].text = _clean(book.running_head)
    _add_foot(section.footer.paragraphs[0], book.running_foot)
    document.styles["Normal"].font.size, document.styles["Normal"].font.name = _TEXT, "Arial"
    told = document.core_properties
    told.title, told.author, told.comments = book.title, "Trialsite", ""
    told.created = told.modified = _MOMENT


def _add_foot(paragraph: Paragraph, text: str) -> None:
    """The words, and the page of the pages, which the reader's program counts."""
    paragraph.add_run(_clean(f"{text}, page "))
    _add_field(paragraph, "PAGE")
    paragraph.add_run(" of ")
    _add_field(paragraph, "NUMPAGES")


def _add_field(paragraph: Paragraph, name: str) -> None:
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), name)
    paragraph._p.append(field)


def _add_table(document: Document, numbered: NumberedTable) -> None:
    table = numbered.table
    caption = document.add_paragraph(_clean(numbered.title), style="Caption")
    caption.paragraph_format.keep_with_next, caption.paragraph_format.space_before = True, _TEXT
    made = document.add_table(rows=1 + len(table.rows), cols=len(table.columns), style="Light Grid Accent 1")
    headings = tuple(column.heading for column in table.columns)
    for row, cells in zip(made.rows, (headings, *table.rows), strict=True):
        for place, (cell, text) in enumerate(zip(row.cells, cells, strict=True)):
            _fill(cell.paragraphs[0], text, is_number=table.columns[place].is_number)
    _repeat_head(made)
    _set_widths(made, table)
    _keep_together(made.rows[: None if table.notes else -1] if numbered.is_short else made.rows[:_BEGUN])
    for note in table.notes:
        document.add_paragraph(_clean(note)).runs[0].font.size = _SMALL


def _fill(paragraph: Paragraph, text: str, *, is_number: bool) -> None:
    run = paragraph.add_run(_clean(text))
    run.font.size = _SMALL
    if is_number:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT


def _keep_together(rows: Iterable[WordRow]) -> None:
    """These rows stand on one page with the row after them."""
    for row in rows:
        for cell in row.cells:
            cell.paragraphs[0].paragraph_format.keep_with_next = True


def _repeat_head(made: WordTable) -> None:
    """The headings stand on every page that the table reaches."""
    made.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))


def _set_widths(made: WordTable, table: Table) -> None:
    """No row is torn over two pages."""
    made.autofit = False
    widths = [Mm(width) for width in _share_width(table)]
    for column, width in zip(made.columns, widths, strict=True):
        column.width = width
    for row in made.rows:
        row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
        for cell, width in zip(row.cells, widths, strict=True):
            cell.width = width


def _share_width(table: Table) -> list[float]:
    """Millimetres of each column: numbers get as much as they need, words share the rest, each by its longest cell."""
    longest = [max(len(text) for text in texts) for texts in zip(*_lines_of(table), strict=True)]
    numbers = [_need_of_numbers(table, place) if one.is_number else 0 for place, one in enumerate(table.columns)]
    spare = _WIDTH - sum(numbers)
    words = sum(min(length, _LONG) for length, number in zip(longest, numbers, strict=True) if not number)
    return [
        number or min(spare * min(length, _LONG) / words, _LETTER * length + _MARGIN)
        for length, number in zip(longest, numbers, strict=True)
    ]


def _need_of_numbers(table: Table, place: int) -> float:
    """A heading may wrap between its words, a number should not."""
    texts = [*table.columns[place].heading.split(), *(row[place] for row in table.rows)]
    return min(_NUMBER, _DIGIT * max(map(len, texts), default=0) + _MARGIN)


def _lines_of(table: Table) -> list[tuple[str, ...]]:
    return [tuple(column.heading or " " for column in table.columns), *table.rows]


def _clean(text: str) -> str:
    """Without characters that no XML file may hold."""
    return _CONTROL.sub("", text)


def _settle(buffer: BytesIO, target: Path) -> None:
    """The archive with one fixed moment for all its parts."""
    with ZipFile(buffer) as made, ZipFile(target, "w", ZIP_DEFLATED) as settled:
        for part in made.infolist():
            info = ZipInfo(part.filename, (2000, 1, 1, 0, 0, 0))
            info.compress_type = ZIP_DEFLATED
            settled.writestr(info, made.read(part.filename))
