"""When a trial will be full, from how fast patients came."""

from dataclasses import dataclass

from scipy import stats

from endpoints.statistics.numbers import CONFIDENCE, Interval
from endpoints.statistics.rates import compute_rate


@dataclass(frozen=True)
class AccrualForecast:
    """`rate` in patients a day with exact limits; days until the last planned patient: the middle, and a prediction interval."""

    rate: float
    rate_interval: Interval
    days: float
    interval: Interval


def forecast_accrual(entered: int, days: float, remaining: int) -> AccrualForecast | None:
    """Patients who came in so many days, and how many are still to come; None where nobody came or nobody is missing.

    Patients are taken to come as a Poisson process of constant rate. The time to the r-th next one, by the mean time
    between those who came, follows an F distribution with 2r and 2k degrees of freedom: Hahn and Meeker, Statistical
    Intervals, 1991, chapter 7.
    """
    if entered <= 0 or days <= 0 or remaining <= 0:
        return None
    found = compute_rate(entered, days)
    if found.rate is None or found.interval is None:
        return None
    law = stats.f(2 * remaining, 2 * entered)
    tail = (1 - CONFIDENCE) / 2
    low, middle, high = (remaining * days / entered * float(law.ppf(part)) for part in (tail, 0.5, 1 - tail))
    return AccrualForecast(found.rate, found.interval, middle, Interval(low, high))
