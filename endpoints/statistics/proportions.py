"""One proportion, and the difference of two: intervals."""

import math
from dataclasses import dataclass

from scipy import stats

from endpoints.statistics.numbers import CONFIDENCE, Interval


@dataclass(frozen=True)
class Proportion:
    """Events among a total, with the exact and the score interval; None where the total is 0."""

    events: int
    total: int
    proportion: float | None
    clopper_pearson: Interval | None
    wilson: Interval | None


@dataclass(frozen=True)
class ProportionDifference:
    """First proportion minus the second, with Newcombe's hybrid score interval."""

    difference: float
    newcombe: Interval


def _check_events(events: int, total: int) -> None:
    if not 0 <= events <= total:
        raise ValueError(f"{events} events cannot happen to {total} patients.")


def compute_clopper_pearson(events: int, total: int, confidence: float = CONFIDENCE) -> Interval | None:
    """Exact binomial interval from quantiles of the beta distribution.

    Clopper and Pearson, Biometrika 1934;26:404-413.
    """
    _check_events(events, total)
    return compute_binomial_limits(events, total, confidence) if total else None


def compute_binomial_limits(events: int, total: int, confidence: float = CONFIDENCE) -> Interval:
    """The limits of Clopper and Pearson for a total above zero."""
    tail = (1 - confidence) / 2
    low = stats.beta.ppf(tail, events, total - events + 1) if events else 0.0
    high = stats.beta.isf(tail, events + 1, total - events) if events < total else 1.0
    return Interval(float(low), float(high))


def find_least_events(total: int, rate: float, confidence: float = CONFIDENCE) -> int | None:
    """From how many events on the lower exact limit lies above a rate; None where not even all would do."""
    return next((x for x in range(1, total + 1) if compute_binomial_limits(x, total, confidence).low > rate), None)


def compute_wilson(events: int, total: int, confidence: float = CONFIDENCE) -> Interval | None:
    """Score interval without continuity correction.

    Wilson, Journal of the American Statistical Association 1927;22:209-212.
    """
    _check_events(events, total)
    if total == 0:
        return None
    z = float(stats.norm.ppf((1 + confidence) / 2))
    middle = events + z * z / 2
    half_width = z * math.sqrt(events * (total - events) / total + z * z / 4)
    # With no event, or nothing but events, a limit is exactly 0 or 1; rounding must not move it.
    low = (middle - half_width) / (total + z * z) if events else 0.0
    high = (middle + half_width) / (total + z * z) if events < total else 1.0
    return Interval(low, high)


def compute_proportion(events: int, total: int) -> Proportion:
    """The proportion with both of its intervals."""
    return Proportion(
        events=events,
        total=total,
        proportion=events / total if total else None,
        clopper_pearson=compute_clopper_pearson(events, total),
        wilson=compute_wilson(events, total),
    )


def compute_newcombe(
    first_events: int,
    first_total: int,
    second_events: int,
    second_total: int,
    confidence: float = CONFIDENCE,
) -> ProportionDifference | None:
    """Difference of two independent proportions with the hybrid score interval, uncorrected.

    Method 10 of Newcombe, Statistics in Medicine 1998;17:873-890: the distances of the Wilson
    limits from the two proportions are added in square. None where an arm is empty.
    """
    first = compute_wilson(first_events, first_total, confidence)
    second = compute_wilson(second_events, second_total, confidence)
    if first is None or second is None:
        return None
    one, two = first_events / first_total, second_events / second_total
    difference = one - two
    low = difference - math.hypot(one - first.low, second.high - two)
    high = difference + math.hypot(first.high - one, two - second.low)
    return ProportionDifference(difference, Interval(low, high))
