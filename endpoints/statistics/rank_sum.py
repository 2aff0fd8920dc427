"""Two independent samples compared by ranks: Mann-Whitney test and Hodges-Lehmann shift."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from scipy import stats

from endpoints.statistics.null_distributions import (
    ExactTails,
    compute_doubled_mid_ranks,
    compute_rank_sum_quantile,
    compute_tails,
    count_subset_sums,
)
from endpoints.statistics.numbers import (
    CONFIDENCE,
    EXACT_LIMIT,
    IntArray,
    Interval,
    round_for_ranking,
)
from endpoints.statistics.selection import find_middle, select_differences


@dataclass(frozen=True)
class MannWhitneyTest:
    """The Mann-Whitney test of a first against a second sample.

    `u_first` counts the pairs in which the first sample is larger, ties as a half. `exact` is
    conditional on the ties and None above 60 observations. The normal approximations carry
    the tie correction and are None when all values are equal.
    """

    n_first: int
    n_second: int
    u_first: float
    u_second: float
    probability_index: float
    variance: float
    z: float | None
    exact: ExactTails | None
    p_asymptotic: float | None
    p_asymptotic_corrected: float | None

    @property
    def p(self) -> float | None:
        """The p value to report: exact where it was computed, else the corrected normal one."""
        return self.exact.two_sided if self.exact else self.p_asymptotic_corrected


@dataclass(frozen=True)
class HodgesLehmann:
    """Shift of the first sample against the second, with the order statistics of its interval."""

    shift: float
    interval: Interval
    order: int
    rule: str


def compute_mann_whitney(first: Iterable[float], second: Iterable[float]) -> MannWhitneyTest | None:
    """Compare two samples by ranks; None where one of them has no value.

    Mann and Whitney, Annals of Mathematical Statistics 1947;18:50-60. Exact distribution given
    the mid-ranks by the shift algorithm; two-sided p by distance from the expectation.
    """
    one, two = round_for_ranking(first), round_for_ranking(second)
    m, n = len(one), len(two)
    if m == 0 or n == 0:
        return None
    doubled_ranks = compute_doubled_mid_ranks(np.concatenate([one, two]))
    u_first = float(doubled_ranks[:m].sum()) / 2 - m * (m + 1) / 2
    variance = _compute_tied_variance(doubled_ranks, m, n)
    deviation = u_first - m * n / 2
    return MannWhitneyTest(
        n_first=m,
        n_second=n,
        u_first=u_first,
        u_second=m * n - u_first,
        probability_index=u_first / (m * n),
        variance=variance,
        z=deviation / math.sqrt(variance) if variance else None,
        exact=_compute_exact_tails(doubled_ranks, m) if m + n <= EXACT_LIMIT else None,
        p_asymptotic=compute_normal_p(deviation, variance),
        p_asymptotic_corrected=compute_normal_p(deviation, variance, correction=0.5),
    )


def _compute_exact_tails(doubled_ranks: IntArray, m: int) -> ExactTails:
    counts = count_subset_sums(doubled_ranks, m)
    expected = (m * (len(doubled_ranks) + 1), 1)
    return compute_tails(counts, int(doubled_ranks[:m].sum()), expected)


def _compute_tied_variance(doubled_ranks: IntArray, m: int, n: int) -> float:
    """Variance of U given the ties; 0 when all values are equal."""
    total = m + n
    _, sizes = np.unique(doubled_ranks, return_counts=True)
    ties = int((sizes.astype(np.int64) ** 3 - sizes).sum())
    return m * n * (total**3 - total - ties) / (12 * total * (total - 1))


def compute_normal_p(deviation: float, variance: float, correction: float = 0.0) -> float | None:
    """Two-sided normal p of a deviation, moved toward zero by at most `correction`."""
    if variance <= 0:
        return None
    distance = max(0.0, abs(deviation) - correction)
    return float(2 * stats.norm.sf(distance / math.sqrt(variance)))


def compute_hodges_lehmann(
    first: Iterable[float], second: Iterable[float], confidence: float = CONFIDENCE
) -> HodgesLehmann | None:
    """Median of all pairwise differences first - second; None where a sample is empty.

    Hodges and Lehmann, Annals of Mathematical Statistics 1963;34:598-611. The interval runs
    between the k-th smallest and the k-th largest difference (Hollander and Wolfe,
    Nonparametric Statistical Methods, section 4.3).
    """
    one, two = round_for_ranking(first), round_for_ranking(second)
    if len(one) == 0 or len(two) == 0:
        return None
    pairs = len(one) * len(two)
    order, rule = _choose_order(len(one), len(two), confidence)
    low, high, *middle = select_differences(one, two, [order, pairs + 1 - order, *find_middle(pairs)])
    return HodgesLehmann(sum(middle) / 2, Interval(low, high), order, rule)


def _choose_order(m: int, n: int, confidence: float) -> tuple[int, str]:
    tail = (1 - Fraction(str(confidence))) / 2
    if m + n <= EXACT_LIMIT:
        quantile = compute_rank_sum_quantile((tail.numerator, tail.denominator), m, n)
        return max(1, quantile), "exact distribution of U without ties"
    z = float(stats.norm.ppf(1 - float(tail)))
    order = round(m * n / 2 - z * math.sqrt(m * n * (m + n + 1) / 12))
    return max(1, order), "normal approximation"
