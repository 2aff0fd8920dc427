"""Drawing a trial: the three tables of the analysis data set, from assumptions and a seed."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from endpoints.derivations.counts import DAYS_PER_YEAR
from endpoints.facts import ADVERSE_EVENT_COLUMNS, RELAPSE_COLUMNS, VISIT_COLUMNS, AnalysisPlan, TrialFacts
from endpoints.plan import DAYS_PER_MONTH
from endpoints.simulation.assumptions import Assumptions, CountAssumptions
from endpoints.statistics.numbers import FloatArray, IntArray

TERMS = ("Headache", "Groin hematoma", "Fatigue", "Back pain", "Nausea", "Deep vein thrombosis", "Dizziness", "Fever")
_DAYS_BEFORE = {0: -28, 1: -7}
"""Study days of the first two visits of a plan, before the procedure."""

Columns = Mapping[str, np.ndarray]


def draw_trial(assumptions: Assumptions, plan: AnalysisPlan, seed: int) -> TrialFacts:
    """A trial; the same assumptions, plan and seed always give the same one."""
    random = np.random.default_rng(seed)
    visits = _draw_visits(assumptions, plan, random)
    subjects = visits["subject"].unique()
    events = _draw_events(assumptions, subjects, random)
    if assumptions.analysis_month:
        observed = _draw_observed_days(assumptions, subjects, seed)
        visits, events = _cut(visits, "study_day", observed), _cut(events, "onset_day", observed)
    relapses = _draw_onsets(visits, plan, random)
    return TrialFacts(plan, visits, events, relapses)


def _draw_observed_days(assumptions: Assumptions, subjects: np.ndarray, seed: int) -> "pd.Series[float]":
    """Days from each patient's procedure to the analysis; below 0 for who would have come after it.

    Drawn apart, so that the trial is the one that would be seen when all are done.
    """
    random = np.random.default_rng([seed, 1])
    entered = np.cumsum(random.exponential(DAYS_PER_MONTH / assumptions.enrollment_rate, len(subjects)))
    observed = assumptions.analysis_month * DAYS_PER_MONTH - entered
    return pd.Series(observed, index=pd.Index(random.permutation(subjects)))


def _cut(table: pd.DataFrame, day: str, observed: "pd.Series[float]") -> pd.DataFrame:
    """The rows of the days that were observed, of the patients who had come; an unknown day may be any."""
    last = table["subject"].map(observed)
    return table[(last >= 0) & ~(table[day] > last)].reset_index(drop=True)


def _draw_visits(assumptions: Assumptions, plan: AnalysisPlan, random: np.random.Generator) -> pd.DataFrame:
    arms = np.repeat(["open", "treated", "sham"], [assumptions.n_open, assumptions.n_treated, assumptions.n_sham])
    size = len(arms)
    who = {
        "subject": np.array([f"P{number:06}" for number in random.permutation(size) + 1], dtype=object),
        "phase": np.where(arms == "open", 1, 2),
        "arm": arms.astype(object),
        "sex": random.choice(np.array(["F", "M"], dtype=object), size, p=[0.65, 0.35]),
        "age": random.integers(20, 61, size),
    }
    is_treated = arms != "sham"
    levels = random.normal(8, assumptions.vhiss_scatter, size)
    frailty = {name: _draw_frailty(_counts_of(assumptions, name), size, random) for name in _COUNTED}
    gone, last_day = np.zeros(size, dtype=bool), np.zeros(size)
    frames = []
    for position, visit in enumerate(plan.visits):
        days = _plan_day(plan, visit) + random.integers(-1, 2, size) * (_plan_day(plan, visit) > 1)
        if visit in plan.count_visits:
            gone = gone | (random.random(size) < assumptions.drop_out)
        is_after = position > plan.baseline_position
        seen = ~gone & ((random.random(size) >= assumptions.missing_visit) | (position == plan.baseline_position))
        values = _draw_scores(assumptions, levels, is_treated & is_after, is_after, random)
        if is_after:
            values |= _draw_counts(assumptions, frailty, is_treated, (days - last_day) / DAYS_PER_YEAR, random)
            last_day = np.where(seen, days, last_day)
        frames.append(_frame(who, visit, days, values, seen, assumptions.missing_value, random))
    table = pd.concat(frames, ignore_index=True)[list(VISIT_COLUMNS)]
    return table.iloc[random.permutation(len(table))].reset_index(drop=True)


_COUNTED = ("new_ce_lesions", "new_t2_lesions", "relapses")


def _counts_of(assumptions: Assumptions, outcome: str) -> CountAssumptions:
    return assumptions.relapses if outcome == "relapses" else assumptions.lesions


def _draw_frailty(counts: CountAssumptions, size: int, random: np.random.Generator) -> FloatArray:
    """What a patient's own rate is a multiple of: mean 1, variance the dispersion."""
    if counts.dispersion == 0:
        return np.ones(size)
    return random.gamma(1 / counts.dispersion, counts.dispersion, size)


def _plan_day(plan: AnalysisPlan, visit: str) -> int:
    planned = dict(zip(plan.count_visits, plan.landmark_days, strict=True))
    position = plan.visits.index(visit)
    if position <= plan.baseline_position:
        return _DAYS_BEFORE.get(position, -1)
    return planned.get(visit, plan.early_safety_days)


def _draw_scores(
    assumptions: Assumptions, levels: FloatArray, falls: np.ndarray, is_after: bool, random: np.random.Generator
) -> dict[str, FloatArray]:
    size = len(levels)
    scores = levels - assumptions.vhiss_effect * falls + random.normal(0, assumptions.vhiss_scatter, size)
    edss = np.round(np.clip(random.normal(3, 1.2, size), 1, 9.5) * 2) / 2
    values: dict[str, FloatArray] = {
        "vhiss": np.clip(np.round(scores), 0, 16),
        "edss": edss,
        "sdmt": np.clip(np.round(random.normal(50, 10, size)), 0, 110),
        "pasat": np.clip(np.round(random.normal(45, 9, size)), 0, 60),
        "msqol_physical": np.clip(np.round(random.normal(60, 15, size), 2), 0.0, 100.0).astype(np.float64),
        "msqol_mental": np.clip(np.round(random.normal(65, 15, size), 2), 0.0, 100.0).astype(np.float64),
    }
    if is_after:
        values["pbvc"] = np.round(random.normal(-0.3, 0.5, size), 2)
    return values


def _draw_counts(
    assumptions: Assumptions,
    frailty: Mapping[str, FloatArray],
    is_treated: np.ndarray,
    years: FloatArray,
    random: np.random.Generator,
) -> dict[str, FloatArray]:
    drawn = {}
    for outcome in _COUNTED:
        counts = _counts_of(assumptions, outcome)
        rates = counts.rate * np.where(is_treated, counts.rate_ratio, 1.0) * frailty[outcome]
        drawn[outcome] = random.poisson(rates * np.maximum(years, 0)).astype(np.float64)
    return drawn


def _frame(
    who: Columns,
    visit: str,
    days: IntArray,
    values: Mapping[str, FloatArray],
    seen: np.ndarray,
    missing: float,
    random: np.random.Generator,
) -> pd.DataFrame:
    columns: dict[str, object] = dict(who) | {"visit": visit, "study_day": days}
    for name in VISIT_COLUMNS[len(columns) :]:
        drawn = values.get(name, np.full(len(seen), np.nan))
        columns[name] = np.where(random.random(len(seen)) < missing, np.nan, drawn)
    return pd.DataFrame(columns)[seen]


def _draw_events(assumptions: Assumptions, subjects: np.ndarray, random: np.random.Generator) -> pd.DataFrame:
    numbers = random.poisson(assumptions.adverse_events_per_patient, len(subjects))
    size = int(numbers.sum())
    flags = np.array(["Y", "N", None], dtype=object)
    onset = random.integers(-5, 182, size).astype(np.float64)
    columns = {
        "subject": np.repeat(subjects, numbers),
        "term": random.choice(np.array(TERMS, dtype=object), size),
        "ctcae_grade": random.choice(np.array([1, 2, 3, 4, 5, np.nan]), size, p=[0.5, 0.28, 0.12, 0.04, 0.01, 0.05]),
        "serious": random.choice(flags, size, p=[0.12, 0.83, 0.05]),
        "related": random.choice(flags, size, p=[0.3, 0.65, 0.05]),
        "onset_day": np.where(random.random(size) < 0.05, np.nan, onset),
    }
    return pd.DataFrame(columns)[list(ADVERSE_EVENT_COLUMNS)]


def _draw_onsets(visits: pd.DataFrame, plan: AnalysisPlan, random: np.random.Generator) -> pd.DataFrame:
    """A day of onset for each relapse reported, within the four weeks before the visit and after the procedure."""
    reported = visits[visits["relapses"] > 0]
    numbers = reported["relapses"].to_numpy(dtype=np.int64)
    days = np.repeat(reported["study_day"].to_numpy(dtype=np.int64), numbers)
    onset = np.maximum(0, days - random.integers(0, 28, len(days)))
    columns = {"subject": np.repeat(reported["subject"].to_numpy(), numbers), "onset_day": onset}
    return pd.DataFrame(columns)[list(RELAPSE_COLUMNS)]
