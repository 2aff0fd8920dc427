"""VHISS response: a fall by more than a set part of the baseline."""

import math
from fractions import Fraction

import pandas as pd

from endpoints.derivations.change import derive_change
from endpoints.facts import TrialFacts


def is_responder(baseline: int, follow_up: int, threshold: Fraction) -> bool | None:
    """Whether the score fell by strictly more than `threshold` of its baseline.

    In whole numbers, so that exactly three quarters is never taken for more. None for a
    baseline of zero, of which there is no part.
    """
    if baseline < 0 or follow_up < 0:
        raise ValueError("A score cannot be negative.")
    if baseline == 0:
        return None
    return (baseline - follow_up) * threshold.denominator > baseline * threshold.numerator


def derive_response(facts: TrialFacts) -> pd.DataFrame:
    """Baseline, value, change and response of each patient at the plan's response visit.

    `responder` is True, False, or None where it cannot be evaluated: baseline missing or
    zero, or no score at the visit.
    """
    changes = derive_change(facts, "vhiss", facts.plan.response_visit)
    pairs = zip(changes["baseline"].tolist(), changes["value"].tolist(), strict=True)
    responses = [_judge(*pair, facts.plan.response_threshold) for pair in pairs]
    return changes.assign(responder=pd.Series(responses, index=changes.index, dtype=object))


def _judge(baseline: float, follow_up: float, threshold: Fraction) -> bool | None:
    if math.isnan(baseline) or math.isnan(follow_up):
        return None
    return is_responder(int(baseline), int(follow_up), threshold)
