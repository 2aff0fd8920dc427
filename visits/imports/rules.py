"""Reading an uploaded file as rows of named cells, or saying in sentences why it cannot be. Pure."""

import csv
import difflib
import io
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

PATIENT, VISIT = "patient", "visit"
MOST_BYTES, MOST_ROWS = 1_000_000, 300
_SPREADSHEETS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


class FileRefusedError(Exception):
    """The file is not what it should be: `sentences` say why and what to do."""

    def __init__(self, *sentences: str) -> None:
        self.sentences = sentences
        super().__init__(" ".join(sentences))


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the file: column -> what stands there, without the spaces around; empty cells are left out."""

    line: int
    patient: str
    visit: str
    cells: Mapping[str, str]


def read_text(content: bytes) -> str:
    """The text of an uploaded file."""
    if len(content) > MOST_BYTES:
        raise FileRefusedError(f"The file is larger than {MOST_BYTES // 1_000_000} MB. Split it.")
    if not content.strip():
        raise FileRefusedError("The file is empty. Choose the file with the readings.")
    if content.startswith(_SPREADSHEETS):
        raise FileRefusedError(
            "This is a spreadsheet, whatever its name says. Save it as CSV (UTF-8, comma) and choose that file."
        )
    if content.startswith(_UTF_16):
        raise FileRefusedError("This is text in UTF-16. Save it as CSV in UTF-8 and choose that file.")
    if b"\0" in content:
        raise FileRefusedError("This is not a text file. Choose a CSV file.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileRefusedError(
            f"The file is not in UTF-8 (byte {error.start + 1}). Save it as CSV in UTF-8, so that no letter is misread."
        ) from error


def read_rows(text: str, columns: Collection[str]) -> list[Row]:
    """The rows of a file. `columns` are the items of the form, by the names of the data dictionary."""
    lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        head = [cell.strip() for cell in next(lines, [])]
        _check_head(head, columns)
        found = [
            (lines.line_num, cells) for cells in islice(lines, MOST_ROWS + 1) if any(cell.strip() for cell in cells)
        ]
    except csv.Error as error:
        raise FileRefusedError(
            f"Line {lines.line_num} cannot be read as CSV ({error}). Check its quotation marks."
        ) from error
    if not found:
        raise FileRefusedError("The file has a line of column names and no reading below it.")
    if len(found) > MOST_ROWS:
        raise FileRefusedError(f"The file has more than {MOST_ROWS} lines. Split it.")
    wrong = [
        f"Line {line} has {len(cells)} cells, the first line names {len(head)} columns."
        for line, cells in found
        if len(cells) != len(head)
    ]
    if wrong:
        raise FileRefusedError(*wrong)
    return [_make_row(line, dict(zip(head, cells, strict=True))) for line, cells in found]


def _check_head(head: Sequence[str], columns: Collection[str]) -> None:
    if len(head) == 1 and any(mark in head[0] for mark in (";", "\t")):
        mark = "semicolons" if ";" in head[0] else "tabs"
        raise FileRefusedError(f"The columns are parted by {mark}. Save the file as CSV with commas.")
    known = {PATIENT, VISIT, *columns}
    sentences = [
        f"The column {name[:40] or 'without a name'} is no item of this form{_suggest(name, known)}."
        for name in head
        if name not in known
    ]
    sentences += [
        f"The column {name[:40]} is there twice." for name in dict.fromkeys(head) if name and head.count(name) > 1
    ]
    sentences += [f"The column {name} is missing." for name in (PATIENT, VISIT) if name not in head]
    if not sentences and len(head) == 2:
        sentences.append("Beside patient and visit there is no column with readings.")
    if sentences:
        raise FileRefusedError(*sentences)


def _suggest(name: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(name[:80], known, n=1)
    return f"; did you mean {near[0]}?" if near else ""


def _make_row(line: int, cells: Mapping[str, str]) -> Row:
    values = {name: cell.strip() for name, cell in cells.items() if name not in {PATIENT, VISIT} and cell.strip()}
    return Row(line=line, patient=cells[PATIENT].strip(), visit=cells[VISIT].strip(), cells=values)
