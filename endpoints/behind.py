"""From a number of a table to the patients it counts: which rows of the values per patient it rests on. Pure."""

from collections.abc import Sequence

import pandas as pd

from endpoints.counted import EVENT, MISSING, PRESENT, is_known
from endpoints.layout import Behind
from endpoints.rows import StatisticRow, Summary

WHICH = {
    "n": PRESENT,
    "n_pairs": PRESENT,
    "total": PRESENT,
    "n_missing": MISSING,
    "x": EVENT,
    "sum": EVENT,
    "events": EVENT,
    "female": "F",
    "male": "M",
    "sex_missing": MISSING,
}
"""By statistic which patients it counts: those with a value, without one, with an event, or with this very value."""
_CHANGES = {"value": "value", "change": "change"}
_GRADES = {f"g{grade}": (grade, grade) for grade in range(1, 6)} | {"ge2": (2, 5), "ge3": (3, 5)}


def name_behind(row: StatisticRow | None) -> Behind | None:
    """What stands behind the numbers of a row's result, where patients can be listed for it."""
    if row is None or row.family not in _VALUES:
        return None
    return Behind(row.family, row.outcome, row.analysis, row.visit or "", row.group)


def count_which(statistic: str) -> str:
    """Which patients a number of this statistic counts, "" where it counts none."""
    exactly = statistic.removeprefix("patients_with_")
    return exactly if exactly.isdecimal() else WHICH.get(statistic, "")


def select_behind(summaries: Sequence[Summary], behind: Behind, which: str) -> tuple[pd.DataFrame, str] | None:
    """The values per patient that a number counts, and what the number is about; None where there is no such number."""
    if behind.part not in _VALUES or not is_known(which):
        return None
    found = [(one, row) for one in summaries if one.family == behind.part for row in one.rows if _is_about(row, behind)]
    if which not in {PRESENT, *(count_which(row.statistic) for _, row in found)} or not found:
        return None
    summary, row = found[0]
    table = _of_term(summary, behind.outcome) if behind.analysis == "term" else summary.patients
    kept = table[table["group"].isin(behind.groups)]
    for name, wanted in (("outcome", behind.outcome), ("visit", behind.visit)):
        kept = kept[kept[name] == wanted] if name in kept and wanted else kept
    return kept[_match(_VALUES[behind.part](kept, behind), which)], row.outcome_label


def _of_term(summary: Summary, term: str) -> pd.DataFrame:
    """Every patient with the number of events of this term."""
    had = summary.terms[summary.terms["term"] == term].set_index("subject")["events"]
    table = summary.patients[["subject", "group"]]
    return table.assign(events=table["subject"].map(had).fillna(0).astype(int))


def _is_about(row: StatisticRow, behind: Behind) -> bool:
    return (
        row.group == behind.group
        and row.outcome == behind.outcome
        and row.analysis == behind.analysis
        and (row.visit or "") == behind.visit
    )


def _match(values: "pd.Series[float]", which: str) -> "pd.Series[bool]":
    if which == MISSING:
        return values.isna()
    if which == EVENT:
        return pd.to_numeric(values, errors="coerce") > 0
    if which in ("F", "M"):
        return values == which
    return values == float(which) if which.isdecimal() else values.notna()


def _of_baseline(table: pd.DataFrame, behind: Behind) -> "pd.Series[float]":
    return table[behind.outcome]


def _of_value(table: pd.DataFrame, _: Behind) -> "pd.Series[float]":
    return table["value"]


def _of_change(table: pd.DataFrame, behind: Behind) -> "pd.Series[float]":
    return table[_CHANGES.get(behind.analysis, "percent_change")]


def _of_response(table: pd.DataFrame, behind: Behind) -> "pd.Series[float]":
    if behind.analysis == "percent_v_threshold":
        return table["percent_change"]
    if behind.analysis == "nonresponder_imputation":
        return table["responder"].eq(True).astype(float)
    return table["responder"].astype(float)


def _of_count(table: pd.DataFrame, behind: Behind) -> "pd.Series[float]":
    counted = table["cumulative"]
    return counted.where(table["is_completer"].astype(bool)) if behind.analysis == "completers" else counted


def _of_events(table: pd.DataFrame, behind: Behind) -> "pd.Series[float]":
    if behind.analysis == "term":
        return table["events"]
    if behind.analysis == "category":
        return table[behind.outcome]
    if behind.outcome not in _GRADES:
        return table["has_only_ungraded"].astype(float)
    least, most = _GRADES[behind.outcome]
    return table["max_grade"].between(least, most).astype(float)


_VALUES = {
    "baseline": _of_baseline,
    "descriptives": _of_value,
    "course": _of_change,
    "change": _of_change,
    "response": _of_response,
    "lesions": _of_count,
    "relapses": _of_count,
    "adverse_events": _of_events,
}
"""By family the values per patient that its numbers are counted from."""
