"""Negative binomial rate ratio of two arms, with the rule for when it must not be fitted."""

import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy import optimize, special, stats

from endpoints.statistics.numbers import CONFIDENCE, FloatArray, Interval, as_counts, drop_missing

_SMALLEST_DISPERSION = 1e-8
_LARGEST_DISPERSION = 1e8


@dataclass(frozen=True)
class NegativeBinomialFit:
    """First arm's rate over the second's; numbers are None when not identifiable.

    `dispersion` is alpha in variance = mean + alpha mean^2. `reason` says why a model was not
    fitted. The standard error comes from the expected information with alpha held fixed.
    """

    is_identifiable: bool
    reason: str = ""
    dispersion: float | None = None
    rate_ratio: float | None = None
    log_rate_ratio: float | None = None
    standard_error: float | None = None
    interval: Interval | None = None
    p: float | None = None
    log_likelihood: float | None = None


@dataclass(frozen=True)
class _Arm:
    """Counts of one arm with the person-years of each patient."""

    counts: FloatArray
    years: FloatArray

    def compute_means(self, rate: float) -> FloatArray:
        return self.years * rate

    def compute_poisson_means(self) -> FloatArray:
        return self.compute_means(float(self.counts.sum() / self.years.sum()))


def compute_negative_binomial(
    first_counts: Iterable[float],
    first_years: Iterable[float],
    second_counts: Iterable[float],
    second_years: Iterable[float],
) -> NegativeBinomialFit | None:
    """Fit counts ~ arm with log link and offset log(person-years) by maximum likelihood.

    Lawless, Canadian Journal of Statistics 1987;15:209-225. None where an arm is empty. A model
    is not identifiable when an arm has no event, or when the counts scatter no more than
    Poisson counts do: sum((x - mu)^2 - x) <= 0 at the Poisson fit.
    """
    arms = _make_arm(first_counts, first_years), _make_arm(second_counts, second_years)
    if any(len(arm.counts) == 0 for arm in arms):
        return None
    if any(arm.counts.sum() == 0 for arm in arms):
        return NegativeBinomialFit(False, "An arm has no event.")
    if _compute_overdispersion(arms) <= 0:
        return NegativeBinomialFit(False, "The counts scatter no more than Poisson counts.")
    dispersion = _fit_dispersion(arms)
    if dispersion is None:
        return NegativeBinomialFit(False, "No finite dispersion maximizes the likelihood.")
    return _describe_fit(arms, dispersion)


def _make_arm(counts: Iterable[float], years: Iterable[float]) -> _Arm:
    arm = _Arm(as_counts(counts).astype(np.float64), drop_missing(years))
    if len(arm.counts) != len(arm.years):
        raise ValueError("Each count needs the person-years it was counted in.")
    if (arm.years <= 0).any():
        raise ValueError("Person-years must be above zero.")
    return arm


def _compute_overdispersion(arms: tuple[_Arm, _Arm]) -> float:
    """Twice the score of the dispersion at zero."""
    return sum(float(((arm.counts - arm.compute_poisson_means()) ** 2 - arm.counts).sum()) for arm in arms)


def _fit_rate(arm: _Arm, dispersion: float) -> float:
    """The arm's rate that solves its score equation at a given dispersion."""

    def score(log_rate: float) -> float:
        means = arm.compute_means(math.exp(log_rate))
        return float(((arm.counts - means) / (1 + dispersion * means)).sum())

    # Patient by patient the score changes sign at counts / years; the root lies between.
    rates = arm.counts / arm.years
    low = math.log(min(rates[rates > 0].min(), arm.counts.sum() / arm.years.sum())) - 20
    high = math.log(rates.max()) + 1
    return math.exp(float(optimize.brentq(score, low, high, xtol=1e-14, rtol=1e-14)))


def _compute_dispersion_score(arms: tuple[_Arm, _Arm], dispersion: float) -> float:
    """Derivative of the profile log likelihood in alpha, rates re-fitted at each alpha."""
    total = 0.0
    for arm in arms:
        means = arm.compute_means(_fit_rate(arm, dispersion))
        total += _sum_count_terms(arm.counts, dispersion)
        total += float((means**2 * _compute_log_remainder(dispersion * means)).sum())
        total -= float((arm.counts * means / (1 + dispersion * means)).sum())
    return total


def _sum_count_terms(counts: FloatArray, dispersion: float) -> float:
    """Sum over patients of j / (1 + alpha j) for j below the patient's count."""
    below = np.concatenate([np.arange(count) for count in counts])
    return float((below / (1 + dispersion * below)).sum())


def _compute_log_remainder(products: FloatArray) -> FloatArray:
    """(log(1 + u) - u / (1 + u)) / u^2, by its series where the difference would cancel."""
    is_small = products < 1e-3
    safe = np.where(is_small, 1.0, products)
    direct = (np.log1p(safe) - safe / (1 + safe)) / safe**2
    series = 1 / 2 - products * (2 / 3 - products * (3 / 4 - products * (4 / 5)))
    return np.where(is_small, series, direct)


def _fit_dispersion(arms: tuple[_Arm, _Arm]) -> float | None:
    """The first dispersion, from zero upward, at which the profile likelihood stops rising."""

    def score(log_dispersion: float) -> float:
        return _compute_dispersion_score(arms, math.exp(log_dispersion))

    steps = np.linspace(math.log(_SMALLEST_DISPERSION), math.log(_LARGEST_DISPERSION), 75)
    for low, high in itertools.pairwise(steps.tolist()):
        if score(high) <= 0:
            return math.exp(float(optimize.brentq(score, low, high, xtol=1e-13)))
    return None


def _describe_fit(arms: tuple[_Arm, _Arm], dispersion: float) -> NegativeBinomialFit:
    rates = [_fit_rate(arm, dispersion) for arm in arms]
    means = [arm.compute_means(rate) for arm, rate in zip(arms, rates, strict=True)]
    information = [float((mean / (1 + dispersion * mean)).sum()) for mean in means]
    log_ratio = math.log(rates[0] / rates[1])
    error = math.sqrt(sum(1 / part for part in information))
    half_width = float(stats.norm.ppf((1 + CONFIDENCE) / 2)) * error
    pairs = zip(arms, means, strict=True)
    return NegativeBinomialFit(
        is_identifiable=True,
        dispersion=dispersion,
        rate_ratio=math.exp(log_ratio),
        log_rate_ratio=log_ratio,
        standard_error=error,
        interval=Interval(math.exp(log_ratio - half_width), math.exp(log_ratio + half_width)),
        p=float(2 * stats.norm.sf(abs(log_ratio) / error)),
        log_likelihood=sum(_compute_log_likelihood(arm, m, dispersion) for arm, m in pairs),
    )


def _compute_log_likelihood(arm: _Arm, means: FloatArray, dispersion: float) -> float:
    shape = 1 / dispersion
    terms = (
        special.gammaln(arm.counts + shape)
        - special.gammaln(shape)
        - special.gammaln(arm.counts + 1)
        + arm.counts * np.log(dispersion * means / (1 + dispersion * means))
        - shape * np.log1p(dispersion * means)
    )
    return float(terms.sum())
