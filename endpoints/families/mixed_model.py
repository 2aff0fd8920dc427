"""The VHISS over the visits after the procedure, by mixed models."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy import stats

from endpoints.derivations.groups import Comparison, Grouping
from endpoints.derivations.patients import derive_patients, derive_values
from endpoints.facts import AnalysisPlan, TrialFacts
from endpoints.families.topics import Rows, make_topic, name_groups
from endpoints.results import KENWARD_ROGER, MIXED_VISIT, UNSTRUCTURED_VISIT, read_values
from endpoints.rows import RowContext, StatisticRow, Summary, Value
from endpoints.statistics.mixed_analysis import AtVisit, MixedAnalysis, analyze_repeated
from endpoints.statistics.mixed_models import ContrastTest
from endpoints.statistics.numbers import CONFIDENCE

UNFITTED = "Too few scores, or too alike, for this model."
EMPTY = "Nobody has a score at this visit."
NOT_SCORED = AtVisit(None, None, None)
_TERMS = {"baseline": "baseline", "arm": "arm", "visit": "visit", "interaction": "arm:visit"}


def summarize_mixed_model(facts: TrialFacts, grouping: Grouping) -> Summary:
    """Difference of the arms at each visit: VHISS ~ baseline + arm x visit, all scores of patients with a baseline.

    The analysis of a row is `random_intercept`, the plan's first choice, or `unstructured`. Intervals are normal.
    """
    table = _collect(facts)
    rows: list[StatisticRow] = []
    for comparison in grouping.comparisons:
        found = _analyze(table, facts.plan, comparison)
        rows.extend(_write_random_intercept(facts.plan, comparison, found))
        rows.extend(_write_unstructured(facts.plan, comparison, found))
    columns = ["baseline", *facts.plan.course_visits]
    return Summary("mixed_model", tuple(rows), name_groups(table, grouping, columns))


def _collect(facts: TrialFacts) -> pd.DataFrame:
    table = derive_patients(facts)
    table["baseline"] = derive_values(facts, "vhiss", facts.plan.baseline_visit)["value"]
    for visit in facts.plan.course_visits:
        table[visit] = derive_values(facts, "vhiss", visit)["value"]
    return table


def _analyze(table: pd.DataFrame, plan: AnalysisPlan, comparison: Comparison) -> MixedAnalysis:
    active, reference = comparison.active.select(table), comparison.reference.select(table)
    both = pd.concat([active, reference])
    is_active = np.repeat([1.0, 0.0], [len(active), len(reference)])
    scores = both[list(plan.course_visits)].to_numpy(dtype=np.float64)
    is_scored = ~np.isnan(scores).all(axis=0)
    if is_scored.sum() < 2:
        is_scored[:] = True
    baseline = both["baseline"].to_numpy(dtype=np.float64)
    # A visit without any score has no mean to compare; with it, nothing of the others could be estimated either.
    found = analyze_repeated(scores[:, is_scored], baseline, is_active)
    told = iter(found.visits)
    return replace(found, visits=tuple(next(told) if one else NOT_SCORED for one in is_scored))


def _about(comparison: Comparison, found: MixedAnalysis, analysis: str, visit: str | None = None) -> RowContext:
    return make_topic("mixed_model", "vhiss", analysis, visit).about(comparison.key, found.patients)


def _write_random_intercept(plan: AnalysisPlan, comparison: Comparison, found: MixedAnalysis) -> Rows:
    note = "" if found.random else UNFITTED
    for visit, at in zip(plan.course_visits, found.visits, strict=True):
        yield from _about(comparison, found, "random_intercept", visit).write(
            _read_visit(at), EMPTY if at is NOT_SCORED else note
        )
    overall = _about(comparison, found, "random_intercept")
    yield from overall.write(_describe(found) | _read_terms(found), note)


def _read_visit(at: AtVisit) -> dict[str, Value]:
    numbers = read_values(at.satterthwaite, MIXED_VISIT) | read_values(at.kenward_roger, KENWARD_ROGER)
    return numbers | _limit(at.satterthwaite)


def _limit(test: ContrastTest | None) -> dict[str, Value]:
    """The normal interval."""
    if test is None:
        return {"mm_lo": None, "mm_hi": None}
    reach = float(stats.norm.ppf((1 + CONFIDENCE) / 2)) * test.se
    return {"mm_lo": test.estimate - reach, "mm_hi": test.estimate + reach}


def _describe(found: MixedAnalysis) -> dict[str, Value]:
    random = found.random
    return {
        "mm_observations": found.scores,
        "mm_sd_patient": math.sqrt(random.variance_patient) if random else None,
        "mm_sd_residual": math.sqrt(random.variance_residual) if random else None,
    }


def _read_terms(found: MixedAnalysis) -> dict[str, Value]:
    written: dict[str, Value] = {}
    for name, term in _TERMS.items():
        written |= read_values(found.terms[term], {f"mm_{name}_f": "f", f"mm_{name}_p": "p"})
    return written


def _write_unstructured(plan: AnalysisPlan, comparison: Comparison, found: MixedAnalysis) -> Rows:
    for visit, at in zip(plan.course_visits, found.visits, strict=True):
        test = at.unstructured
        numbers = read_values(test, UNSTRUCTURED_VISIT) | _limit(test)
        note = EMPTY if at is NOT_SCORED else "" if test else UNFITTED
        yield from _about(comparison, found, "unstructured", visit).write(numbers, note)
