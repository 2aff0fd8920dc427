"""A table as an Excel workbook: the table on one sheet, the manifest on another. Pure.

Numbers are numbers and look as on the page; everything else is text, so nothing in it can run. The same table and manifest
always give the same bytes.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from io import BytesIO

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from endpoints.layout import Table

_NUMBER = re.compile(r"[+-]?\d+(?:\.(\d+))?(?:[eE][+-]?\d+)?")
_TEXT_ALONE = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
_CREATED = datetime(2000, 1, 1)  # noqa: DTZ001 - a workbook knows no zone; a fixed moment, for the same bytes
_DIGITS_SHOWN = 15
"""Excel shows no more and reckons with some two digits beyond; what is longer it prints as it likes. Every digit stands in the CSV file."""
_WIDEST = 60


def write_xlsx(table: Table, manifest: Sequence[tuple[str, str]]) -> bytes:
    """The workbook. Raises `ValueError` for a table that does not fit a sheet."""
    buffer = BytesIO()
    with Workbook(buffer, _TEXT_ALONE) as book:
        book.set_properties({"created": _CREATED, "title": table.caption})
        _fill_table(book, book.add_worksheet("Table"), table)
        _fill_manifest(book, book.add_worksheet("About"), manifest)
        _sign_sheets(book, dict(manifest))
    return buffer.getvalue()


def _sign_sheets(book: Workbook, told: Mapping[str, str]) -> None:
    """For whom and when, on every sheet of paper; what a snapshot freezes says neither, for it is the same whoever takes it."""
    words = " · ".join(told[name] for name in ("Made for", "Made at") if name in told)
    if "Made at" in told:
        for sheet in book.worksheets():
            sheet.set_footer("&L&8" + words.replace("&", "&&"))


def _fill_table(book: Workbook, sheet: Worksheet, table: Table) -> None:
    heading = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
    shapes: dict[str, Format] = {}
    for column, one in enumerate(table.columns):
        _write_text(sheet, 0, column, one.heading, heading)
        cells = [one.heading, *(row[column] for row in table.rows)]
        sheet.set_column(column, column, min(_WIDEST, 2 + max(map(len, cells))))
    for number, row in enumerate(table.rows, start=1):
        for column, cell in enumerate(row):
            shape = _shape_of(cell) if table.columns[column].is_number else None
            if shape is None:
                _write_text(sheet, number, column, cell)
                continue
            if shape not in shapes:
                shapes[shape] = book.add_format({"num_format": shape, "align": "right"})
            _check(sheet.write_number(number, column, float(cell), shapes[shape]))
    sheet.freeze_panes(1, 1)


def _fill_manifest(book: Workbook, sheet: Worksheet, manifest: Sequence[tuple[str, str]]) -> None:
    bold = book.add_format({"bold": True, "valign": "top"})
    wrapped = book.add_format({"text_wrap": True})
    sheet.set_column(0, 0, 36)
    sheet.set_column(1, 1, 90)
    for number, (name, value) in enumerate(manifest):
        _write_text(sheet, number, 0, name, bold)
        _write_text(sheet, number, 1, value, wrapped)


def _shape_of(cell: str) -> str | None:
    """How Excel prints this number as it stands here; None for what is no number."""
    found = _NUMBER.fullmatch(cell)
    if found is None:
        return None
    if "e" in cell.lower() or sum(character.isdigit() for character in cell) > _DIGITS_SHOWN:
        return "General"
    return "0." + "0" * len(found.group(1)) if found.group(1) else "0"


def _write_text(sheet: Worksheet, row: int, column: int, text: str, shape: Format | None = None) -> None:
    if text:
        _check(sheet.write_string(row, column, text, shape))


def _check(answer: int) -> None:
    if answer:
        raise ValueError("This table is too large for a sheet of Excel. Take the CSV file instead.")
