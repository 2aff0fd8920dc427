"""From a number of a table to the patients it counts: which rows of the values per patient it rests on. Pure."""

from collections.abc import Sequence

import pandas as pd

from endpoints.counted import EVENT, MISSING, PRESENT, is_known
from endpoints.families.answers import ANSWER
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
    "n_event": EVENT,
    "female": "F",
    "male": "M",
    "sex_missing": MISSING,
}
"""By statistic which patients it counts: those with a value, without one, with an event, or with this very value."""
EVERYONE = "everyone"
"""In the place of a family: all patients of the report, whatever is known of them."""
_REPORT_OF = {"response": "vhiss", "lesions": "lesions", "relapses": "relapses"}
"""By family the report that lists its patients, where the rows stand in another one."""
_CHANGES = {"value": "value", "change": "change"}
_NEEDED = {
    "model_b": ["vhiss_change", "vhiss_baseline"],
    "model_a1": ["vhiss_change_early"],
    "model_a2": ["vhiss_change_percent"],
}
"""By model of lesions what must be known of a patient beside them."""
_GRADES = {f"g{grade}": (grade, grade) for grade in range(1, 6)} | {"ge2": (2, 5), "ge3": (3, 5)}


def name_behind(row: StatisticRow | None) -> Behind | None:
    """What stands behind the numbers of a row's result, where patients can be listed for it."""
    if row is None or row.family not in _VALUES:
        return None
    within, _, analysis = row.analysis.rpartition(":")
    report = _REPORT_OF[row.family] if within else ""
    return Behind(row.family, row.outcome, analysis, row.visit or "", row.group, report, within)


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


def select_everyone(table: pd.DataFrame, behind: Behind, which: str, title: str) -> tuple[pd.DataFrame, str] | None:
    """All patients of these groups, or the one whose place among all patients is asked for."""
    if behind.visit or behind.analysis or which != PRESENT:
        return None
    kept = table[table["group"].isin(behind.groups)]
    if behind.outcome:
        known = sorted(table["subject"].unique())
        place = int(behind.outcome) if behind.outcome.isdecimal() and len(behind.outcome) < 9 else 0
        kept = kept[kept["subject"].isin(known[place - 1 : place] if place else [])]
    return (kept, title) if len(kept) else None


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


def _of_answer(table: pd.DataFrame, behind: Behind) -> "pd.Series[float]":
    """A number of the procedure, an answer, or whether an answer is this one."""
    question, _, answer = behind.outcome.partition("=")
    told = table[question]
    return (told == answer).astype(float).where(told.notna()) if behind.analysis == ANSWER else told


def _of_serious(table: pd.DataFrame, behind: Behind) -> "pd.Series[float]":
    return table[behind.outcome]


def _of_scores(table: pd.DataFrame, _: Behind) -> "pd.Series[float]":
    """Any score of patients whose baseline is known: the model rests on all of them at each visit."""
    scores = table.drop(columns=["subject", "group", "baseline"]).max(axis=1)
    return scores.where(table["baseline"].notna())


def _of_model(table: pd.DataFrame, behind: Behind) -> "pd.Series[float]":
    """The lesions of those of whom the model knows everything."""
    return table["cumulative"].where(table[_NEEDED.get(behind.analysis, ["vhiss_change"])].notna().all(axis=1))


def _of_rate(table: pd.DataFrame, _: Behind) -> "pd.Series[float]":
    return table["cumulative"]


def _of_time(table: pd.DataFrame, _: Behind) -> "pd.Series[float]":
    """1 with a relapse, 0 where observation ended without one."""
    return table["is_event"].astype(float)


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
    "stopping_watch": _of_serious,
    "blinded_spread": _of_value,
    "mixed_model": _of_scores,
    "lesion_models": _of_model,
    "planned_rates": _of_rate,
    "time_to_relapse": _of_time,
    "time_to_report": _of_time,
    "conduct": _of_answer,
    "conduct_visits": _of_answer,
    "blinding": _of_answer,
}
"""By family the values per patient that its numbers are counted from."""
