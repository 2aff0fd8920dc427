"""Negative binomial rate ratio of two arms, with the rule for when it must not be fitted."""

import itertools
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from scipy import optimize, stats

from endpoints.statistics.count_likelihood import CountArm, make_arm
from endpoints.statistics.numbers import CONFIDENCE, Interval

_SMALLEST_DISPERSION = 1e-8
_LARGEST_DISPERSION = 1e8
_FARTHEST = 128.0
"""Distance on the log scale at which a limit is taken to be zero or infinity."""


@dataclass(frozen=True)
class NegativeBinomialFit:
    """First arm's rate over the second's; numbers are None when not identifiable.

    `dispersion` is alpha in variance = mean + alpha mean^2. `reason` says why a model was not
    fitted. `standard_error` comes from the expected information with alpha held fixed, and with it `interval` and `p`;
    `observed_error` from the observed information of rates and alpha together. `overdispersion` is
    sum((x - mu)^2 - x) at the Poisson fit. `theta` is 1 / alpha, `theta_error` from its observed information at the
    fitted means. `chi_square` compares the likelihood with that of one common rate, alpha re-fitted; the profile
    interval holds alpha fixed.
    """

    is_identifiable: bool
    reason: str = ""
    overdispersion: float | None = None
    dispersion: float | None = None
    rate_ratio: float | None = None
    log_rate_ratio: float | None = None
    standard_error: float | None = None
    interval: Interval | None = None
    p: float | None = None
    log_likelihood: float | None = None
    theta: float | None = None
    theta_error: float | None = None
    chi_square: float | None = None
    p_likelihood_ratio: float | None = None
    profile: Interval | None = None
    observed_error: float | None = None
    observed_interval: Interval | None = None
    p_observed: float | None = None


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
    arms = make_arm(first_counts, first_years), make_arm(second_counts, second_years)
    if any(len(arm.counts) == 0 for arm in arms):
        return None
    overdispersion = _compute_overdispersion(arms)
    if any(arm.events == 0 for arm in arms):
        return NegativeBinomialFit(False, "An arm has no event.", overdispersion)
    if overdispersion <= _ROUNDING * sum(float(arm.weights @ arm.counts**2) for arm in arms):
        return NegativeBinomialFit(False, "The counts scatter no more than Poisson counts.", overdispersion)
    dispersion = _fit_dispersion(arms)
    if dispersion is None:
        return NegativeBinomialFit(False, "No finite dispersion maximizes the likelihood.", overdispersion)
    return _describe_fit(arms, dispersion, overdispersion)


_ROUNDING = 1e-13
"""Counts that scatter exactly like Poisson counts leave a sum of a few 1e-16, of either sign."""


def _compute_overdispersion(arms: tuple[CountArm, ...]) -> float:
    """Twice the score of the dispersion at zero."""
    return sum(float(arm.weights @ ((arm.counts - arm.compute_poisson_means()) ** 2 - arm.counts)) for arm in arms)


def _compute_dispersion_score(arms: tuple[CountArm, ...], dispersion: float) -> float:
    """Derivative of the profile log likelihood in alpha, rates re-fitted at each alpha."""
    return sum(arm.compute_dispersion_score(arm.fit_rate(dispersion), dispersion) for arm in arms)


def _fit_dispersion(arms: tuple[CountArm, ...]) -> float | None:
    """The first dispersion, from zero upward, at which the profile likelihood stops rising."""

    def score(log_dispersion: float) -> float:
        return _compute_dispersion_score(arms, math.exp(log_dispersion))

    steps = np.linspace(math.log(_SMALLEST_DISPERSION), math.log(_LARGEST_DISPERSION), 75)
    for low, high in itertools.pairwise(steps.tolist()):
        if score(high) <= 0:
            return math.exp(float(optimize.brentq(score, low, high, xtol=1e-13)))
    return None


def _describe_fit(arms: tuple[CountArm, CountArm], dispersion: float, overdispersion: float) -> NegativeBinomialFit:
    rates = [arm.fit_rate(dispersion) for arm in arms]
    pairs = list(zip(arms, rates, strict=True))
    information = [arm.compute_information(rate, dispersion) for arm, rate in pairs]
    log_ratio = math.log(rates[0] / rates[1])
    error = math.sqrt(sum(1 / part for part in information))
    observed = _compute_observed_error(arms, rates, dispersion)
    likelihood = sum(arm.compute_log_likelihood(rate, dispersion) for arm, rate in pairs)
    chi_square = 2 * (likelihood - _fit_one_rate(arms))
    theta_information = sum(arm.compute_theta_information(rate, dispersion) for arm, rate in pairs)
    return NegativeBinomialFit(
        is_identifiable=True,
        overdispersion=overdispersion,
        dispersion=dispersion,
        rate_ratio=math.exp(log_ratio),
        log_rate_ratio=log_ratio,
        standard_error=error,
        interval=_spread(log_ratio, error),
        p=float(2 * stats.norm.sf(abs(log_ratio) / error)),
        log_likelihood=likelihood,
        theta=1 / dispersion,
        theta_error=1 / math.sqrt(theta_information) if theta_information > 0 else None,
        chi_square=chi_square,
        p_likelihood_ratio=float(stats.chi2.sf(chi_square, 1)),
        profile=_compute_profile(arms, dispersion, likelihood, log_ratio),
        observed_error=observed,
        observed_interval=None if observed is None else _spread(log_ratio, observed),
        p_observed=None if observed is None else float(2 * stats.norm.sf(abs(log_ratio) / observed)),
    )


def _spread(log_ratio: float, error: float) -> Interval:
    half_width = float(stats.norm.ppf((1 + CONFIDENCE) / 2)) * error
    return Interval(math.exp(log_ratio - half_width), math.exp(log_ratio + half_width))


def _fit_one_rate(arms: tuple[CountArm, CountArm]) -> float:
    """Log likelihood of both arms with a common rate; at no dispersion that of Poisson counts."""
    both = arms[0].join(arms[1])
    dispersion = _fit_dispersion((both,)) or _SMALLEST_DISPERSION
    return both.compute_log_likelihood(both.fit_rate(dispersion), dispersion)


def _compute_observed_error(arms: tuple[CountArm, ...], rates: list[float], dispersion: float) -> float | None:
    """Standard error of the log ratio from minus the second derivatives in both log rates and alpha."""
    matrix = np.zeros((3, 3))
    for position, (arm, rate) in enumerate(zip(arms, rates, strict=True)):
        own, mixed, last = arm.compute_observed_information(rate, dispersion)
        matrix[position, position] = own
        matrix[position, 2] = matrix[2, position] = mixed
        matrix[2, 2] += last
    contrast = np.array([1.0, -1.0, 0.0])
    variance = float(contrast @ np.linalg.solve(matrix, contrast))
    return math.sqrt(variance) if variance > 0 else None


def _compute_profile(
    arms: tuple[CountArm, CountArm], dispersion: float, likelihood: float, log_ratio: float
) -> Interval:
    """Ratios that the likelihood, alpha fixed and the common level re-fitted, does not reject."""
    critical = float(stats.chi2.ppf(CONFIDENCE, 1))

    def excess(log_candidate: float) -> float:
        scaled = arms[0].scale_years(math.exp(log_candidate)).join(arms[1])
        rate = scaled.fit_rate(dispersion)
        return 2 * (likelihood - scaled.compute_log_likelihood(rate, dispersion)) - critical

    low, high = (_find_crossing(excess, log_ratio, sign) for sign in (-1, 1))
    return Interval(math.exp(low), math.exp(high))


def _find_crossing(excess: Callable[[float], float], start: float, sign: int) -> float:
    reach = 1.0
    while reach < _FARTHEST and excess(start + sign * reach) < 0:
        reach *= 2
    if reach >= _FARTHEST:
        return math.copysign(math.inf, sign)
    return float(optimize.brentq(excess, start, start + sign * reach, xtol=1e-13))
