"""Intervals of one proportion and of a difference, against Newcombe's published tables."""

import pytest
from hypothesis import given
from scipy import stats

from endpoints.statistics.numbers import Interval
from endpoints.statistics.proportions import (
    compute_clopper_pearson,
    compute_newcombe,
    compute_proportion,
    compute_wilson,
)
from tests.endpoints.statistics.strategies import EVENTS_OF_SOME


def rounded(interval: Interval | None) -> tuple[float, float]:
    assert interval is not None
    return round(interval.low, 4), round(interval.high, 4)


@pytest.mark.parametrize(
    ("events", "total", "exact", "score"),
    [
        (81, 263, (0.2527, 0.3676), (0.2553, 0.3662)),
        (15, 148, (0.0578, 0.1617), (0.0624, 0.1605)),
        (0, 20, (0.0, 0.1684), (0.0, 0.1611)),
        (1, 29, (0.0009, 0.1776), (0.0061, 0.1718)),
    ],
)
def test_single_proportion(events: int, total: int, exact: tuple[float, float], score: tuple[float, float]) -> None:
    """Newcombe, Statistics in Medicine 1998;17:857-872, table I, methods 5 and 3."""
    assert rounded(compute_clopper_pearson(events, total)) == exact
    assert rounded(compute_wilson(events, total)) == score


@pytest.mark.parametrize(
    ("first", "second", "limits"),
    [
        ((56, 70), (48, 80), (0.0524, 0.3339)),
        ((9, 10), (3, 10), (0.1705, 0.8090)),
        ((6, 7), (2, 7), (0.0582, 0.8062)),
        ((5, 56), (0, 29), (-0.0381, 0.1926)),
        ((0, 10), (0, 20), (-0.1611, 0.2775)),
        ((0, 10), (0, 10), (-0.2775, 0.2775)),
        ((10, 10), (0, 20), (0.6791, 1.0)),
        ((10, 10), (0, 10), (0.6075, 1.0)),
    ],
)
def test_difference(first: tuple[int, int], second: tuple[int, int], limits: tuple[float, float]) -> None:
    """Newcombe, Statistics in Medicine 1998;17:873-890, table II, method 10."""
    result = compute_newcombe(*first, *second)
    assert result is not None
    assert rounded(result.newcombe) == limits
    assert result.difference == pytest.approx(first[0] / first[1] - second[0] / second[1])


def test_an_empty_arm_has_no_proportion() -> None:
    result = compute_proportion(0, 0)
    assert (result.proportion, result.clopper_pearson, result.wilson) == (None, None, None)
    assert compute_newcombe(0, 0, 1, 2) is None
    assert compute_newcombe(1, 2, 0, 0) is None


@pytest.mark.parametrize(("events", "total"), [(-1, 3), (4, 3)])
def test_impossible_numbers_are_refused(events: int, total: int) -> None:
    with pytest.raises(ValueError, match="cannot happen"):
        compute_proportion(events, total)


@given(EVENTS_OF_SOME)
def test_exact_limits_leave_the_tail_they_promise(pair: tuple[int, int]) -> None:
    """At a limit strictly inside 0 and 1, the tail up to the events seen is 2.5 %."""
    events, total = pair
    limits = compute_clopper_pearson(events, total)
    assert limits is not None
    if limits.low > 0:
        assert stats.binom.sf(events - 1, total, limits.low) == pytest.approx(0.025)
    if limits.high < 1:
        assert stats.binom.cdf(events, total, limits.high) == pytest.approx(0.025)


@given(EVENTS_OF_SOME, EVENTS_OF_SOME)
def test_exchanging_the_arms_mirrors_the_difference(first: tuple[int, int], second: tuple[int, int]) -> None:
    one, two = compute_newcombe(*first, *second), compute_newcombe(*second, *first)
    assert one is not None
    assert two is not None
    assert one.newcombe.low == pytest.approx(-two.newcombe.high)
    assert one.newcombe.high == pytest.approx(-two.newcombe.low)
    assert -1 <= one.newcombe.low <= one.difference <= one.newcombe.high <= 1
