"""The VHISS over the visits after the procedure, by mixed models."""

import math

import numpy as np
import pandas as pd
from scipy import stats

from endpoints.derivations.groups import Comparison, Grouping
from endpoints.derivations.patients import derive_patients, derive_values
from endpoints.facts import AnalysisPlan, TrialFacts
from endpoints.families.topics import Rows, make_topic, name_groups
from endpoints.results import KENWARD_ROGER, MIXED_VISIT, UNSTRUCTURED_VISIT, read_values
from endpoints.rows import RowContext, StatisticRow, Summary, Value
from endpoints.statistics.mixed_models import (
    ContrastTest,
    RandomIntercept,
    RepeatedModel,
    compute_kenward_roger,
    compute_satterthwaite,
    fit_random_intercept,
    fit_unstructured,
    judge_contrast,
    judge_term,
    make_repeated_model,
)
from endpoints.statistics.numbers import CONFIDENCE

UNFITTED = "Too few scores, or too alike, for this model."
_TERMS = {"baseline": "baseline", "arm": "arm", "visit": "visit", "interaction": "arm:visit"}


def summarize_mixed_model(facts: TrialFacts, grouping: Grouping) -> Summary:
    """Difference of the arms at each visit: VHISS ~ baseline + arm x visit, all scores of patients with a baseline.

    The analysis of a row is `random_intercept`, the plan's first choice, or `unstructured`. Intervals are normal.
    """
    table = _collect(facts)
    rows: list[StatisticRow] = []
    for comparison in grouping.comparisons:
        model = _make_model(table, facts.plan, comparison)
        rows.extend(_write_random_intercept(facts.plan, comparison, model))
        rows.extend(_write_unstructured(facts.plan, comparison, model))
    columns = ["baseline", *facts.plan.course_visits]
    return Summary("mixed_model", tuple(rows), name_groups(table, grouping, columns))


def _collect(facts: TrialFacts) -> pd.DataFrame:
    table = derive_patients(facts)
    table["baseline"] = derive_values(facts, "vhiss", facts.plan.baseline_visit)["value"]
    for visit in facts.plan.course_visits:
        table[visit] = derive_values(facts, "vhiss", visit)["value"]
    return table


def _make_model(table: pd.DataFrame, plan: AnalysisPlan, comparison: Comparison) -> RepeatedModel | None:
    active, reference = comparison.active.select(table), comparison.reference.select(table)
    both = pd.concat([active, reference])
    is_active = np.repeat([1.0, 0.0], [len(active), len(reference)])
    scores = both[list(plan.course_visits)].to_numpy(dtype=np.float64)
    return make_repeated_model(scores, both["baseline"].to_numpy(dtype=np.float64), is_active)


def _about(comparison: Comparison, model: RepeatedModel | None, analysis: str, visit: str | None = None) -> RowContext:
    topic = make_topic("mixed_model", "vhiss", analysis, visit)
    return topic.about(comparison.key, model.scores.patients if model else 0)


def _write_random_intercept(plan: AnalysisPlan, comparison: Comparison, model: RepeatedModel | None) -> Rows:
    random = fit_random_intercept(model) if model else None
    note = "" if random else UNFITTED
    for position, visit in enumerate(plan.course_visits):
        satterthwaite = kenward_roger = None
        if model and random:
            contrast = model.contrast_arms(position)
            satterthwaite = compute_satterthwaite(random, contrast, model.scores.df)
            kenward_roger = compute_kenward_roger(random, contrast)
        context = _about(comparison, model, "random_intercept", visit)
        numbers = read_values(satterthwaite, MIXED_VISIT) | read_values(kenward_roger, KENWARD_ROGER)
        yield from context.write(numbers | _limit(satterthwaite), note)
    overall = _about(comparison, model, "random_intercept")
    yield from overall.write(_describe(model, random) | _judge_terms(model, random), note)


def _limit(test: ContrastTest | None) -> dict[str, Value]:
    """The normal interval."""
    if test is None:
        return {"mm_lo": None, "mm_hi": None}
    reach = float(stats.norm.ppf((1 + CONFIDENCE) / 2)) * test.se
    return {"mm_lo": test.estimate - reach, "mm_hi": test.estimate + reach}


def _describe(model: RepeatedModel | None, random: RandomIntercept | None) -> dict[str, Value]:
    return {
        "mm_observations": model.scores.scores if model else 0,
        "mm_sd_patient": math.sqrt(random.variance_patient) if random else None,
        "mm_sd_residual": math.sqrt(random.variance_residual) if random else None,
    }


def _judge_terms(model: RepeatedModel | None, random: RandomIntercept | None) -> dict[str, Value]:
    written: dict[str, Value] = {}
    for name, term in _TERMS.items():
        test = judge_term(random, model.list_hypotheses()[term], model.scores.df) if model and random else None
        written |= read_values(test, {f"mm_{name}_f": "f", f"mm_{name}_p": "p"})
    return written


def _write_unstructured(plan: AnalysisPlan, comparison: Comparison, model: RepeatedModel | None) -> Rows:
    found = fit_unstructured(model) if model else None
    for position, visit in enumerate(plan.course_visits):
        test = judge_contrast(found[0], model.contrast_arms(position), model.scores.df) if model and found else None
        numbers = read_values(test, UNSTRUCTURED_VISIT) | _limit(test)
        yield from _about(comparison, model, "unstructured", visit).write(numbers, "" if test else UNFITTED)
