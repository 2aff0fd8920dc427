"""Exact permutation test of a difference in mean counts."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from endpoints.statistics.null_distributions import ExactTails, compute_tails, count_subset_sums
from endpoints.statistics.numbers import EXACT_LIMIT, IntArray, as_counts
from endpoints.statistics.rank_sum import compute_normal_p


@dataclass(frozen=True)
class PermutationTest:
    """First mean minus second; `exact` is None above 60 observations."""

    mean_difference: float
    exact: ExactTails | None
    p_asymptotic: float | None


def compute_permutation_test(first: Iterable[float], second: Iterable[float]) -> PermutationTest | None:
    """Compare mean counts over all ways to deal the counts to the two arms.

    Pitman, Supplement to the Journal of the Royal Statistical Society 1937;4:119-130. The
    two-sided p counts the splits whose sum is at least as far from its expectation. None where
    an arm is empty.
    """
    one, two = as_counts(first), as_counts(second)
    if len(one) == 0 or len(two) == 0:
        return None
    pooled = np.concatenate([one, two])
    deviation = float(one.sum()) - len(one) * float(pooled.mean())
    return PermutationTest(
        mean_difference=float(one.mean() - two.mean()),
        exact=_compute_exact_tails(pooled, len(one)) if len(pooled) <= EXACT_LIMIT else None,
        p_asymptotic=compute_normal_p(deviation, _compute_variance(pooled, len(one))),
    )


def _compute_exact_tails(pooled: IntArray, m: int) -> ExactTails:
    # Counts moved down to start at zero give the same test with shorter arrays.
    scores = pooled - pooled.min()
    expected = (m * int(scores.sum()), len(scores))
    return compute_tails(count_subset_sums(scores, m), int(scores[:m].sum()), expected)


def _compute_variance(pooled: IntArray, m: int) -> float:
    total = len(pooled)
    squares = math.fsum((pooled - pooled.mean()) ** 2)
    return m * (total - m) / (total * (total - 1)) * squares
