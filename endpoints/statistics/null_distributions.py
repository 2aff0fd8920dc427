"""Exact null distributions of sums of scores, by counting.

All scores here are whole numbers (mid-ranks are doubled first), so that every comparison of
two outcomes is exact and no tie is lost to floating point.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from endpoints.statistics.numbers import EXACT_LIMIT, FloatArray, IntArray


@dataclass(frozen=True)
class ExactTails:
    """Exact p values of one observed sum.

    `two_sided` counts the outcomes at least as far from the expectation as the one seen;
    `doubled` is twice the smaller tail, at most 1. Both are reported since programs differ.
    """

    two_sided: float
    doubled: float
    greater: float
    less: float


def compute_doubled_mid_ranks(values: FloatArray) -> IntArray:
    """Twice the mid-rank of each value: whole numbers, equal for tied values."""
    smaller = np.searchsorted(np.sort(values), values, side="left")
    not_larger = np.searchsorted(np.sort(values), values, side="right")
    return np.add(smaller, not_larger, dtype=np.int64) + 1


def count_subset_sums(scores: IntArray, size: int) -> IntArray:
    """How many subsets of `size` scores have the sum 0, 1, 2 ...

    The shift algorithm of Streitberg and Roehmel, Statistical Software Newsletter
    1986;12:10-17: each score either shifts a subset's sum or leaves the subset alone. The
    counts fit 64 bits up to 60 scores; more are refused.
    """
    if len(scores) > EXACT_LIMIT:
        raise ValueError(f"Exact counting is limited to {EXACT_LIMIT} observations.")
    if not 0 <= size <= len(scores):
        raise ValueError(f"A subset of {size} cannot come from {len(scores)} scores.")
    largest_sum = int(np.sort(scores)[len(scores) - size :].sum())
    counts = np.zeros((size + 1, largest_sum + 1), dtype=np.int64)
    counts[0, 0] = 1
    for score in scores:
        _add_score(counts, int(score))
    of_size: IntArray = counts[size]
    return of_size


def _add_score(counts: IntArray, score: int) -> None:
    width = counts.shape[1] - score
    if width > 0:
        shifted = counts[:-1, :width].copy()
        counts[1:, score:] += shifted


def count_sign_sums(scores: IntArray) -> IntArray:
    """How many of the 2^n choices of signs give the positive scores the sum 0, 1, 2 ...

    At most 2^60 choices, so that every count fits 64 bits.
    """
    if len(scores) > EXACT_LIMIT:
        raise ValueError(f"Exact counting is limited to {EXACT_LIMIT} observations.")
    counts = np.zeros(int(scores.sum()) + 1, dtype=np.int64)
    counts[0] = 1
    for score in scores:
        shifted = counts[: len(counts) - int(score)].copy()
        counts[int(score) :] += shifted
    return counts


def compute_tails(counts: IntArray, observed: int, expected: tuple[int, int]) -> ExactTails:
    """Tails of `observed` where the sum s can happen in counts[s] equally likely ways.

    `expected` is the expectation as a fraction (numerator, denominator), so that the distance
    from it is compared in whole numbers.
    """
    numerator, denominator = expected
    sums = np.arange(len(counts), dtype=np.int64)
    distances = np.abs(denominator * sums - numerator)
    far = distances >= abs(denominator * observed - numerator)
    total = _add_exactly(counts)
    greater = _add_exactly(counts[observed:]) / total
    less = _add_exactly(counts[: observed + 1]) / total
    return ExactTails(
        two_sided=_add_exactly(counts[far]) / total,
        doubled=min(1.0, 2 * min(greater, less)),
        greater=greater,
        less=less,
    )


def _add_exactly(counts: IntArray) -> int:
    return sum(counts.tolist())


def count_rank_sums_without_ties(first_size: int, second_size: int) -> IntArray:
    """How many ways the Mann-Whitney U of untied samples can be 0, 1, 2 ... m n."""
    ranks = np.arange(1, first_size + second_size + 1, dtype=np.int64)
    smallest_sum = first_size * (first_size + 1) // 2
    return count_subset_sums(ranks, first_size)[smallest_sum:]


def compute_rank_sum_quantile(tail: tuple[int, int], first_size: int, second_size: int) -> int:
    """Smallest u with P(U <= u) >= tail (a fraction), U of untied samples: R's qwilcox."""
    numerator, denominator = tail
    counts = count_rank_sums_without_ties(first_size, second_size).tolist()
    ways = math.comb(first_size + second_size, first_size)
    return _find_quantile(counts, ways * numerator, denominator)


def _find_quantile(counts: Sequence[int], wanted: int, denominator: int) -> int:
    reached = 0
    for position, count in enumerate(counts):
        reached += count
        if reached * denominator >= wanted:
            return position
    raise ValueError("A tail probability cannot be above 1.")
