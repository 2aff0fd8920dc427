"""The values per patient behind a report, as printed lines."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from endpoints.layout import NOT_DEFINED, Column, Listing, PatientRow

LABELS = {
    "visit": "Visit",
    "outcome": "Outcome",
    "sex": "Sex",
    "age": "Age, years",
    "baseline": "Baseline",
    "value": "Value",
    "change": "Change",
    "percent_change": "Change, %",
    "responder": "Response",
    "cumulative": "Total",
    "follow_up_days": "Follow-up, days",
    "is_completer": "Last visit counted",
    "max_grade": "Highest grade",
    "has_only_ungraded": "No event graded",
    "vhiss_baseline": "VHISS at baseline",
    "vhiss_change": "Change of the VHISS",
    "vhiss_change_percent": "Change of the VHISS, %",
    "vhiss_change_early": "Change of the VHISS to the response visit",
    "time_days": "Time, days",
    "is_event": "With a relapse",
    "study_day": "Day",
    "planned_day": "Planned day",
    "from_plan": "Days from plan",
    "minutes": "In to out, min",
    "stay_hours": "In to discharge, h",
    "hour": "Hour of the day",
    "sheath_french": "Sheath, F",
    "assessed_by": "Assessed by",
    "entered_by": "Entered by",
    "patient": "Guess of the patient",
    "rater": "Guess of the rater",
}
_TRANSLATED = frozenset({"visit", "outcome", "sex", "patient", "rater"})
_WORDS = _TRANSLATED | frozenset(
    {"weekday", "sedation", "access", "closure", "complication", "assessed_by", "entered_by"}
)


def list_values(
    title: str, table: pd.DataFrame, groups: Mapping[str, str], labels: Mapping[str, str], numbers: Sequence[str]
) -> Listing:
    """Lines of the patients with these numbers. `groups` and `labels` say how groups, columns, visits and outcomes are called."""
    known = table[table["subject"].isin(list(numbers))]
    names = _choose_columns(table)
    columns = tuple(
        Column(labels.get(name, LABELS.get(name, name.capitalize())), is_number=name not in _WORDS) for name in names
    )
    rows = tuple(
        PatientRow(
            number=str(row["subject"]),
            group=groups[row["group"]],
            cells=tuple(_print(row[name], labels if name in _TRANSLATED else {}) for name in names),
        )
        for row in known.sort_values("subject", kind="stable").to_dict("records")
    )
    return Listing(title, columns, rows)


def _choose_columns(table: pd.DataFrame) -> list[str]:
    """What a line is about comes first, unless it is the same in all; the years of follow-up only repeat its days."""
    about = [name for name in ("outcome", "visit") if name in table and table[name].nunique() > 1]
    skipped = {"subject", "group", "outcome", "visit", "follow_up_years"}
    return [*about, *(name for name in table.columns if name not in skipped)]


def _print(value: Any, labels: Mapping[str, str]) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return NOT_DEFINED
    if isinstance(value, str):
        return labels.get(value, value)
    if value is True or value is False or type(value).__name__ == "bool":
        return "Yes" if value else "No"
    return f"{round(float(value), 2):g}"
