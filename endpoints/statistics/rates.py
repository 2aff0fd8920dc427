"""Event rates per person-year, exact under the Poisson distribution."""

import math
from dataclasses import dataclass

from scipy import stats

from endpoints.statistics.numbers import CONFIDENCE, Interval
from endpoints.statistics.proportions import compute_binomial_limits


@dataclass(frozen=True)
class Rate:
    """Events over person-years; None where nobody was observed."""

    events: int
    person_years: float
    rate: float | None
    interval: Interval | None


@dataclass(frozen=True)
class RateRatio:
    """First rate over second. With no event at all the ratio is None and the interval unbounded."""

    ratio: float | None
    interval: Interval
    p: float
    p_doubled: float


def compute_rate(events: int, person_years: float, confidence: float = CONFIDENCE) -> Rate:
    """A rate per person-year with the exact interval from quantiles of chi-square.

    Garwood, Biometrika 1936;28:437-442.
    """
    if events < 0 or person_years < 0:
        raise ValueError("Events and person-years cannot be negative.")
    if person_years == 0:
        return Rate(events, person_years, None, None)
    tail = (1 - confidence) / 2
    low = float(stats.chi2.ppf(tail, 2 * events)) / 2 if events else 0.0
    high = float(stats.chi2.isf(tail, 2 * events + 2)) / 2
    interval = Interval(low / person_years, high / person_years)
    return Rate(events, person_years, events / person_years, interval)


def compute_rate_ratio(
    first_events: int,
    first_years: float,
    second_events: int,
    second_years: float,
    confidence: float = CONFIDENCE,
) -> RateRatio | None:
    """Ratio of two rates, conditional on the number of events in both arms together.

    Given that sum, the first arm's events are binomial; the two-sided p adds the outcomes that
    are no more probable than the one seen, and the interval transforms Clopper and Pearson's
    (Przyborowski and Wilenski, Biometrika 1940;31:313-323). None where an arm was not observed.
    """
    if min(first_events, second_events) < 0:
        raise ValueError("Events cannot be negative.")
    if first_years <= 0 or second_years <= 0:
        return None
    events = first_events + second_events
    if events == 0:
        return RateRatio(None, Interval(0.0, math.inf), 1.0, 1.0)
    share = first_years / (first_years + second_years)
    limits = compute_binomial_limits(first_events, events, confidence)
    times = second_years / first_years
    return RateRatio(
        ratio=_compute_odds(first_events, second_events) * times,
        interval=Interval(
            _compute_odds(limits.low, 1 - limits.low) * times,
            _compute_odds(limits.high, 1 - limits.high) * times,
        ),
        p=float(stats.binomtest(first_events, events, share).pvalue),
        p_doubled=_compute_doubled_p(first_events, events, share),
    )


def _compute_odds(part: float, rest: float) -> float:
    return part / rest if rest else math.inf


def _compute_doubled_p(first_events: int, events: int, share: float) -> float:
    null = stats.binom(events, share)
    return float(min(1.0, 2 * min(null.cdf(first_events), null.sf(first_events - 1))))
