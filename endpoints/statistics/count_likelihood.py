"""The negative binomial likelihood of one arm's counts, each seen for some person-years."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from scipy import optimize, special

from endpoints.statistics.numbers import FloatArray, as_counts, drop_missing


@dataclass(frozen=True)
class CountArm:
    """Distinct pairs of a count and its person-years, and how many patients have each."""

    counts: FloatArray
    years: FloatArray
    weights: FloatArray

    @property
    def events(self) -> float:
        return float(self.weights @ self.counts)

    def join(self, other: "CountArm") -> "CountArm":
        """Both arms as one."""
        return CountArm(
            np.concatenate([self.counts, other.counts]),
            np.concatenate([self.years, other.years]),
            np.concatenate([self.weights, other.weights]),
        )

    def scale_years(self, factor: float) -> "CountArm":
        return replace(self, years=self.years * factor)

    def compute_poisson_means(self) -> FloatArray:
        means: FloatArray = self.years * (self.events / float(self.weights @ self.years))
        return means

    def fit_rate(self, dispersion: float) -> float:
        """The rate that solves the score equation at a given dispersion."""

        def score(log_rate: float) -> float:
            means = self.years * math.exp(log_rate)
            return float(self.weights @ ((self.counts - means) / (1 + dispersion * means)))

        # Patient by patient the score changes sign at counts / years; the root lies between.
        rates = self.counts / self.years
        crude = self.events / float(self.weights @ self.years)
        low = math.log(min(rates[rates > 0].min(), crude)) - 20
        high = math.log(rates.max()) + 1
        return math.exp(float(optimize.brentq(score, low, high, xtol=1e-14, rtol=1e-14)))

    def compute_dispersion_score(self, rate: float, dispersion: float) -> float:
        """Derivative of the log likelihood in the dispersion alpha."""
        means = self.years * rate
        terms = _sum_count_terms(self.counts, dispersion)
        terms = terms + means**2 * _compute_log_remainder(dispersion * means)
        return float(self.weights @ (terms - self.counts * means / (1 + dispersion * means)))

    def compute_information(self, rate: float, dispersion: float) -> float:
        """Expected information of the log rate, dispersion fixed."""
        means = self.years * rate
        return float(self.weights @ (means / (1 + dispersion * means)))

    def compute_observed_information(self, rate: float, dispersion: float) -> tuple[float, float, float]:
        """Minus the second derivatives in log rate twice, log rate and alpha, alpha twice."""
        means = self.years * rate
        divisor = (1 + dispersion * means) ** 2
        own = self.weights @ (means * (1 + dispersion * self.counts) / divisor)
        mixed = self.weights @ ((self.counts - means) * means / divisor)
        return float(own), float(mixed), self._compute_dispersion_information(rate, dispersion)

    def _compute_dispersion_information(self, rate: float, dispersion: float) -> float:
        means = self.years * rate
        terms = _sum_squared_count_terms(self.counts, dispersion)
        products = dispersion * means
        # Second derivatives of -counts log(1 + alpha m) and of -log(1 + alpha m) / alpha, with changed sign.
        terms = terms - self.counts * means**2 / (1 + products) ** 2
        return float(self.weights @ (terms + means**3 * _compute_second_remainder(products)))

    def compute_theta_information(self, rate: float, dispersion: float) -> float:
        """Observed information of theta = 1 / alpha, the means fixed."""
        theta, means = 1 / dispersion, self.years * rate
        terms = special.polygamma(1, theta) - special.polygamma(1, theta + self.counts)
        terms = terms - 1 / theta + 2 / (means + theta) - (self.counts + theta) / (means + theta) ** 2
        return float(self.weights @ terms)

    def compute_log_likelihood(self, rate: float, dispersion: float) -> float:
        means, shape = self.years * rate, 1 / dispersion
        # log Gamma(x + shape) - log Gamma(shape) - x log(shape), without the cancellation of large numbers.
        rising = _sum_log_terms(self.counts, dispersion)
        terms = rising - special.gammaln(self.counts + 1) + special.xlogy(self.counts, means)
        terms = terms - (self.counts + shape) * np.log1p(dispersion * means)
        return float(self.weights @ terms)


def make_arm(counts: Iterable[float], years: Iterable[float]) -> CountArm:
    """One arm from a count and the person-years of each patient, missing values left out."""
    numbers, times = as_counts(counts).astype(np.float64), drop_missing(years)
    if len(numbers) != len(times):
        raise ValueError("Each count needs the person-years it was counted in.")
    if (times <= 0).any():
        raise ValueError("Person-years must be above zero.")
    pairs, weights = np.unique(np.column_stack([numbers, times]), axis=0, return_counts=True)
    return CountArm(pairs[:, 0], pairs[:, 1], weights.astype(np.float64))


def _accumulate(counts: FloatArray, term: FloatArray) -> FloatArray:
    """For each count the sum of the terms of 0, 1 ... count - 1."""
    sums: FloatArray = np.concatenate([[0.0], np.cumsum(term)])[counts.astype(np.int64)]
    return sums


def _list_below(counts: FloatArray) -> FloatArray:
    return np.arange(counts.max(initial=0), dtype=np.float64)


def _sum_count_terms(counts: FloatArray, dispersion: float) -> FloatArray:
    below = _list_below(counts)
    return _accumulate(counts, below / (1 + dispersion * below))


def _sum_squared_count_terms(counts: FloatArray, dispersion: float) -> FloatArray:
    below = _list_below(counts)
    return _accumulate(counts, (below / (1 + dispersion * below)) ** 2)


def _sum_log_terms(counts: FloatArray, dispersion: float) -> FloatArray:
    return _accumulate(counts, np.log1p(dispersion * _list_below(counts)))


def _compute_log_remainder(products: FloatArray) -> FloatArray:
    """(log(1 + u) - u / (1 + u)) / u^2, by its series where the difference would cancel."""
    is_small = products < 1e-3
    safe = np.where(is_small, 1.0, products)
    direct = (np.log1p(safe) - safe / (1 + safe)) / safe**2
    series = 1 / 2 - products * (2 / 3 - products * (3 / 4 - products * (4 / 5)))
    return np.where(is_small, series, direct)


def _compute_second_remainder(products: FloatArray) -> FloatArray:
    """(2 log(1 + u) - 2 u / (1 + u) - u^2 / (1 + u)^2) / u^3, by its series where it would cancel."""
    is_small = products < 1e-2
    safe = np.where(is_small, 1.0, products)
    direct = (2 * np.log1p(safe) - 2 * safe / (1 + safe) - (safe / (1 + safe)) ** 2) / safe**3
    series = 2 / 3 - products * (6 / 4 - products * (12 / 5 - products * (20 / 6 - products * (30 / 7))))
    return np.where(is_small, series, direct)
