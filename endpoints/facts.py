"""The plain inputs of every derivation: what was observed, as typed frames.

A `TrialFacts` holds the same three tables that the analysis data set has as CSV files. Facts
are checked when they are made; what computes with them may rely on what `check_facts` refuses.
Arms may be absent (None): a blinded report runs on facts that never held them.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd

ValueKind = Literal["count", "score", "measurement"]


@dataclass(frozen=True)
class Outcome:
    """A variable observed at visits. `step` is the distance of allowed values, None for any."""

    key: str
    label: str
    unit: str
    kind: ValueKind
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    is_change: bool = False
    """The value itself already is a change from baseline, so none is subtracted."""


OUTCOMES = {
    outcome.key: outcome
    for outcome in (
        Outcome("vhiss", "VHISS", "points", "score", 0, 16, 1),
        Outcome("new_ce_lesions", "New contrast-enhancing lesions", "lesions", "count", 0, None, 1),
        Outcome("new_t2_lesions", "New T2 lesions", "lesions", "count", 0, None, 1),
        Outcome("relapses", "Relapses", "relapses", "count", 0, None, 1),
        Outcome("edss", "EDSS", "points", "score", 0, 10, 0.5),
        Outcome("pbvc", "Brain volume change", "%", "measurement", is_change=True),
        Outcome("sdmt", "SDMT", "points", "score", 0, 110, 1),
        Outcome("pasat", "PASAT", "points", "score", 0, 60, 1),
        Outcome("msqol_physical", "MSQOL-54 physical", "points", "measurement", 0, 100),
        Outcome("msqol_mental", "MSQOL-54 mental", "points", "measurement", 0, 100),
    )
}

VISIT_COLUMNS = ("subject", "phase", "arm", "sex", "age", "visit", "study_day", *OUTCOMES)
"""One row per patient and attended visit: subject; phase (number); arm (text or None); sex (F, M
or None); age in years at enrollment; visit (a key of the plan); study_day (procedure = 0);
then the outcomes, NaN where missing. Counts are new since the previous attended visit."""

ADVERSE_EVENT_COLUMNS = ("subject", "term", "ctcae_grade", "serious", "related", "onset_day")
"""One row per event: subject; term as reported; CTCAE grade 1-5 or NaN; serious and related
(Y, N or None); onset_day from the procedure, NaN when unknown."""

RELAPSE_COLUMNS = ("subject", "onset_day")
"""One row per relapse: subject; day of onset from the procedure."""

_FARTHEST_DAY = 36_525
"""Days in a hundred years."""

_TEXT_COLUMNS = frozenset({"subject", "arm", "sex", "visit", "term", "serious", "related"})


@dataclass(frozen=True)
class AnalysisPlan:
    """What the trial's protocol decides about the analysis; visits are keys, in order of time."""

    visits: tuple[str, ...]
    baseline_visit: str
    response_visit: str
    response_threshold: Fraction
    """A responder's VHISS falls by strictly more than this part of its baseline."""
    course_visits: tuple[str, ...]
    """Visits after the procedure at which the VHISS is compared."""
    count_visits: tuple[str, ...]
    """Visits whose counts add up; the last one is the end of follow-up."""
    change_visits: tuple[str, ...]
    early_safety_days: int
    """An event up to this study day belongs to the first safety period (about 24 h)."""
    late_safety_days: int
    """An event up to this study day belongs to the second safety period (about a month)."""
    landmark_days: tuple[int, ...]
    """Days at which survival without a relapse is reported."""

    def __post_init__(self) -> None:
        named = {self.baseline_visit, self.response_visit}
        named.update(self.course_visits, self.count_visits, self.change_visits)
        if unknown := named - set(self.visits):
            raise ValueError(f"The plan names visits it does not list: {sorted(unknown)}.")
        if not 0 < self.response_threshold < 1:
            raise ValueError("The response threshold is a part of the baseline, between 0 and 1.")

    @property
    def final_visit(self) -> str:
        return self.count_visits[-1]

    @property
    def baseline_position(self) -> int:
        return self.visits.index(self.baseline_visit)

    @property
    def visits_after_baseline(self) -> tuple[str, ...]:
        return self.visits[self.baseline_position + 1 :]


@dataclass(frozen=True)
class FactProblem:
    """Something the facts must not hold. `row` counts from 0; None means the whole table."""

    table: str
    row: int | None
    column: str
    reason: str

    def __str__(self) -> str:
        place = self.table if self.row is None else f"{self.table}, row {self.row + 1}"
        return f"{place}, {self.column}: {self.reason}"


class FactsError(ValueError):
    """Facts that cannot be analyzed, with every problem found."""

    def __init__(self, problems: Collection[FactProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


@dataclass(frozen=True, eq=False)
class TrialFacts:
    """Everything observed, checked. Made from frames with the documented columns, in any row
    order; the frames kept are copies with exactly those columns, typed, in a canonical order."""

    plan: AnalysisPlan
    visits: pd.DataFrame
    adverse_events: pd.DataFrame
    relapses: pd.DataFrame

    def __post_init__(self) -> None:
        tables = {
            "visits": _type_columns(self.visits, "visits", VISIT_COLUMNS),
            "adverse_events": _type_columns(self.adverse_events, "adverse_events", ADVERSE_EVENT_COLUMNS),
            "relapses": _type_columns(self.relapses, "relapses", RELAPSE_COLUMNS),
        }
        if problems := list(check_facts(self.plan, **tables)):
            raise FactsError(problems)
        tables["visits"] = _order_visits(tables["visits"], self.plan)
        for name in ("adverse_events", "relapses"):
            tables[name] = _order_rows(tables[name], list(tables[name].columns))
        for name, table in tables.items():
            object.__setattr__(self, name, table)

    @property
    def subjects(self) -> tuple[str, ...]:
        return tuple(self.visits["subject"].unique())

    @cached_property
    def patients(self) -> pd.DataFrame:
        """Phase, arm, sex and age of each patient, by subject in order; found once, so copy it before changing anything.

        What is missing in one row of a patient is taken from another: these never change.
        """
        known = self.visits.groupby("subject", sort=True)[["phase", "arm", "sex", "age"]].first()
        return known.assign(arm=known["arm"].astype(object), sex=known["sex"].astype(object))

    def restrict_to(self, subjects: Collection[str]) -> "TrialFacts":
        """The same facts about some patients only, to analyze a population."""
        return TrialFacts(
            self.plan,
            *(
                table[table["subject"].isin(list(subjects))]
                for table in (self.visits, self.adverse_events, self.relapses)
            ),
        )

    def without_arms(self) -> "TrialFacts":
        """The same facts with no arm in them, for everyone who must not know one."""
        hidden = self.visits.assign(arm=None)
        return TrialFacts(self.plan, hidden, self.adverse_events, self.relapses)


def make_empty_table(columns: tuple[str, ...]) -> pd.DataFrame:
    """A table of no rows, for a trial in which nothing of the kind happened."""
    return pd.DataFrame({column: [] for column in columns})


def _type_columns(table: pd.DataFrame, name: str, columns: tuple[str, ...]) -> pd.DataFrame:
    if problems := list(_check_columns(table, name, columns)):
        raise FactsError(problems)
    typed = {
        column: _as_text(table[column]) if column in _TEXT_COLUMNS else _as_number(table, name, column)
        for column in columns
    }
    return pd.DataFrame(typed).reset_index(drop=True)


def _check_columns(table: pd.DataFrame, name: str, columns: tuple[str, ...]) -> Iterator[FactProblem]:
    for column in columns:
        if column not in table.columns:
            yield FactProblem(name, None, column, "This column is missing.")
    for column in table.columns:
        if column not in columns:
            yield FactProblem(name, None, str(column), "This column is not known.")


def _as_text(values: "pd.Series[Any]") -> "pd.Series[Any]":
    known = {cell: None if pd.isna(cell) else str(cell).strip() or None for cell in values.unique()}
    return pd.Series([known.get(cell) for cell in values], dtype=object)


def _as_number(table: pd.DataFrame, name: str, column: str) -> "pd.Series[float]":
    numbers = pd.to_numeric(table[column], errors="coerce").reset_index(drop=True)
    lost = numbers.isna() & table[column].notna().reset_index(drop=True)
    if lost.any():
        row = int(np.flatnonzero(lost)[0])
        raise FactsError([FactProblem(name, row, column, "This is not a number.")])
    return numbers.astype(np.float64)


def _order_visits(visits: pd.DataFrame, plan: AnalysisPlan) -> pd.DataFrame:
    position = visits["visit"].map({visit: i for i, visit in enumerate(plan.visits)})
    ordered = visits.assign(_position=position).sort_values(["subject", "_position"])
    return ordered.drop(columns="_position").reset_index(drop=True)


def _order_rows(table: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Sorted by every column, so that the order rows came in leaves no trace."""
    return table.sort_values(columns, kind="stable", na_position="last").reset_index(drop=True)


def check_facts(
    plan: AnalysisPlan,
    visits: pd.DataFrame,
    adverse_events: pd.DataFrame,
    relapses: pd.DataFrame,
) -> Iterator[FactProblem]:
    """Every reason why these typed tables cannot be analyzed."""
    yield from _check_visits(plan, visits)
    known = set(visits["subject"].dropna())
    yield from _check_subjects("adverse_events", adverse_events, known)
    yield from _check_adverse_events(adverse_events)
    yield from _check_subjects("relapses", relapses, known)
    yield from _flag("relapses", "onset_day", relapses["onset_day"].isna(), "A relapse needs its day of onset.")
    for name, table in (("adverse_events", adverse_events), ("relapses", relapses)):
        yield from _check_day(name, "onset_day", table["onset_day"])


def _flag(table: str, column: str, is_wrong: "pd.Series[bool]", reason: str) -> Iterator[FactProblem]:
    for row in np.flatnonzero(is_wrong.to_numpy(dtype=bool)):
        yield FactProblem(table, int(row), column, reason)


def _is_whole(numbers: "pd.Series[float]", step: float = 1) -> "pd.Series[bool]":
    return numbers.isna() | (np.isfinite(numbers) & (numbers / step == np.floor(numbers / step)))


def _check_visits(plan: AnalysisPlan, visits: pd.DataFrame) -> Iterator[FactProblem]:
    subject, visit = visits["subject"], visits["visit"]
    yield from _flag("visits", "subject", subject.isna(), "A row needs a subject.")
    known_visits = ", ".join(plan.visits)
    yield from _flag("visits", "visit", ~visit.isin(plan.visits), f"A visit must be one of {known_visits}.")
    yield from _flag(
        "visits",
        "visit",
        visits.duplicated(["subject", "visit"]) & subject.notna(),
        "This subject already has a row for this visit. Keep one of them.",
    )
    yield from _check_phase(visits)
    yield from _flag("visits", "sex", ~visits["sex"].isin(["F", "M", None]), "Sex must be F, M or empty.")
    yield from _check_numbers(visits, "age", 0, 120)
    yield from _check_day("visits", "study_day", visits["study_day"])
    for column in ("phase", "arm", "sex", "age"):
        yield from _check_constant(visits, column)
    for outcome in OUTCOMES.values():
        yield from _check_outcome(visits, outcome)
    yield from _check_study_days(plan, visits)


def _check_day(table: str, column: str, days: "pd.Series[float]") -> Iterator[FactProblem]:
    """A date written as a number, 20120304, is a whole number as well."""
    yield from _flag(table, column, ~_is_whole(days), "A day must be a whole number.")
    reason = f"A day counts from the procedure, which is day 0, and is at most {_FARTHEST_DAY} from it; it is no date."
    yield from _flag(table, column, _is_whole(days) & (days.abs() > _FARTHEST_DAY), reason)


def _check_phase(visits: pd.DataFrame) -> Iterator[FactProblem]:
    is_wrong = visits["phase"].isna() | ~_is_whole(visits["phase"]) | (visits["phase"] < 1)
    yield from _flag("visits", "phase", is_wrong, "A phase must be a whole number from 1.")


def _check_constant(visits: pd.DataFrame, column: str) -> Iterator[FactProblem]:
    """What belongs to the patient must be the same in each row that states it."""
    first = visits.groupby("subject")[column].transform("first")
    differs = visits[column].notna() & first.notna() & (visits[column] != first)
    yield from _flag(
        "visits",
        column,
        differs,
        "This differs from the subject's other rows. Write the same in each of them, or leave it empty.",
    )


def _check_numbers(
    visits: pd.DataFrame, column: str, minimum: float | None, maximum: float | None
) -> Iterator[FactProblem]:
    numbers = visits[column]
    low = -np.inf if minimum is None else minimum
    high = np.inf if maximum is None else maximum
    is_wrong = numbers.notna() & ~(np.isfinite(numbers) & (numbers >= low) & (numbers <= high))
    yield from _flag("visits", column, is_wrong, f"This must be {_describe_range(minimum, maximum)}.")


def _describe_range(minimum: float | None, maximum: float | None) -> str:
    if minimum is None:
        return "a finite number"
    return f"{minimum:g} or more" if maximum is None else f"from {minimum:g} to {maximum:g}"


def _check_outcome(visits: pd.DataFrame, outcome: Outcome) -> Iterator[FactProblem]:
    yield from _check_numbers(visits, outcome.key, outcome.minimum, outcome.maximum)
    if outcome.step is not None:
        reason = "This must be a whole number."
        if outcome.step != 1:
            reason = f"This must be a multiple of {outcome.step:g}."
        is_off_step = np.isfinite(visits[outcome.key]) & ~_is_whole(visits[outcome.key], outcome.step)
        yield from _flag("visits", outcome.key, is_off_step, reason)


def _check_study_days(plan: AnalysisPlan, visits: pd.DataFrame) -> Iterator[FactProblem]:
    """Visits lie on their side of the procedure (day 0); a count needs its day, since follow-up ends there."""
    position = visits["visit"].map({visit: number for number, visit in enumerate(plan.visits)})
    day, is_later = visits["study_day"], position > plan.baseline_position
    yield from _flag(
        "visits", "study_day", is_later & (day < 0), "This visit follows the procedure, so its day cannot be negative."
    )
    yield from _flag(
        "visits",
        "study_day",
        (position <= plan.baseline_position) & (day > 0),
        "This visit precedes the procedure (day 0), so its day cannot be above 0.",
    )
    counts = [outcome.key for outcome in OUTCOMES.values() if outcome.kind == "count"]
    counted = visits["visit"].isin(plan.count_visits) & visits[counts].notna().any(axis=1)
    yield from _flag(
        "visits",
        "study_day",
        counted & ~(visits["study_day"] > 0) & ~(visits["study_day"] < 0),
        "A visit that counts events needs a study day after the procedure (day 0).",
    )


ARM_PHASES = {"open": 1, "treated": 2, "sham": 2}
"""The arms of the analysis data set, and the phase each belongs to."""


def check_arms(visits: pd.DataFrame) -> Iterator[FactProblem]:
    """Reasons why these typed visits cannot be analyzed by arm: every patient has one known arm, of the own phase."""
    arm, known = visits["arm"], ", ".join(ARM_PHASES)
    yield from _flag("visits", "arm", arm.notna() & ~arm.isin(ARM_PHASES), f"An arm must be one of {known}.")
    phases = arm.map(ARM_PHASES)
    is_other = phases.notna() & visits["phase"].notna() & (phases != visits["phase"])
    yield from _flag(
        "visits", "arm", is_other, "This arm is not of this phase: open is phase 1; treated and sham, phase 2."
    )
    has_arm = arm.notna().groupby(visits["subject"]).transform("any")
    is_first = ~visits.duplicated("subject") & visits["subject"].notna()
    yield from _flag("visits", "arm", is_first & has_arm.eq(False), "This subject needs an arm.")


def _check_subjects(name: str, table: pd.DataFrame, known: set[str]) -> Iterator[FactProblem]:
    yield from _flag(
        name,
        "subject",
        ~table["subject"].isin(known),
        "This subject is not among the visits. Give it a row there, or leave this row out.",
    )


def _check_adverse_events(events: pd.DataFrame) -> Iterator[FactProblem]:
    name = "adverse_events"
    yield from _flag(name, "term", events["term"].isna(), "An event needs a term. Write what happened.")
    grade = events["ctcae_grade"]
    yield from _flag(
        name,
        "ctcae_grade",
        ~grade.isin([1, 2, 3, 4, 5]) & grade.notna(),
        "A grade must be 1, 2, 3, 4, 5 or empty.",
    )
    for column in ("serious", "related"):
        yield from _flag(name, column, ~events[column].isin(["Y", "N", None]), "This must be Y, N or empty.")
