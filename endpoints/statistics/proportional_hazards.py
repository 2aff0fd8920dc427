"""Cox's proportional hazards model of two groups."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import optimize, stats

from endpoints.statistics.numbers import CONFIDENCE, FloatArray, Interval
from endpoints.statistics.survival import count_at_times

_LARGEST_LOG_RATIO = 25.0
"""Beyond this the likelihood has no maximum that data of a trial could tell from infinity."""

Ties = Literal["efron", "breslow"]


@dataclass(frozen=True)
class HazardRatio:
    """Hazard of the first group over the second, with Wald interval and p, and the p of both other tests."""

    ratio: float
    log_ratio: float
    standard_error: float
    interval: Interval
    p: float
    p_likelihood_ratio: float
    p_score: float


@dataclass(frozen=True)
class _PartialLikelihood:
    """One entry per event: patients under observation in both groups, less what of the ties is taken away."""

    first: FloatArray
    second: FloatArray
    weights: FloatArray
    observed: float

    def compute_shares(self, log_ratio: float) -> FloatArray:
        """The first group's share of the hazard at each event."""
        hazard = math.exp(log_ratio) * self.first
        shares: FloatArray = hazard / (hazard + self.second)
        return shares

    def compute_score(self, log_ratio: float) -> float:
        return self.observed - float(self.weights @ self.compute_shares(log_ratio))

    def compute_information(self, log_ratio: float) -> float:
        shares = self.compute_shares(log_ratio)
        return float(self.weights @ (shares * (1 - shares)))

    def compare(self, log_ratio: float) -> float:
        """Twice the log likelihood above that of equal hazards."""
        growth = np.log((math.exp(log_ratio) * self.first + self.second) / (self.first + self.second))
        return 2 * (self.observed * log_ratio - float(self.weights @ growth))


def compute_hazard_ratio(
    first_times: Sequence[float],
    first_events: Sequence[bool],
    second_times: Sequence[float],
    second_events: Sequence[bool],
    *,
    ties: Ties = "efron",
) -> HazardRatio | None:
    """Compare two groups under proportional hazards.

    Cox, Journal of the Royal Statistical Society B 1972;34:187-220; ties after Efron, Journal
    of the American Statistical Association 1977;72:557-565, or Breslow, Biometrics 1974;30:89-99. None where a group
    has no event or the likelihood rises for ever.
    """
    if not any(first_events) or not any(second_events):
        return None
    likelihood = _make_likelihood(first_times, first_events, second_times, second_events, ties)
    low, high = -_LARGEST_LOG_RATIO, _LARGEST_LOG_RATIO
    # A score that only creeps toward zero at the ends has no root between them.
    if likelihood.compute_score(low) <= 1e-6 or likelihood.compute_score(high) >= -1e-6:
        return None
    log_ratio = float(optimize.brentq(likelihood.compute_score, low, high, xtol=1e-13))
    error = 1 / math.sqrt(likelihood.compute_information(log_ratio))
    half_width = float(stats.norm.ppf((1 + CONFIDENCE) / 2)) * error
    score = likelihood.compute_score(0) ** 2 / likelihood.compute_information(0)
    return HazardRatio(
        ratio=math.exp(log_ratio),
        log_ratio=log_ratio,
        standard_error=error,
        interval=Interval(math.exp(log_ratio - half_width), math.exp(log_ratio + half_width)),
        p=float(2 * stats.norm.sf(abs(log_ratio) / error)),
        p_likelihood_ratio=float(stats.chi2.sf(likelihood.compare(log_ratio), 1)),
        p_score=float(stats.chi2.sf(score, 1)),
    )


def _make_likelihood(
    first_times: Sequence[float],
    first_events: Sequence[bool],
    second_times: Sequence[float],
    second_events: Sequence[bool],
    ties: Ties,
) -> _PartialLikelihood:
    one, two = count_at_times(first_times, first_events, second_times, second_events)
    failed = one.events + two.events
    if ties == "breslow":
        return _PartialLikelihood(one.at_risk, two.at_risk, failed, float(one.events.sum()))
    # Efron: of d tied events the j-th finds the tied patients with a weight of 1 - j / d.
    repeated = np.repeat(np.arange(len(failed)), failed.astype(np.int64))
    earlier = np.arange(len(repeated)) - np.concatenate([[0.0], np.cumsum(failed)])[repeated]
    part = earlier / failed[repeated]
    return _PartialLikelihood(
        first=one.at_risk[repeated] - part * one.events[repeated],
        second=two.at_risk[repeated] - part * two.events[repeated],
        weights=np.ones(len(repeated)),
        observed=float(one.events.sum()),
    )
