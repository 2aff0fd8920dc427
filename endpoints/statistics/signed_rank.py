"""Paired differences: Wilcoxon signed rank test, pseudomedian, sign test."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy import stats

from endpoints.statistics.null_distributions import (
    compute_doubled_mid_ranks,
    compute_tails,
    count_sign_sums,
)
from endpoints.statistics.numbers import EXACT_LIMIT, FloatArray, IntArray, round_for_ranking
from endpoints.statistics.rank_sum import compute_normal_p
from endpoints.statistics.selection import find_middle, select_walsh_sums


@dataclass(frozen=True)
class SignedRankTest:
    """Wilcoxon's signed rank test of differences against zero.

    Zeros are dropped before ranking, except in the two `pratt` values, where they take the
    lowest ranks first and are dropped then. p values are None when all differences are zero,
    exact ones also above 60 non-zero differences.
    """

    n_pairs: int
    n_zero: int
    v_positive: float
    w_smaller: float
    p_exact: float | None
    p_asymptotic: float | None
    p_asymptotic_corrected: float | None
    p_pratt_exact: float | None
    p_pratt_asymptotic: float | None
    p_sign_test: float | None
    pseudomedian: float
    pseudomedian_nonzero: float | None

    @property
    def p(self) -> float | None:
        """The p value to report: exact where it was computed, else the corrected normal one."""
        return self.p_asymptotic_corrected if self.p_exact is None else self.p_exact


def compute_signed_rank(differences: Iterable[float]) -> SignedRankTest | None:
    """Test complete paired differences; None where there is none.

    Wilcoxon, Biometrics Bulletin 1945;1:80-83; Pratt, Journal of the American Statistical
    Association 1959;54:655-667. The exact distribution is the convolution over the mid-ranks
    seen, so that ties are respected.
    """
    rounded = round_for_ranking(differences)
    if len(rounded) == 0:
        return None
    nonzero = rounded[rounded != 0]
    ranks = compute_doubled_mid_ranks(np.abs(nonzero))
    pratt_ranks = compute_doubled_mid_ranks(np.abs(rounded))[rounded != 0]
    is_positive = nonzero > 0
    positive_sum = int(ranks[is_positive].sum())
    return SignedRankTest(
        n_pairs=len(rounded),
        n_zero=len(rounded) - len(nonzero),
        v_positive=positive_sum / 2,
        w_smaller=min(positive_sum, int(ranks.sum()) - positive_sum) / 2,
        p_exact=_compute_exact_p(ranks, is_positive),
        p_asymptotic=_compute_normal_p(ranks, is_positive),
        p_asymptotic_corrected=_compute_normal_p(ranks, is_positive, correction=0.5),
        p_pratt_exact=_compute_exact_p(pratt_ranks, is_positive),
        p_pratt_asymptotic=_compute_normal_p(pratt_ranks, is_positive),
        p_sign_test=_compute_sign_test_p(is_positive),
        pseudomedian=compute_pseudomedian(rounded),
        pseudomedian_nonzero=compute_pseudomedian(nonzero) if len(nonzero) else None,
    )


def _compute_exact_p(doubled_ranks: IntArray, is_positive: np.ndarray) -> float | None:
    if not 0 < len(doubled_ranks) <= EXACT_LIMIT:
        return None
    counts = count_sign_sums(doubled_ranks)
    observed = int(doubled_ranks[is_positive].sum())
    return compute_tails(counts, observed, (int(doubled_ranks.sum()), 2)).two_sided


def _compute_normal_p(doubled_ranks: IntArray, is_positive: np.ndarray, correction: float = 0.0) -> float | None:
    ranks = doubled_ranks / 2
    deviation = float(ranks[is_positive].sum() - ranks.sum() / 2)
    return compute_normal_p(deviation, float((ranks**2).sum() / 4), correction)


def _compute_sign_test_p(is_positive: np.ndarray) -> float | None:
    if len(is_positive) == 0:
        return None
    return float(stats.binomtest(int(is_positive.sum()), len(is_positive)).pvalue)


def compute_pseudomedian(values: FloatArray) -> float:
    """Median of the means of all pairs of values, each value paired with itself too."""
    pairs = len(values) * (len(values) + 1) // 2
    return sum(select_walsh_sums(values, find_middle(pairs))) / 4
