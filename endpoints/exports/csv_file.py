"""A table as a CSV file that a spreadsheet can open without running anything in it. Pure."""

import csv
import re
from collections.abc import Sequence
from io import StringIO

from endpoints.layout import Table

_FORMULA = re.compile(
    r"[=+\-@\t\r\n'\uff1d\uff0b\uff0d\uff20]"
)  # also in full width, which some spreadsheets take for the same
_NUMBER = re.compile(r"[+-]?(\d+(\.\d+)?([eE][+-]?\d+)?|∞|Inf)")


def make_safe(cell: str) -> str:
    """The cell, with an apostrophe before anything that a spreadsheet would take for a formula. Numbers stay numbers.

    A cell that begins with an apostrophe gets a second one, so that nothing is lost: whoever takes one away from each cell that begins
    with one has the text as it was.
    """
    if _FORMULA.match(cell) and not _NUMBER.fullmatch(cell):
        return f"'{cell}"
    return cell


def write_csv(table: Table, manifest: Sequence[tuple[str, str]]) -> str:
    """The manifest as lines that begin with #, then headings, then rows; UTF-8 with a byte order mark for spreadsheets."""
    buffer = StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    for name, value in manifest:
        writer.writerow([f"# {name}: {' '.join(value.split())}"])
    for row in ([column.heading for column in table.columns], *table.rows):
        writer.writerow([make_safe(cell) for cell in row])
    return "\ufeff" + buffer.getvalue()
