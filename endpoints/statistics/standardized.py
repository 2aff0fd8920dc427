"""A difference of means in standard deviations, to set outcomes with different units side by side."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from scipy import stats

from endpoints.statistics.numbers import CONFIDENCE, Interval, drop_missing


@dataclass(frozen=True)
class StandardizedDifference:
    """Hedges' g: first - second by the pooled standard deviation, corrected for small samples; a normal interval."""

    estimate: float
    interval: Interval


def compute_standardized_difference(first: Iterable[float], second: Iterable[float]) -> StandardizedDifference | None:
    """Hedges, Journal of Educational Statistics 1981;6:107-128; variance after Hedges and Olkin, Statistical Methods for
    Meta-Analysis, 1985, chapter 5, formula 15. None where an arm has fewer than two values or no value differs.
    """
    one, two = drop_missing(first), drop_missing(second)
    if len(one) < 2 or len(two) < 2:
        return None
    df = len(one) + len(two) - 2
    pooled = math.sqrt((((one - one.mean()) ** 2).sum() + ((two - two.mean()) ** 2).sum()) / df)
    if pooled == 0:
        return None
    g = (1 - 3 / (4 * df - 1)) * float(one.mean() - two.mean()) / pooled
    variance = (len(one) + len(two)) / (len(one) * len(two)) + g**2 / (2 * (len(one) + len(two)))
    reach = float(stats.norm.ppf((1 + CONFIDENCE) / 2)) * math.sqrt(variance)
    return StandardizedDifference(g, Interval(g - reach, g + reach))
