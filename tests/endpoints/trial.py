"""Hand-made facts for the tests: a trial in a few lines."""

from collections.abc import Iterable, Mapping
from fractions import Fraction

import pandas as pd

from endpoints.derivations.groups import Comparison, Group, Grouping
from endpoints.facts import (
    ADVERSE_EVENT_COLUMNS,
    RELAPSE_COLUMNS,
    VISIT_COLUMNS,
    AnalysisPlan,
    TrialFacts,
)

PLAN = AnalysisPlan(
    visits=("screening", "baseline", "24h", "1m", "3m", "6m"),
    baseline_visit="baseline",
    response_visit="1m",
    response_threshold=Fraction(3, 4),
    course_visits=("24h", "1m", "3m", "6m"),
    count_visits=("1m", "3m", "6m"),
    change_visits=("3m", "6m"),
    early_safety_days=1,
    late_safety_days=30,
    landmark_days=(30, 91, 182),
)

STUDY_DAYS = {"screening": -28, "baseline": -7, "24h": 1, "1m": 30, "3m": 91, "6m": 182}

OPEN = Group("open", "Open label", 1, "open", is_open=True)
TREATED = Group("treated", "Angioplasty", 2, "treated")
SHAM = Group("sham", "Sham", 2, "sham")
BY_ARM = Grouping((OPEN, TREATED, SHAM), (Comparison(TREATED, SHAM),))
POOLED = Grouping((Group("phase_1", "Phase 1", 1, is_open=True), Group("phase_2", "Phase 2", 2)))

Cell = str | float | None
Visits = Mapping[str, Mapping[str, Cell]]


def make_visit(subject: str, arm: str, visit: str, **values: Cell) -> dict[str, Cell]:
    """A row of the visits table with the study day as planned."""
    row: dict[str, Cell] = dict.fromkeys(VISIT_COLUMNS)
    row.update(
        subject=subject,
        phase=1 if arm == "open" else 2,
        arm=arm,
        sex="F",
        age=40,
        visit=visit,
        study_day=STUDY_DAYS[visit],
    )
    return row | values


def make_facts(
    visits: Iterable[Mapping[str, Cell]],
    adverse_events: Iterable[tuple[Cell, ...]] = (),
    relapses: Iterable[tuple[Cell, ...]] = (),
) -> TrialFacts:
    """Facts from rows of visits, events and relapses."""
    return TrialFacts(
        PLAN,
        pd.DataFrame(list(visits), columns=list(VISIT_COLUMNS)),
        pd.DataFrame(list(adverse_events), columns=list(ADVERSE_EVENT_COLUMNS)),
        pd.DataFrame(list(relapses), columns=list(RELAPSE_COLUMNS)),
    )


def make_patient(subject: str, arm: str, outcome: str, **values: float | None) -> list[dict[str, Cell]]:
    """One outcome of a patient by visit: `m1` stands for the visit 1m, `h24` for 24h."""
    names = {"h24": "24h", "m1": "1m", "m3": "3m", "m6": "6m"}
    return [make_visit(subject, arm, names.get(name, name), **{outcome: value}) for name, value in values.items()]


def make_counts(treated: Iterable[int], sham: Iterable[int], outcome: str) -> TrialFacts:
    """Patients whose whole count happened before the visit at one month."""
    rows: list[dict[str, Cell]] = []
    for arm, counts in (("treated", treated), ("sham", sham)):
        for number, count in enumerate(counts):
            rows += make_patient(f"{arm}-{number:02}", arm, outcome, m1=count, m3=0, m6=0)
    return make_facts(rows)
