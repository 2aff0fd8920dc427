"""Tidy CSV files to facts and back.

A data set is three files: visits, adverse events, relapses. Anything malformed is refused
with file, line, column and reason before a number is computed. What is written can be read
back to the same facts, and the same facts always give the same bytes.
"""

import csv
import io
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from endpoints.facts import (
    ADVERSE_EVENT_COLUMNS,
    RELAPSE_COLUMNS,
    VISIT_COLUMNS,
    AnalysisPlan,
    FactProblem,
    FactsError,
    TrialFacts,
)

TABLES = {
    "visits": VISIT_COLUMNS,
    "adverse_events": ADVERSE_EVENT_COLUMNS,
    "relapses": RELAPSE_COLUMNS,
}
_SUFFIXES = {"visits": "", "adverse_events": "_ae", "relapses": "_relapses"}
_TEXT_COLUMNS = frozenset({"subject", "arm", "sex", "visit", "term", "serious", "related"})


@dataclass(frozen=True)
class CsvProblem:
    """Why a file was refused. `line` counts from 1, the header; None means the whole file."""

    file: str
    line: int | None
    column: str
    reason: str

    def __str__(self) -> str:
        parts = [self.file]
        if self.line is not None:
            parts.append(f"line {self.line}")
        if self.column:
            parts.append(f"column {self.column}")
        return f"{', '.join(parts)}: {self.reason}"


class CsvError(ValueError):
    """CSV files that hold no usable facts, with every problem found."""

    def __init__(self, problems: list[CsvProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


@dataclass(frozen=True)
class _Parsed:
    """A file's cells with the line each row began on."""

    file: str
    frame: pd.DataFrame
    lines: tuple[int, ...]


def name_files(name: str) -> dict[str, str]:
    """File name of each table in the data set called `name`."""
    return {table: f"{name}{suffix}.csv" for table, suffix in _SUFFIXES.items()}


def read_facts(folder: Path, name: str, plan: AnalysisPlan) -> TrialFacts:
    """Read `<name>.csv`, `<name>_ae.csv` and `<name>_relapses.csv` from a folder."""
    files = name_files(name)
    contents: dict[str, bytes] = {}
    missing = []
    for table, file in files.items():
        try:
            contents[table] = (folder / file).read_bytes()
        except FileNotFoundError:
            missing.append(CsvProblem(file, None, "", "This file is missing."))
    if missing:
        raise CsvError(missing)
    return parse_facts(contents, plan, files)


def parse_facts(
    contents: Mapping[str, bytes], plan: AnalysisPlan, files: Mapping[str, str] | None = None
) -> TrialFacts:
    """Facts from the bytes of the three tables; `files` names them in messages."""
    names = files or {table: table for table in TABLES}
    problems: list[CsvProblem] = []
    parsed: dict[str, _Parsed] = {}
    for table, columns in TABLES.items():
        try:
            parsed[table] = _parse_table(contents[table], names[table], columns)
        except CsvError as error:
            problems.extend(error.problems)
    if problems:
        raise CsvError(problems)
    try:
        return TrialFacts(plan, *(parsed[table].frame for table in TABLES))
    except FactsError as error:
        raise CsvError([_locate(problem, parsed) for problem in error.problems]) from error


def _locate(problem: FactProblem, parsed: Mapping[str, _Parsed]) -> CsvProblem:
    table = parsed[problem.table]
    line = None if problem.row is None else table.lines[problem.row]
    return CsvProblem(table.file, line, problem.column, problem.reason)


def _parse_table(content: bytes, file: str, columns: tuple[str, ...]) -> _Parsed:
    rows = _read_rows(_decode(content, file), file)
    header = next(rows, None)
    if header is None:
        raise CsvError([CsvProblem(file, None, "", "This file is empty.")])
    names = [name.strip() for name in header[1]]
    if problems := list(_check_header(names, file, columns)):
        raise CsvError(problems)
    body = [(line, cells) for line, cells in rows if any(cell.strip() for cell in cells)]
    if problems := list(_check_cells(body, names, file)):
        raise CsvError(problems)
    lines = tuple(line for line, _ in body)
    return _Parsed(file, _make_frame(names, [cells for _, cells in body]), lines)


def _decode(content: bytes, file: str) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise CsvError([CsvProblem(file, line, "", "This line is not UTF-8 text.")]) from error
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise CsvError([CsvProblem(file, line, "", "This line holds a null byte.")])
    return text


def _read_rows(text: str, file: str) -> Iterator[tuple[int, list[str]]]:
    """Each row with the line it begins on; a quoted cell may run over several lines."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = 1
    try:
        for cells in reader:
            yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise CsvError([CsvProblem(file, line, "", f"This is not valid CSV: {error}.")]) from error


def _check_header(header: list[str], file: str, columns: tuple[str, ...]) -> Iterator[CsvProblem]:
    for column in columns:
        if column not in header:
            yield CsvProblem(file, 1, column, "This column is missing.")
    for position, column in enumerate(header):
        if column not in columns:
            yield CsvProblem(file, 1, column or f"{position + 1}", "This column is not known.")
        elif column in header[:position]:
            yield CsvProblem(file, 1, column, "This column appears twice.")


def _check_cells(body: list[tuple[int, list[str]]], header: list[str], file: str) -> Iterator[CsvProblem]:
    for line, cells in body:
        if len(cells) != len(header):
            reason = f"This line has {len(cells)} cells; the header has {len(header)}."
            yield CsvProblem(file, line, "", reason)
            continue
        for column, cell in zip(header, cells, strict=True):
            if column not in _TEXT_COLUMNS and cell.strip() and not _is_number(cell):
                yield CsvProblem(file, line, column, f"'{cell[:40]}' is not a number.")


def _is_number(cell: str) -> bool:
    """Plain decimal notation with a point; float() alone would take nan, inf and 1_000 too."""
    if not set(cell.strip()) <= set("0123456789.+-eE"):
        return False
    try:
        return math.isfinite(float(cell))
    except ValueError:
        return False


def _make_frame(header: list[str], rows: list[list[str]]) -> pd.DataFrame:
    columns = {}
    for position, name in enumerate(header):
        cells = [row[position].strip() or None for row in rows]
        if name in _TEXT_COLUMNS:
            columns[name] = pd.Series(cells, dtype=object)
        else:
            numbers = [math.nan if cell is None else float(cell) for cell in cells]
            columns[name] = pd.Series(numbers, dtype="float64")
    return pd.DataFrame(columns)


def render_facts(facts: TrialFacts) -> dict[str, str]:
    """The text of each table's CSV file."""
    return {table: _render_table(getattr(facts, table)) for table in TABLES}


def write_facts(facts: TrialFacts, folder: Path, name: str) -> list[Path]:
    """Write the three files of a data set; returns where they are."""
    files = name_files(name)
    paths = []
    for table, text in render_facts(facts).items():
        path = folder / files[table]
        path.write_text(text, encoding="utf-8", newline="")
        paths.append(path)
    return paths


def _render_table(table: pd.DataFrame) -> str:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(table.columns)
    for row in table.itertuples(index=False):
        writer.writerow([_render_cell(cell) for cell in row])
    return buffer.getvalue()


def _render_cell(cell: object) -> str:
    """Shortest text that reads back to the same value; whole numbers without a point."""
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return ""
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(float(cell))
    return str(cell)
