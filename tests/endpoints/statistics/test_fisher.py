"""Fisher's exact test."""

import math

import pytest
from hypothesis import given
from scipy import stats

from endpoints.statistics.fisher import FisherTest, compute_fisher
from endpoints.statistics.numbers import Interval
from tests.endpoints.statistics.strategies import EVENTS_OF_SOME


def compute(*table: int) -> FisherTest:
    result = compute_fisher(*table)
    assert result is not None
    return result


def test_lady_tasting_tea() -> None:
    """Fisher, The Design of Experiments, chapter 2: 3 of 4 cups each way, 34 / 70."""
    result = compute(3, 4, 1, 4)
    assert result.p == pytest.approx(34 / 70)
    assert result.sample_odds_ratio == 9
    # Conditional estimate and lower limit as printed by R's fisher.test.
    assert result.conditional_odds_ratio == pytest.approx(6.408309, abs=1e-4)
    assert result.conditional_interval.low == pytest.approx(0.2117329, abs=1e-4)


def test_conditional_limits_leave_the_tail_they_promise() -> None:
    """Given the margins 4, 4, 4, 4 the table x has weight C(4, x)^2 ratio^x. (R prints 621.9
    for the upper limit: its search stops early.)"""
    limits = compute(3, 4, 1, 4).conditional_interval

    def compute_tail(ratio: float, xs: tuple[int, ...]) -> float:
        weights = [math.comb(4, x) ** 2 * ratio**x for x in range(5)]
        return sum(weights[x] for x in xs) / sum(weights)

    assert compute_tail(limits.low, (3, 4)) == pytest.approx(0.025)
    assert compute_tail(limits.high, (0, 1, 2, 3)) == pytest.approx(0.025)


def test_convicted_twins() -> None:
    """Fisher, Statistical Methods for Research Workers, section 21.02: 10 of 13 identical and
    2 of 17 other twins convicted; one-sided 619 / 1330665, two-sided as in Agresti."""
    result = compute(10, 13, 2, 17)
    assert result.p == pytest.approx(0.0005367, abs=5e-8)


def test_odds_ratio_without_events_in_one_arm_is_infinite_or_zero() -> None:
    assert compute(1, 9, 0, 10).sample_odds_ratio == math.inf
    assert compute(1, 9, 0, 10).conditional_odds_ratio == math.inf
    assert compute(1, 9, 0, 10).conditional_interval.high == math.inf
    assert compute(0, 9, 1, 10).conditional_odds_ratio == 0
    assert compute(0, 9, 1, 10).conditional_interval.low == 0


@pytest.mark.parametrize("table", [(0, 9, 0, 10), (9, 9, 10, 10)])
def test_odds_ratio_without_contrast_is_undefined(table: tuple[int, int, int, int]) -> None:
    result = compute(*table)
    assert (result.conditional_odds_ratio, result.sample_odds_ratio, result.p) == (None, None, 1)
    assert result.conditional_interval == Interval(0, math.inf)


def test_an_empty_arm_cannot_be_tested() -> None:
    assert compute_fisher(0, 0, 1, 3) is None
    assert compute_fisher(1, 3, 0, 0) is None


def test_more_events_than_patients_are_refused() -> None:
    with pytest.raises(ValueError, match="more events"):
        compute_fisher(4, 3, 0, 3)


@given(EVENTS_OF_SOME, EVENTS_OF_SOME)
def test_p_agrees_with_scipy(first: tuple[int, int], second: tuple[int, int]) -> None:
    table = [[first[0], first[1] - first[0]], [second[0], second[1] - second[0]]]
    assert compute(*first, *second).p == pytest.approx(stats.fisher_exact(table).pvalue)


@given(EVENTS_OF_SOME, EVENTS_OF_SOME)
def test_exchanging_the_arms_keeps_p_and_inverts_the_ratio(first: tuple[int, int], second: tuple[int, int]) -> None:
    one, two = compute(*first, *second), compute(*second, *first)
    assert one.p == pytest.approx(two.p)
    if one.sample_odds_ratio and two.sample_odds_ratio and math.isfinite(one.sample_odds_ratio):
        assert one.sample_odds_ratio == pytest.approx(1 / two.sample_odds_ratio)
