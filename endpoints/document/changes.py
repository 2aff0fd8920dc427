"""Changes from baseline, per patient and between and within arms."""

import numpy as np

from endpoints.derivations.change import CHANGE_DECIMALS
from endpoints.document.blocks import (
    Block,
    assess_within,
    assess_within_arms,
    compare_means,
    compare_ranks,
    describe_arms,
)
from endpoints.document.cohort import Cohort
from endpoints.document.models import fit_arms, write_coefficients, write_means, write_tests
from endpoints.facts import OUTCOMES
from endpoints.statistics.numbers import FloatArray

CHANGE_OUTCOMES = ("edss", "pbvc", "sdmt", "pasat", "msqol_physical", "msqol_mental")
PAIRED_OUTCOMES = ("vhiss", *CHANGE_OUTCOMES)


def derive_change(cohort: Cohort, outcome: str, visit: str) -> FloatArray:
    """Value less baseline, rounded so that equal changes tie; the value itself where it already is a change."""
    values = cohort.values(outcome, visit)
    if not OUTCOMES[outcome].is_change:
        values = values - cohort.values(outcome, cohort.plan.baseline_visit)
    return np.round(values, CHANGE_DECIMALS) + 0.0


def derive_percent_change(cohort: Cohort, outcome: str, visit: str) -> FloatArray:
    """Change in percent of the baseline; NaN where the baseline is zero."""
    baseline = cohort.values(outcome, cohort.plan.baseline_visit)
    divisor = np.where(baseline == 0, np.nan, baseline)
    percent: FloatArray = np.round(100 * (cohort.values(outcome, visit) - baseline) / divisor, CHANGE_DECIMALS) + 0.0
    return percent


def write_open_changes(cohort: Cohort) -> Block:
    """Within the open arm: every outcome that can change, at every visit after the baseline."""
    members = cohort.members["open"]
    return {
        outcome: {
            visit: assess_within(derive_change(cohort, outcome, visit)[members])
            for visit in cohort.plan.visits_after_baseline
        }
        for outcome in PAIRED_OUTCOMES
    }


def write_changes(cohort: Cohort) -> Block:
    """Secondary outcomes at the plan's visits."""
    return {
        outcome: {visit: _write_change(cohort, outcome, visit) for visit in cohort.plan.change_visits}
        for outcome in CHANGE_OUTCOMES
    }


def _write_change(cohort: Cohort, outcome: str, visit: str) -> Block:
    change = derive_change(cohort, outcome, visit)
    return {
        "change_by_arm": describe_arms(cohort, change),
        "mann_whitney": compare_ranks(cohort, change),
        "t_test": compare_means(cohort, change),
        "ancova": _adjust(cohort, outcome, visit),
        "within_arm": assess_within_arms(cohort, change),
    }


def _adjust(cohort: Cohort, outcome: str, visit: str) -> Block:
    """The value at the visit, given the baseline unless the value already is a change."""
    covariates = {}
    if not OUTCOMES[outcome].is_change:
        covariates["baseline"] = cohort.values(outcome, cohort.plan.baseline_visit)
    model = fit_arms(cohort, cohort.values(outcome, visit), covariates)
    return {
        "formula": " + ".join(["value ~ baseline" if covariates else "value ~", "arm"]).replace("~ +", "~"),
        "fit": write_coefficients(model, list(covariates)),
        "type2": write_tests(model.type_two if model else None, model, list(covariates)),
        "emmeans": write_means(model),
    }
