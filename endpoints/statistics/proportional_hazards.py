"""Cox's proportional hazards model of two groups."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import optimize, stats

from endpoints.statistics.numbers import CONFIDENCE, Interval
from endpoints.statistics.survival import as_arrays

_LARGEST_LOG_RATIO = 25.0
"""Beyond this the likelihood has no maximum that data of a trial could tell from infinity."""


@dataclass(frozen=True)
class HazardRatio:
    """Hazard of the first group over the second, with Wald interval and p."""

    ratio: float
    log_ratio: float
    standard_error: float
    interval: Interval
    p: float


@dataclass(frozen=True)
class _RiskSet:
    """Patients under observation on a day with events, and the events, in both groups."""

    first: int
    second: int
    first_events: int
    second_events: int

    def compute_shares(self, ratio: float) -> Iterator[float]:
        """The first group's share of the hazard at each of the tied events, after Efron."""
        events = self.first_events + self.second_events
        for earlier in range(events):
            part = earlier / events
            first = ratio * (self.first - part * self.first_events)
            yield first / (first + self.second - part * self.second_events)


def compute_hazard_ratio(
    first_times: Sequence[float],
    first_events: Sequence[bool],
    second_times: Sequence[float],
    second_events: Sequence[bool],
) -> HazardRatio | None:
    """Compare two groups under proportional hazards.

    Cox, Journal of the Royal Statistical Society B 1972;34:187-220; ties after Efron, Journal
    of the American Statistical Association 1977;72:557-565. None where a group has no event or
    the likelihood rises for ever.
    """
    if not any(first_events) or not any(second_events):
        return None
    risk_sets = list(_list_risk_sets(first_times, first_events, second_times, second_events))
    observed = sum(risk_set.first_events for risk_set in risk_sets)

    def score(log_ratio: float) -> float:
        ratio = math.exp(log_ratio)
        return observed - math.fsum(s for r in risk_sets for s in r.compute_shares(ratio))

    low, high = -_LARGEST_LOG_RATIO, _LARGEST_LOG_RATIO
    # A score that only creeps toward zero at the ends has no root between them.
    if score(low) <= 1e-6 or score(high) >= -1e-6:
        return None
    log_ratio = float(optimize.brentq(score, low, high, xtol=1e-13))
    shares = [s for r in risk_sets for s in r.compute_shares(math.exp(log_ratio))]
    error = 1 / math.sqrt(math.fsum(share * (1 - share) for share in shares))
    half_width = float(stats.norm.ppf((1 + CONFIDENCE) / 2)) * error
    return HazardRatio(
        ratio=math.exp(log_ratio),
        log_ratio=log_ratio,
        standard_error=error,
        interval=Interval(math.exp(log_ratio - half_width), math.exp(log_ratio + half_width)),
        p=float(2 * stats.norm.sf(abs(log_ratio) / error)),
    )


def _list_risk_sets(
    first_times: Sequence[float],
    first_events: Sequence[bool],
    second_times: Sequence[float],
    second_events: Sequence[bool],
) -> Iterator[_RiskSet]:
    one, one_events = as_arrays(first_times, first_events)
    two, two_events = as_arrays(second_times, second_events)
    for time in np.unique(np.concatenate([one[one_events > 0], two[two_events > 0]])):
        yield _RiskSet(
            first=int((one >= time).sum()),
            second=int((two >= time).sum()),
            first_events=int(one_events[one == time].sum()),
            second_events=int(two_events[two == time].sum()),
        )
