"""VHISS response and percent change."""

import math
from fractions import Fraction

import numpy as np

from endpoints.derivations.change import CHANGE_DECIMALS
from endpoints.derivations.response import is_responder
from endpoints.document.blocks import (
    Block,
    assess_within,
    compare_proportions,
    compare_ranks,
    count_proportion,
    describe_arms,
)
from endpoints.document.changes import derive_percent_change
from endpoints.document.cohort import Cohort, Mask
from endpoints.results import read_values
from endpoints.rows import Value
from endpoints.statistics.numbers import FloatArray
from endpoints.statistics.t_tests import compute_one_sample_t


def write_response(cohort: Cohort) -> Block:
    """Responders observed, and with everyone who cannot be evaluated counted as none."""
    plan = cohort.plan
    percent = {visit: derive_percent_change(cohort, "vhiss", visit) for visit in plan.course_visits}
    at_response = percent[plan.response_visit]
    responses = judge_responses(cohort)
    is_evaluable = np.array([response is not None for response in responses], dtype=bool)
    responded = np.array([response is True for response in responses], dtype=bool)
    return {
        "per_patient": _list_patients(cohort, percent, responses),
        "pct_change_by_arm": {visit: describe_arms(cohort, values) for visit, values in percent.items()},
        "observed": _count(cohort, responded, is_evaluable),
        "nonresponder_imputation": _count(cohort, responded, np.ones_like(is_evaluable)),
        "pct_change_1m_treated_vs_sham": compare_ranks(cohort, at_response),
        "open_pct_change_1m_vs_minus75": _test_against_threshold(cohort, at_response),
    }


def judge_responses(cohort: Cohort) -> list[bool | None]:
    """Per patient whether the VHISS fell by more than the threshold; None where that cannot be told."""
    plan = cohort.plan
    baseline, later = (cohort.values("vhiss", visit) for visit in (plan.baseline_visit, plan.response_visit))
    pairs = zip(baseline.tolist(), later.tolist(), strict=True)
    return [_judge_one(before, after, plan.response_threshold) for before, after in pairs]


def _judge_one(before: float, after: float, threshold: Fraction) -> bool | None:
    if math.isnan(before) or math.isnan(after):
        return None
    return is_responder(int(before), int(after), threshold)


def _count(cohort: Cohort, responded: Mask, is_counted: Mask) -> Block:
    return {
        "open": count_proportion(responded, cohort.members["open"] & is_counted),
        "treated_vs_sham": compare_proportions(cohort, responded, is_counted),
    }


def _list_patients(cohort: Cohort, percent: dict[str, FloatArray], responses: list[bool | None]) -> list[Block]:
    plan = cohort.plan
    baseline = cohort.values("vhiss", plan.baseline_visit).tolist()
    later = cohort.values("vhiss", plan.response_visit).tolist()
    columns = {visit: values.tolist() for visit, values in percent.items()}
    return [
        {
            "subject": subject,
            "arm": cohort.arms[position],
            "baseline": baseline[position],
            "m1": later[position],
            "pct_change_1m": columns[plan.response_visit][position],
            "responder_1m": responses[position],
            "pct_change": {visit: values[position] for visit, values in columns.items()},
        }
        for position, subject in enumerate(cohort.subjects)
    ]


def _test_against_threshold(cohort: Cohort, percent: FloatArray) -> Block:
    """The open arm's percent change against the fall that makes a responder."""
    threshold = -100.0 * float(cohort.plan.response_threshold)
    values = percent[cohort.members["open"]]
    excess = np.round(values - threshold, CHANGE_DECIMALS)
    test = compute_one_sample_t(excess)
    found = read_values(test, {"mean": "estimate", "lo": "interval.low", "hi": "interval.high", "t": "t", "p": "p"})
    moved = {name: _move(found[name], threshold) for name in ("mean", "lo", "hi")}
    return found | moved | {"wilcoxon": assess_within(excess)}


def _move(value: Value, distance: float) -> Value:
    return None if value is None else value + distance
