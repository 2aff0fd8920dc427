"""What differs between two snapshots: patients, values, and the numbers that moved. Pure.

The arm of a patient is not compared: it never changes once it is drawn.
"""

import csv
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from io import StringIO

from endpoints.layout import Table

Row = Mapping[str, str]
_WHOLE = {"adverse_events": "Adverse event", "relapses": "Relapse"}
_HIDDEN = frozenset({"arm"})
_OF_THE_PATIENT = frozenset({"phase", "sex", "age"})
ENTRY = "Entry"
_NOT_THE_NUMBER = ("value", "n", "note")


@dataclass(frozen=True, slots=True)
class DataChange:
    """One value that is not the same; `where` is a visit, or the kind of the entry."""

    patient: str
    where: str
    what: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class MovedNumber:
    """One number of a report, with what it was computed from before and after."""

    outcome: str
    visit: str
    group: str
    analysis: str
    label: str
    before: str
    after: str


def compare_data(before: Mapping[str, str], after: Mapping[str, str]) -> list[DataChange]:
    """Everything that changed between two data sets of CSV texts by table, by patient."""
    old, new = _by_visit(before["visits"]), _by_visit(after["visits"])
    found = [*_compare_patients(old, new), *dict.fromkeys(_compare_visits(old, new))]
    for table, words in _WHOLE.items():
        found += _compare_entries(words, _read(before[table]), _read(after[table]))
    return sorted(found, key=lambda change: change.patient)


def compare_numbers(before: Table | None, after: Table | None) -> list[MovedNumber]:
    """The statistic rows of one report that differ, in the order of the later one; a number that is gone comes last."""
    old, new = _by_meaning(before), _by_meaning(after)
    keys = [*new, *(key for key in old if key not in new)]
    return [_move(old.get(key, {}), new.get(key, {})) for key in keys if _number(old, key) != _number(new, key)]


def say_change(change: DataChange, terms: Mapping[str, str]) -> DataChange:
    """With visits and outcomes in words."""
    return replace(
        change,
        where=terms.get(change.where, change.where),
        what=terms.get(change.what, _with_spaces(change.what)),
        before=_with_spaces(change.before) if change.what == ENTRY else change.before,
        after=_with_spaces(change.after) if change.what == ENTRY else change.after,
    )


def say_move(move: MovedNumber, terms: Mapping[str, str]) -> MovedNumber:
    """With visits, arms and what is compared in words."""
    groups = [terms.get(group, _with_spaces(group)) for group in move.group.split("_vs_")]
    return replace(
        move,
        visit=terms.get(move.visit, move.visit),
        group=" v ".join(groups),
        analysis=_with_spaces(move.analysis),
    )


def _with_spaces(text: str) -> str:
    return text.replace("_", " ")


def _read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(text)))


def _by_visit(text: str) -> dict[tuple[str, str], Row]:
    return {(row["subject"], row["visit"]): row for row in _read(text)}


def _compare_patients(old: Mapping[tuple[str, str], Row], new: Mapping[tuple[str, str], Row]) -> Iterator[DataChange]:
    was, now = {patient for patient, _ in old}, {patient for patient, _ in new}
    for patient in sorted(was ^ now):
        yield DataChange(
            patient,
            "",
            "Patient",
            "analyzed" if patient in was else "not analyzed",
            "analyzed" if patient in now else "not analyzed",
        )


def _compare_visits(old: Mapping[tuple[str, str], Row], new: Mapping[tuple[str, str], Row]) -> Iterator[DataChange]:
    for key, after in new.items():
        before = old.get(key)
        if before is None:
            continue
        for column, value in after.items():
            if column not in _HIDDEN and before.get(column, "") != value:
                where = "" if column in _OF_THE_PATIENT else key[1]
                yield DataChange(key[0], where, column, before.get(column, ""), value)


def _compare_entries(words: str, old: list[dict[str, str]], new: list[dict[str, str]]) -> Iterator[DataChange]:
    was, now = (Counter(tuple(row.items()) for row in rows) for rows in (old, new))
    for row in (was - now).elements():
        yield DataChange(row[0][1], words, ENTRY, _say(row), "")
    for row in (now - was).elements():
        yield DataChange(row[0][1], words, ENTRY, "", _say(row))


def _say(row: tuple[tuple[str, str], ...]) -> str:
    return ", ".join(f"{name} {value}" for name, value in row[1:] if value)


def _by_meaning(table: Table | None) -> dict[tuple[str, ...], Row]:
    if table is None:
        return {}
    names = [column.heading for column in table.columns]
    rows = [dict(zip(names, row, strict=True)) for row in table.rows]
    return {tuple(value for name, value in row.items() if name not in _NOT_THE_NUMBER): row for row in rows}


def _number(rows: Mapping[tuple[str, ...], Row], key: tuple[str, ...]) -> str | None:
    return rows[key]["value"] if key in rows else None


def _move(old: Row, new: Row) -> MovedNumber:
    row = new or old
    return MovedNumber(
        row["outcome_label"],
        row["visit"],
        row["group"],
        row["analysis"],
        row["label"],
        old.get("value", ""),
        new.get("value", ""),
    )
