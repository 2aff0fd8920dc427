"""Tidy CSV files to facts and back.

A data set is three files: visits, adverse events, relapses. Anything malformed is refused
with file, line, column and reason before a number is computed. What is written can be read
back to the same facts, and the same facts always give the same bytes.
"""

import csv
import io
import math
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from endpoints.facts import (
    ADVERSE_EVENT_COLUMNS,
    RELAPSE_COLUMNS,
    VISIT_COLUMNS,
    AnalysisPlan,
    FactProblem,
    FactsError,
    TrialFacts,
    check_arms,
)

TABLES = {
    "visits": VISIT_COLUMNS,
    "adverse_events": ADVERSE_EVENT_COLUMNS,
    "relapses": RELAPSE_COLUMNS,
}
_SUFFIXES = {"visits": "", "adverse_events": "_ae", "relapses": "_relapses"}
_MISSING_FILE = "This file is missing. Where nothing of the kind happened, it holds the names of the columns alone."
_MISSING_VISITS = "This file is missing. Put it into the folder, or name another data set."
_IS_FOLDER = "This is a folder. Put the CSV file of this name in its place."
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
    lines: Sequence[int]
    ignored: tuple[str, ...]


def name_files(name: str) -> dict[str, str]:
    """File name of each table in the data set called `name`."""
    return {table: f"{name}{suffix}.csv" for table, suffix in _SUFFIXES.items()}


@dataclass(frozen=True)
class ReadFacts:
    """Facts read from files, and sentences about what was left out."""

    facts: TrialFacts
    notes: tuple[str, ...] = ()


def list_sets(folder: Path) -> list[str]:
    """Names of the data sets in a folder: CSV files that are not the events or relapses of another one."""
    names = {path.stem for path in folder.glob("*.csv")}
    parts = {f"{name}{suffix}" for name in names for suffix in _SUFFIXES.values() if suffix}
    return sorted(names - parts)


def read_facts(folder: Path, name: str, plan: AnalysisPlan) -> TrialFacts:
    """Read `<name>.csv`, `<name>_ae.csv` and `<name>_relapses.csv` from a folder."""
    return read_set(folder, name, plan, needs_arms=False).facts


def read_set(folder: Path, name: str, plan: AnalysisPlan, *, needs_arms: bool = True) -> ReadFacts:
    """The same, with what was left out; with `needs_arms` every patient must have one of the known arms."""
    files = name_files(name)
    contents: dict[str, bytes] = {}
    problems = []
    for table, file in files.items():
        try:
            contents[table] = (folder / file).read_bytes()
        except FileNotFoundError:
            problems.append(CsvProblem(file, None, "", _MISSING_VISITS if table == "visits" else _MISSING_FILE))
        except IsADirectoryError:
            problems.append(CsvProblem(file, None, "", _IS_FOLDER))
        except OSError as error:
            reason = f"This file cannot be read: {error.strerror}. Make it readable for whoever starts the command."
            problems.append(CsvProblem(file, None, "", reason))
    if problems:
        raise CsvError(problems)
    return parse_set(contents, plan, files, needs_arms=needs_arms)


def parse_facts(
    contents: Mapping[str, bytes], plan: AnalysisPlan, files: Mapping[str, str] | None = None
) -> TrialFacts:
    """Facts from the bytes of the three tables; `files` names them in messages."""
    return parse_set(contents, plan, files).facts


def parse_set(
    contents: Mapping[str, bytes],
    plan: AnalysisPlan,
    files: Mapping[str, str] | None = None,
    *,
    needs_arms: bool = False,
) -> ReadFacts:
    """The same, with what was left out; with `needs_arms` every patient must have one of the known arms."""
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
    facts = _make_facts(plan, parsed, needs_arms)
    return ReadFacts(facts, (*_explain_ignored(parsed), *_explain_repeated(parsed)))


def _make_facts(plan: AnalysisPlan, parsed: Mapping[str, _Parsed], needs_arms: bool) -> TrialFacts:
    visits = parsed["visits"]
    if visits.frame.empty:
        raise CsvError(
            [
                CsvProblem(
                    visits.file,
                    None,
                    "",
                    "This file has no row of a patient. Write one line for each patient and visit.",
                )
            ]
        )
    problems = list(check_arms(visits.frame)) if needs_arms else []
    try:
        facts = TrialFacts(plan, *(parsed[table].frame for table in TABLES))
    except FactsError as error:
        raise CsvError([_locate(problem, parsed) for problem in (*error.problems, *problems)]) from error
    if problems:
        raise CsvError([_locate(problem, parsed) for problem in problems])
    return facts


def _explain_ignored(parsed: Mapping[str, _Parsed]) -> Iterator[str]:
    for table in parsed.values():
        for column in table.ignored:
            yield f"{table.file}, column {column}: this column is not part of the analysis and was left out."


def _explain_repeated(parsed: Mapping[str, _Parsed]) -> Iterator[str]:
    """Events that stand there twice may have been two; one sentence for each kind of event that cannot be told apart."""
    for table in (parsed["adverse_events"], parsed["relapses"]):
        places = np.flatnonzero(table.frame.duplicated(keep=False).to_numpy())
        alike = table.frame.iloc[places].groupby(list(table.frame.columns), sort=False, dropna=False)
        for number, found in enumerate(alike.indices.values()):
            if number == _TOLD:
                yield f"{table.file}: {alike.ngroups - _TOLD} more events are repeated like these."
                break
            lines = [str(table.lines[places[place]]) for place in found]
            yield (
                f"{table.file}, lines {_join(lines)}: these lines are alike, and {len(lines)} events are counted."
                " If it was one event, delete all lines but one and start again."
            )


_TOLD = 20


def _join(lines: Sequence[str]) -> str:
    """The first few, where there are many."""
    told = [*lines[:_TOLD], *([f"{len(lines) - _TOLD} more"] if len(lines) > _TOLD else [])]
    return f"{', '.join(told[:-1])} and {told[-1]}"


def _locate(problem: FactProblem, parsed: Mapping[str, _Parsed]) -> CsvProblem:
    table = parsed[problem.table]
    line = None if problem.row is None else table.lines[problem.row]
    return CsvProblem(table.file, line, problem.column, problem.reason)


def _parse_table(content: bytes, file: str, columns: tuple[str, ...]) -> _Parsed:
    _check_text(content, file)
    rows = _read_rows(content, file)
    header = next(rows, None)
    if header is None:
        raise CsvError(
            [CsvProblem(file, None, "", "This file is empty; it needs a line with the names of the columns.")]
        )
    names = [name.strip() for name in header[1]]
    if problems := list(_check_header(names, file, columns)):
        raise CsvError(problems)
    collected = _Collected(file, names, columns)
    for line, cells in rows:
        if any(cell.strip() for cell in cells):
            collected.add(line, cells)
    if problems := collected.widths or collected.list_wrong_numbers():
        raise CsvError(problems)
    ignored = tuple(name for name in names if name not in columns)
    return _Parsed(file, collected.make_frame(), collected.lines, ignored)


class _Collected:
    """The cells of a table column by column, as they come: eight bytes each, so that a million rows fit in the memory of a small machine.

    Texts and spellings of numbers that repeat are kept once.
    """

    def __init__(self, file: str, names: Sequence[str], columns: Sequence[str]) -> None:
        self._file, self._width = file, len(names)
        self._numbers = {name: (names.index(name), array("d")) for name in columns if name not in _TEXT_COLUMNS}
        self._texts: dict[str, tuple[int, list[str | None], dict[str, str]]] = {
            name: (names.index(name), [], {}) for name in columns if name in _TEXT_COLUMNS
        }
        self._wrong: dict[str, list[CsvProblem]] = {name: [] for name in self._numbers}
        self._known: dict[str, float] = {"": math.nan}
        self.lines = array("q")
        self.widths: list[CsvProblem] = []

    def add(self, line: int, cells: Sequence[str]) -> None:
        if len(cells) != self._width:
            reason = f"This line has {len(cells)} cells; the header has {self._width}. A text with a comma needs quotation marks."
            self.widths.append(CsvProblem(self._file, line, "", reason))
            return
        self.lines.append(line)
        for place, texts, known in self._texts.values():
            cell = cells[place].strip()
            texts.append(known.setdefault(cell, cell) if cell else None)
        for name, (place, numbers) in self._numbers.items():
            numbers.append(self._read_number(name, line, cells[place].strip()))

    def _read_number(self, name: str, line: int, cell: str) -> float:
        found = self._known.get(cell)
        if found is not None:
            return found
        if not _is_number(cell):
            reason = f"'{cell[:40]}' is not a number.{_advise(name, cell)}"
            self._wrong[name].append(CsvProblem(self._file, line, name, reason))
            return math.nan
        found = float(cell)
        if len(self._known) < _SPELLINGS:
            self._known[cell] = found
        return found

    def list_wrong_numbers(self) -> list[CsvProblem]:
        """By column, and in it by line."""
        return [problem for problems in self._wrong.values() for problem in problems]

    def make_frame(self) -> pd.DataFrame:
        texts = {name: pd.Series(cells, dtype=object) for name, (_, cells, _) in self._texts.items()}
        numbers = {name: pd.Series(np.array(values), dtype="float64") for name, (_, values) in self._numbers.items()}
        return pd.DataFrame(texts | numbers)


_SPELLINGS = 10_000
"""So many spellings of numbers are remembered: counts, scores and days repeat, measurements hardly."""


def _check_text(content: bytes, file: str) -> None:
    try:
        content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise CsvError(
            [CsvProblem(file, line, "", "This line is not UTF-8 text; save the file as CSV UTF-8.")]
        ) from error
    if b"\0" in content:
        line = content[: content.index(b"\0")].count(b"\n") + 1
        raise CsvError([CsvProblem(file, line, "", "This line holds a null byte; save the file as CSV UTF-8.")])


def _read_rows(content: bytes, file: str) -> Iterator[tuple[int, list[str]]]:
    """Each row with the line it begins on; a quoted cell may run over several lines."""
    reader = csv.reader(io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig", newline=""), strict=True)
    line = 1
    try:
        for cells in reader:
            yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise CsvError(
            [
                CsvProblem(
                    file, line, "", f"This is not valid CSV: {error}. Look for a quotation mark without its partner."
                )
            ]
        ) from error


def _check_header(header: list[str], file: str, columns: tuple[str, ...]) -> Iterator[CsvProblem]:
    if len(header) == 1 and (separator := next((one for one in ";\t|" if one in header[0]), "")):
        name = {";": "semicolons", "\t": "tabs", "|": "bars"}[separator]
        reason = f"Cells are separated by {name} here; save the file with commas, and numbers with a point."
        yield CsvProblem(file, 1, "", reason)
        return
    for column in columns:
        if column not in header:
            yield CsvProblem(file, 1, column, "This column is missing. Add it; its cells may be empty.")
    for position, column in enumerate(header):
        if not column:
            yield CsvProblem(file, 1, f"{position + 1}", "This column has no name.")
        elif column in header[:position]:
            yield CsvProblem(file, 1, column, "This column appears twice.")


def _advise(column: str, cell: str) -> str:
    if cell.casefold() in _MISSING_WORDS:
        return " Leave the cell empty where a value is missing."
    if column.endswith("_day"):
        return " A day counts from the procedure, which is day 0; it is no date."
    return " Write decimals with a point." if "," in cell else " Write a plain number, or leave the cell empty."


_MISSING_WORDS = frozenset({"na", "n/a", "nan", "null", "none", ".", "-", "missing"})


def _is_number(cell: str) -> bool:
    """Plain decimal notation with a point; float() alone would take nan, inf and 1_000 too."""
    if not set(cell) <= set("0123456789.+-eE"):
        return False
    try:
        return math.isfinite(float(cell))
    except ValueError:
        return False


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
