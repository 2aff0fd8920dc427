"""t tests and the permutation test of means."""

import itertools
import math
from math import sqrt
from statistics import fmean

import pytest
from hypothesis import given

from endpoints.statistics.permutation import compute_permutation_test
from endpoints.statistics.t_tests import (
    TTest,
    compute_one_sample_t,
    compute_pooled_t,
    compute_welch_t,
)
from tests.endpoints.statistics.strategies import SMALL_COUNTS, SMALL_SAMPLES

DRUG_1 = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
DRUG_2 = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
"""Hours of sleep gained: Student, The probable error of a mean, Biometrika 1908;6:1-25."""


def present(test: TTest | None) -> tuple[float, float, float]:
    assert test is not None
    assert test.t is not None
    assert test.df is not None
    assert test.p is not None
    return test.t, test.df, test.p


def test_sleep_gained() -> None:
    """Student's paired t is 4.0621 with 9 degrees of freedom; unpaired 1.8608."""
    paired = compute_one_sample_t([b - a for a, b in zip(DRUG_1, DRUG_2, strict=True)])
    assert present(paired) == pytest.approx((4.0621, 9, 0.002833), abs=5e-5)
    welch = compute_welch_t(DRUG_1, DRUG_2)
    assert present(welch) == pytest.approx((-1.8608, 17.776, 0.07939), abs=5e-4)
    assert welch is not None
    assert welch.interval is not None
    assert welch.interval.low == pytest.approx(-3.3654832, abs=1e-7)
    assert welch.interval.high == pytest.approx(0.2054832, abs=1e-7)
    assert present(compute_pooled_t(DRUG_1, DRUG_2))[1:] == pytest.approx((18, 0.07919), abs=5e-6)


@given(SMALL_SAMPLES, SMALL_SAMPLES)
def test_pooled_t_agrees_with_its_formula(first: list[float], second: list[float]) -> None:
    mine = compute_pooled_t(first, second)
    assert mine is not None
    if mine.p is None:
        assert len(set(first)) == len(set(second)) == 1
    else:
        assert mine.df == len(first) + len(second) - 2
        squares = [sum((x - fmean(arm)) ** 2 for x in arm) for arm in (first, second)]
        error = sqrt(sum(squares) / mine.df * (1 / len(first) + 1 / len(second)))
        assert mine.t == pytest.approx((fmean(first) - fmean(second)) / error)


def test_no_scatter_leaves_only_the_estimate() -> None:
    """0.1 + 0.2 and 0.3 differ by one bit, which is no scatter."""
    for test in (compute_welch_t, compute_pooled_t):
        result = test([0.3, 0.1 + 0.2], [0.3, 0.3])
        assert result is not None
        assert result.estimate == pytest.approx(0, abs=1e-15)
        assert (result.t, result.df, result.p, result.interval) == (None,) * 4
    assert compute_one_sample_t([2, 2, 2]) == TTest(2)


def test_one_patient_has_no_variance() -> None:
    assert compute_one_sample_t([2.0]) == TTest(2.0)
    assert compute_welch_t([2.0], [1.0, 3.0]) == TTest(0.0)
    assert compute_pooled_t([2.0], [1.0]) == TTest(1.0)
    assert present(compute_pooled_t([4.0], [1.0, 3.0]))[1] == 1


def test_an_empty_arm_cannot_be_compared() -> None:
    assert compute_one_sample_t([math.nan]) is None
    assert compute_welch_t([], [1.0]) is None
    assert compute_pooled_t([1.0], []) is None
    assert compute_permutation_test([], [1]) is None


def enumerate_p(first: list[int], second: list[int]) -> float:
    pooled, m = first + second, len(first)
    scale = len(pooled)
    observed = abs(scale * sum(first) - m * sum(pooled))
    sums = [sum(chosen) for chosen in itertools.combinations(pooled, m)]
    return sum(abs(scale * s - m * sum(pooled)) >= observed for s in sums) / len(sums)


@given(SMALL_COUNTS, SMALL_COUNTS)
def test_permutation_p_agrees_with_enumeration(first: list[int], second: list[int]) -> None:
    result = compute_permutation_test(first, second)
    assert result is not None
    assert result.exact is not None
    assert result.exact.two_sided == pytest.approx(enumerate_p(first, second))


def test_permutation_agrees_with_an_independent_program() -> None:
    """coin::oneway_test of R 4.2.2, exact and asymptotic."""
    result = compute_permutation_test([0, 0, 0, 1, 1, 2, 3, 4, 8], [0] * 8 + [1, 2])
    assert result is not None
    assert result.exact is not None
    assert result.exact.two_sided == pytest.approx(0.0292926887354, abs=1e-12)
    assert result.p_asymptotic == pytest.approx(0.0527227996719, abs=1e-12)


def test_permutation_refuses_what_is_no_count() -> None:
    for wrong in (0.5, -1):
        with pytest.raises(ValueError, match="whole numbers"):
            compute_permutation_test([wrong], [1])


def test_permutation_beyond_sixty_is_normal_only() -> None:
    result = compute_permutation_test([1] * 31, [0] * 30)
    assert result is not None
    assert result.exact is None
    assert result.p_asymptotic is not None
