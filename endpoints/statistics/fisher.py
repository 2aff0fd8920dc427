"""Fisher's exact test of a 2 x 2 table, with both odds ratios."""

import math
from dataclasses import dataclass

from scipy import stats

from endpoints.statistics.conditional_odds import Margins, compute_conditional_odds
from endpoints.statistics.numbers import CONFIDENCE, Interval

_COUNTED_EXACTLY = 1000
"""Up to so many patients the ways to make a table are counted in whole numbers."""


@dataclass(frozen=True)
class FisherTest:
    """Events in a first and a second arm compared; ratios are first over second.

    An infinite ratio is infinity. An undefined one is None, its interval unbounded: no event in
    either arm, or nothing but events in both.
    """

    p: float
    conditional_odds_ratio: float | None
    conditional_interval: Interval
    sample_odds_ratio: float | None


def compute_fisher(
    first_events: int,
    first_total: int,
    second_events: int,
    second_total: int,
    confidence: float = CONFIDENCE,
) -> FisherTest | None:
    """Test whether events are as frequent in both arms; None where an arm is empty.

    Two-sided p: the summed probability, given all margins, of every table that is no more
    probable than the one seen. R. A. Fisher, Statistical Methods for Research Workers,
    section 21.02. The conditional odds ratio maximizes the noncentral hypergeometric
    likelihood (Agresti, Categorical Data Analysis, section 16.6.4); the sample odds ratio
    is the cross product.
    """
    if not (0 <= first_events <= first_total and 0 <= second_events <= second_total):
        raise ValueError("There are more events than patients.")
    if first_total == 0 or second_total == 0:
        return None
    p = _compute_two_sided_p(first_events, first_total, second_events, second_total)
    table = [
        [first_events, first_total - first_events],
        [second_events, second_total - second_events],
    ]
    estimate, interval = _compute_conditional(table, confidence)
    return FisherTest(p, estimate, interval, compute_sample_odds_ratio(table))


def _compute_two_sided_p(first_events: int, first_total: int, second_events: int, second_total: int) -> float:
    """In whole numbers: equally probable tables are equal, without a tolerance. Large tables by SciPy, with one."""
    events = first_events + second_events
    if first_total + second_total > _COUNTED_EXACTLY:
        table = [[first_events, first_total - first_events], [second_events, second_total - second_events]]
        return float(stats.fisher_exact(table).pvalue)
    ways = {
        x: math.comb(first_total, x) * math.comb(second_total, events - x)
        for x in range(max(0, events - second_total), min(events, first_total) + 1)
    }
    extreme = sum(number for number in ways.values() if number <= ways[first_events])
    return extreme / sum(ways.values())


def _compute_conditional(table: list[list[int]], confidence: float) -> tuple[float | None, Interval]:
    events, non_events = table[0][0] + table[1][0], table[0][1] + table[1][1]
    if events == 0 or non_events == 0:
        return None, Interval(0.0, math.inf)
    margins = Margins(sum(table[0]), sum(table[1]), events)
    return compute_conditional_odds(table[0][0], margins, confidence)


def compute_sample_odds_ratio(table: list[list[int]]) -> float | None:
    """Cross product of a 2 x 2 table; infinite over zero, None for 0 / 0."""
    (a, b), (c, d) = table
    if b * c:
        return a * d / (b * c)
    return math.inf if a * d else None
