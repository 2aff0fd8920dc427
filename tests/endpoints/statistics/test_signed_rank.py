"""Wilcoxon signed rank test."""

import itertools
from statistics import median

import pytest
from hypothesis import given
from scipy import stats

from endpoints.statistics.signed_rank import SignedRankTest, compute_signed_rank
from tests.endpoints.statistics.strategies import SMALL_SAMPLES

BEFORE = [1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30]
AFTER = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29]
"""Hamilton depression scale: Hollander and Wolfe (1973), table 3.1."""


def compute(differences: list[float]) -> SignedRankTest:
    result = compute_signed_rank(differences)
    assert result is not None
    return result


def test_depression_scale() -> None:
    """Hollander and Wolfe, example 3.1: the smaller rank sum is 5, two-sided p = 0.0391."""
    result = compute([before - after for before, after in zip(BEFORE, AFTER, strict=True)])
    assert (result.v_positive, result.w_smaller, result.n_pairs) == (40, 5, 9)
    assert result.p == pytest.approx(0.0390625)


def test_ties_and_zeros_agree_with_independent_programs() -> None:
    """exactRankTests::wilcox.exact, wilcox.test(exact = FALSE) and coin::wilcoxsign_test."""
    result = compute([-3, -2, -2, 0, 1, -4, -5, 0, -1, -1])
    assert (result.n_pairs, result.n_zero) == (10, 2)
    assert result.p_exact == pytest.approx(0.03125)
    assert result.p_asymptotic == pytest.approx(0.0241770591903, abs=1e-12)
    assert result.p_asymptotic_corrected == pytest.approx(0.0289727681351, abs=1e-12)
    assert result.p_pratt_asymptotic == pytest.approx(0.0235363736221, abs=1e-12)
    assert result.p_pratt_exact == pytest.approx(0.03125)


def enumerate_p(differences: list[float], drop_zeros: bool) -> float | None:
    """Two-sided p over all signs, straight from the definition."""
    kept = [d for d in differences if d] if drop_zeros else differences
    ranks = [float(r) for r, d in zip(stats.rankdata([abs(d) for d in kept]), kept, strict=True) if d]
    signs = [d > 0 for d in kept if d]
    if not ranks:
        return None
    middle = sum(ranks) / 2
    observed = abs(sum(r for r, s in zip(ranks, signs, strict=True) if s) - middle)
    choices = list(itertools.product((True, False), repeat=len(ranks)))
    sums = [sum(r for r, s in zip(ranks, choice, strict=True) if s) for choice in choices]
    return sum(abs(total - middle) >= observed for total in sums) / len(choices)


@given(SMALL_SAMPLES)
def test_exact_p_agrees_with_enumeration(differences: list[float]) -> None:
    result = compute(differences)
    assert result.p_exact == pytest.approx(enumerate_p(differences, drop_zeros=True))
    assert result.p_pratt_exact == pytest.approx(enumerate_p(differences, drop_zeros=False))


@given(SMALL_SAMPLES)
def test_changing_every_sign_mirrors_the_answer(differences: list[float]) -> None:
    one, two = compute(differences), compute([-d for d in differences])
    assert (one.p, one.w_smaller) == (two.p, two.w_smaller)
    assert one.pseudomedian == -two.pseudomedian


@given(SMALL_SAMPLES)
def test_pseudomedian_is_the_median_of_walsh_averages(differences: list[float]) -> None:
    pairs = itertools.combinations_with_replacement(differences, 2)
    assert compute(differences).pseudomedian == median((a + b) / 2 for a, b in pairs)


def test_nothing_but_zeros_has_no_p() -> None:
    result = compute([0.0, 0.0])
    assert (result.p, result.p_pratt_exact, result.p_sign_test) == (None, None, None)
    assert (result.n_zero, result.pseudomedian, result.pseudomedian_nonzero) == (2, 0, None)


def test_no_pair_cannot_be_tested() -> None:
    assert compute_signed_rank([]) is None
    assert compute_signed_rank([float("nan")]) is None


def test_one_pair_says_nothing() -> None:
    assert compute([3.0]).p == 1.0


@pytest.mark.parametrize(("size", "is_exact"), [(60, True), (61, False)])
def test_exact_up_to_sixty_differences(size: int, is_exact: bool) -> None:
    result = compute([(-1) ** (n % 3) * float(n) for n in range(1, size + 1)])
    assert (result.p_exact is not None) is is_exact
    assert result.p == (result.p_exact if is_exact else result.p_asymptotic_corrected)


def test_sixty_differences_do_not_overflow() -> None:
    assert compute([float(n) for n in range(1, 61)]).p == pytest.approx(2 / 2**60)


def test_sign_test_counts_signs_only() -> None:
    assert compute([1, 5, 9, 2, -1]).p_sign_test == pytest.approx(2 * 6 / 32)
