"""Mann-Whitney test and Hodges-Lehmann shift."""

import itertools
import math
from collections.abc import Sequence
from statistics import median

import pytest
from hypothesis import given
from scipy import stats

from endpoints.statistics.rank_sum import (
    MannWhitneyTest,
    compute_hodges_lehmann,
    compute_mann_whitney,
)
from tests.endpoints.statistics.strategies import SMALL_SAMPLES

AT_TERM = [0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46]
EARLIER = [1.15, 0.88, 0.90, 0.74, 1.21]
"""Permeability of the human placenta: Hollander and Wolfe, Nonparametric Statistical Methods
(1973), table 4.1."""


def compute(first: Sequence[float], second: Sequence[float]) -> MannWhitneyTest:
    result = compute_mann_whitney(first, second)
    assert result is not None
    return result


def test_placenta_permeability() -> None:
    """Hollander and Wolfe, example 4.1: U = 35, one-sided p = 0.1272."""
    result = compute(AT_TERM, EARLIER)
    assert result.u_first == 35
    assert result.exact is not None
    assert result.exact.greater == pytest.approx(0.12720613, abs=1e-8)
    assert result.p == pytest.approx(0.25441225, abs=1e-8)


def test_placenta_shift() -> None:
    """Hollander and Wolfe, examples 4.2 and 4.3: shift 0.305 with its 95 % interval."""
    shift = compute_hodges_lehmann(AT_TERM, EARLIER)
    assert shift is not None
    assert shift.shift == pytest.approx(0.305)
    assert (shift.interval.low, shift.interval.high) == (-0.15, 0.76)


def test_ties_agree_with_independent_programs() -> None:
    """coin::wilcox_test(distribution = exact()) and wilcox.test(exact = FALSE) of R 4.2.2."""
    result = compute([0, 0, 0, 1, 1, 2, 3, 4, 8], [0] * 8 + [1, 2])
    assert result.p == pytest.approx(0.0340557275542, abs=1e-12)
    assert result.p_asymptotic == pytest.approx(0.0322154568423, abs=1e-12)
    assert result.p_asymptotic_corrected == pytest.approx(0.0360681472728, abs=1e-12)


def count_pairs(first: tuple[float, ...], second: tuple[float, ...]) -> float:
    return sum((a > b) + (a == b) / 2 for a in first for b in second)


def enumerate_p(first: list[float], second: list[float]) -> float:
    """Two-sided p over all ways to deal the values to the two samples."""
    pooled, m = first + second, len(first)
    middle = m * len(second) / 2
    observed = abs(count_pairs(tuple(first), tuple(second)) - middle)
    far = 0
    for chosen in itertools.combinations(range(len(pooled)), m):
        one = tuple(pooled[i] for i in chosen)
        two = tuple(pooled[i] for i in range(len(pooled)) if i not in chosen)
        far += abs(count_pairs(one, two) - middle) >= observed
    return far / math.comb(len(pooled), m)


@given(SMALL_SAMPLES, SMALL_SAMPLES)
def test_exact_p_agrees_with_enumeration(first: list[float], second: list[float]) -> None:
    result = compute(first, second)
    assert result.u_first == count_pairs(tuple(first), tuple(second))
    assert result.p == pytest.approx(enumerate_p(first, second), abs=1e-12)


@given(SMALL_SAMPLES, SMALL_SAMPLES)
def test_normal_p_agrees_with_scipy(first: list[float], second: list[float]) -> None:
    result = compute(first, second)
    if result.variance == 0:
        assert (result.z, result.p_asymptotic, result.p_asymptotic_corrected) == (None,) * 3
        return
    for mine, correct in ((result.p_asymptotic, False), (result.p_asymptotic_corrected, True)):
        theirs = stats.mannwhitneyu(first, second, method="asymptotic", use_continuity=correct)
        assert mine == pytest.approx(min(1.0, theirs.pvalue))


@given(SMALL_SAMPLES, SMALL_SAMPLES)
def test_exchanging_the_arms_mirrors_the_answer(first: list[float], second: list[float]) -> None:
    one, two = compute(first, second), compute(second, first)
    assert one.exact is not None
    assert two.exact is not None
    assert one.u_first == two.u_second
    assert one.p == pytest.approx(two.p)
    assert one.exact.greater == pytest.approx(two.exact.less)
    shift, mirrored = compute_hodges_lehmann(first, second), compute_hodges_lehmann(second, first)
    assert shift is not None
    assert mirrored is not None
    assert shift.shift == -mirrored.shift
    assert (shift.interval.low, shift.interval.high) == (
        -mirrored.interval.high,
        -mirrored.interval.low,
    )


@given(SMALL_SAMPLES, SMALL_SAMPLES)
def test_order_of_patients_changes_nothing(first: list[float], second: list[float]) -> None:
    assert compute(first, second) == compute(sorted(first), second[::-1])


@given(SMALL_SAMPLES, SMALL_SAMPLES)
def test_shift_is_the_median_difference(first: list[float], second: list[float]) -> None:
    result = compute_hodges_lehmann(first, second)
    assert result is not None
    assert result.shift == median(a - b for a in first for b in second)


def test_binary_rounding_does_not_break_ties() -> None:
    """0.1 + 0.2 is not 0.3 in binary; as ranks they must tie."""
    assert compute([0.1 + 0.2], [0.3]).u_first == 0.5


def test_an_empty_arm_cannot_be_compared() -> None:
    assert compute_mann_whitney([], [1.0]) is None
    assert compute_mann_whitney([math.nan], [1.0]) is None
    assert compute_hodges_lehmann([1.0], []) is None


def test_equal_values_have_an_exact_p_of_one_and_no_normal_p() -> None:
    result = compute([2.0, 2.0], [2.0])
    assert (result.p, result.p_asymptotic) == (1.0, None)


@pytest.mark.parametrize(("size", "is_exact"), [(30, True), (31, False)])
def test_exact_up_to_sixty_patients(size: int, is_exact: bool) -> None:
    first, second = list(map(float, range(size))), [n + 0.5 for n in range(30)]
    result = compute(first, second)
    assert (result.exact is not None) is is_exact
    expected = result.exact.two_sided if result.exact else result.p_asymptotic_corrected
    assert result.p == expected
    shift = compute_hodges_lehmann(first, second)
    assert shift is not None
    assert shift.rule.startswith("exact" if is_exact else "normal")


def test_exact_and_normal_p_meet_at_sixty() -> None:
    """30 v 30 without ties: exact counts above 10^17 must not overflow."""
    first, second = [n + 0.6 * n**0.5 for n in range(30)], [n + 0.25 for n in range(30)]
    result = compute(first, second)
    scipy_exact = stats.mannwhitneyu(first, second, method="exact").pvalue
    assert result.p == pytest.approx(scipy_exact, abs=1e-9)


@pytest.mark.parametrize(("sizes", "order"), [((9, 10), 21), ((4, 4), 1), ((3, 3), 1), ((1, 1), 1), ((10, 5), 9)])
def test_order_of_the_interval_follows_the_exact_quantile(sizes: tuple[int, int], order: int) -> None:
    """R: qwilcox(0.025, m, n), at least 1."""
    shift = compute_hodges_lehmann(range(sizes[0]), range(sizes[1]))
    assert shift is not None
    assert shift.order == order


def test_order_of_the_interval_beyond_sixty() -> None:
    """31 v 30: 465 - 1.95996 sqrt(930 x 62 / 12) = 329.1."""
    shift = compute_hodges_lehmann(range(31), range(30))
    assert shift is not None
    assert shift.order == 329
