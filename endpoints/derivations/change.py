"""Change from baseline."""

import numpy as np
import pandas as pd

from endpoints.derivations.patients import derive_values
from endpoints.facts import OUTCOMES, TrialFacts

CHANGE_DECIMALS = 10
"""Decimals of a change score: equal changes must stay equal in floating point, to tie in ranks."""


def derive_change(facts: TrialFacts, outcome: str, visit: str) -> pd.DataFrame:
    """Baseline, value, change and percent change per patient, NaN where one cannot be known.

    The change of an outcome that is measured as a change is the value itself, without a
    baseline. No other visit ever replaces a missing baseline. The percent change of a
    baseline of zero is undefined.
    """
    table = derive_values(facts, outcome, visit)
    if OUTCOMES[outcome].is_change:
        change = table["value"].round(CHANGE_DECIMALS)
        return table.assign(baseline=np.nan, change=change, percent_change=np.nan)
    baseline = derive_values(facts, outcome, facts.plan.baseline_visit)["value"]
    change = (table["value"] - baseline).round(CHANGE_DECIMALS)
    percent = (100 * change / baseline.where(baseline != 0)).round(CHANGE_DECIMALS)
    return table.assign(baseline=baseline, change=change, percent_change=percent)


def derive_percent_reduction(changes: pd.DataFrame) -> "pd.Series[float]":
    """How far the value fell, in percent of baseline; negative for a rise, never clipped."""
    return -changes["percent_change"] + 0.0
