"""Reading an allocation list that was made elsewhere from a CSV file: either every line is right, or every fault is named. Pure.

The first line names the columns: `position` and `arm` always, `stratum` where the protocol has strata, `code` where the
list brings codes of its own. Commas, semicolons and tabs are taken; so is the mark that some programs put before UTF-8.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from enrollment.vault.commitment import Slot
from enrollment.vault.upload_codes import check_codes

LARGEST_FILE = 1024 * 1024  # bytes
LONGEST_CELL = 200
NEEDED = ("position", "arm")
OPTIONAL = ("stratum", "code")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: `line` counts from 1 and is 0 for the file as a whole; `column` may be empty."""

    line: int
    column: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the list must fit: the strata and arms of the protocol, and the numbers patients have."""

    strata: Sequence[str]
    ratio: Mapping[str, int]
    planned: int
    longest_stratum: int
    patient_number: str  # regular expression


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the file after the head."""

    number: int
    cells: Mapping[str, str]

    @property
    def stratum(self) -> str:
        return self.cells["stratum"]

    @property
    def position(self) -> int:
        return int(self.cells["position"])


class UnreadableError(Exception):
    """The file is no list at all; `faults` says why."""

    def __init__(self, *faults: Fault) -> None:
        self.faults = list(faults)
        super().__init__(" ".join(fault.sentence for fault in faults))


def read_list(content: bytes, wanted: Wanted) -> tuple[list[Slot], list[Fault]]:
    """The slots by stratum and position, and no fault; or every fault, by line."""
    try:
        lines = _read_lines(decode(content), wanted)
    except UnreadableError as error:
        return [], error.faults
    faults = [fault for line in lines for fault in _check_cells(line, wanted)]
    if faults:
        # What needs the whole list can only be judged once its cells are right; codes can be judged now.
        faults += _check_code_column(lines, wanted)
    else:
        in_order = sorted(lines, key=lambda line: (wanted.strata.index(line.stratum), line.position))
        faults = [*_check_order(lines, wanted), *_check_balance(lines, wanted), *_check_code_column(in_order, wanted)]
    if faults:
        return [], sorted(faults, key=lambda fault: (fault.line == 0, fault.line))
    return sorted(Slot(line.stratum, line.position, line.cells["arm"], line.cells["code"]) for line in lines), []


def decode(content: bytes) -> str:
    """The text of the file, or why it is none."""
    if len(content) > LARGEST_FILE:
        raise UnreadableError(
            Fault(0, "", f"The file is larger than {LARGEST_FILE // 1024} kB: that is no allocation list.")
        )
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise UnreadableError(
            Fault(0, "", "This is a spreadsheet, whatever its name says. Save it as CSV (UTF-8) and send that file.")
        )
    if content.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in content:
        raise UnreadableError(Fault(0, "", "This is not a CSV file in UTF-8. Save it as CSV (UTF-8)."))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UnreadableError(
            Fault(line, "", "A character is not UTF-8 (Latin-1, perhaps). Save the file as CSV (UTF-8).")
        ) from error


def _read_lines(text: str, wanted: Wanted) -> list[Line]:
    if text.startswith("trialsite allocation list"):
        raise UnreadableError(
            Fault(1, "", "This is the text of a list of Trialsite. It served already, or belongs to a demo.")
        )
    head, _, _ = text.partition("\n")
    delimiter = max(",;\t", key=head.count)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True, skipinitialspace=True))
    except csv.Error as error:
        raise UnreadableError(Fault(0, "", f"This is not a CSV file: {error}.")) from error
    numbered = [(n, [cell.strip() for cell in row]) for n, row in enumerate(rows, start=1) if any(map(str.strip, row))]
    if len(numbered) < 2:
        raise UnreadableError(Fault(0, "", "The file holds no line after the head. The first line names the columns."))
    columns = _read_head(numbered[0], wanted)
    return _to_lines(numbered[1:], columns, wanted)


def _read_head(head: tuple[int, list[str]], wanted: Wanted) -> list[str]:
    number, cells = head
    columns = [cell.lower() for cell in cells]
    needed = [*NEEDED, *(("stratum",) if len(wanted.strata) > 1 else ())]
    faults = [Fault(number, name, "This column is missing.") for name in needed if name not in columns]
    for name in dict.fromkeys(columns):
        if name not in (*NEEDED, *OPTIONAL):
            faults.append(
                Fault(number, clip(name), "This column is unknown: position, arm, stratum and code are read.")
            )
        elif columns.count(name) > 1:
            faults.append(Fault(number, name, "This column stands twice."))
    if faults:
        raise UnreadableError(*faults)
    return columns


def _to_lines(rows: Sequence[tuple[int, list[str]]], columns: Sequence[str], wanted: Wanted) -> list[Line]:
    faults = [
        Fault(number, "", f"The line has {len(cells)} cells; the head names {len(columns)} columns.")
        for number, cells in rows
        if len(cells) != len(columns)
    ]
    if faults:
        raise UnreadableError(*faults)
    absent = {"stratum": wanted.strata[0], "code": ""}
    return [Line(number, absent | dict(zip(columns, cells, strict=True))) for number, cells in rows]


def _check_cells(line: Line, wanted: Wanted) -> Iterator[Fault]:
    if line.stratum not in wanted.strata:
        yield Fault(line.number, "stratum", f"{clip(line.stratum)} is no stratum: {', '.join(wanted.strata)}.")
    if line.cells["arm"] not in wanted.ratio:
        yield Fault(line.number, "arm", f"{clip(line.cells['arm'])} is no arm: {' or '.join(wanted.ratio)}.")
    position = line.cells["position"]
    if not (position.isascii() and position.isdigit() and 1 <= int(position[:6]) <= wanted.longest_stratum):
        said = f"{clip(position)} is no position: a whole number from 1 to {wanted.longest_stratum}."
        yield Fault(line.number, "position", said)


def _check_order(lines: Sequence[Line], wanted: Wanted) -> Iterator[Fault]:
    for stratum in wanted.strata:
        found = sorted(
            (line for line in lines if line.stratum == stratum), key=lambda line: (line.position, line.number)
        )
        if not found:
            yield Fault(0, "stratum", f"No line is of stratum {stratum}.")
        yield from _check_positions(found)
    if len(lines) < wanted.planned:
        yield Fault(0, "", f"The list is too short: {len(lines)} slots for {wanted.planned} planned patients.")


def _check_positions(found: Sequence[Line]) -> Iterator[Fault]:
    before = 0
    for line in found:
        if line.position == before:
            yield Fault(line.number, "position", f"Position {before} stands twice in stratum {line.stratum}.")
        elif line.position != before + 1:
            said = f"Position {line.position} follows {before} in stratum {line.stratum}: {before + 1} is missing."
            yield Fault(line.number, "position", said)
        before = line.position


def _check_balance(lines: Sequence[Line], wanted: Wanted) -> Iterator[Fault]:
    total, shares = len(lines), sum(wanted.ratio.values())
    for arm, share in wanted.ratio.items():
        count, expected = sum(line.cells["arm"] == arm for line in lines), total * share / shares
        # Three standard deviations of a coin: further off, no scheme for this ratio made the list.
        if not count or abs(count - expected) > 3 * (expected * (1 - share / shares)) ** 0.5:
            said = f"The ratio is not that of the protocol: {count} of {total} slots are {arm}, {expected:.0f} are due."
            yield Fault(0, "arm", said)


def _check_code_column(lines: Sequence[Line], wanted: Wanted) -> Iterator[Fault]:
    if any(line.cells["code"] for line in lines):
        rows = [(line.number, line.cells["code"], line.cells["arm"], line.cells["position"]) for line in lines]
        yield from (Fault(number, "code", said) for number, said in check_codes(rows, wanted.patient_number))


def tell_balance(slots: Sequence[Slot], ratio: Mapping[str, int]) -> list[str]:
    """For each stratum how many slots each arm has, in the order of the ratio."""
    strata = dict.fromkeys(slot.stratum for slot in slots)
    return [
        f"{stratum}: "
        + " to ".join(str(sum((slot.stratum, slot.arm) == (stratum, arm) for slot in slots)) for arm in ratio)
        for stratum in strata
    ]


def clip(text: str) -> str:
    """What was typed, short enough to be shown."""
    return repr(text if len(text) <= 40 else text[:40] + "...")
