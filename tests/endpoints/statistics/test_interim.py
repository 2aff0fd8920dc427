"""What is looked at while a trial runs, against enumeration and against numbers worked out by hand."""

import math

import numpy as np
import pytest
from scipy import stats

from endpoints.statistics.accrual_forecast import forecast_accrual
from endpoints.statistics.blinded_variance import compute_blinded_spread
from endpoints.statistics.proportions import find_least_events
from endpoints.statistics.standardized import compute_standardized_difference


@pytest.mark.parametrize("total", [1, 9, 10, 57])
@pytest.mark.parametrize("rate", [0.05, 0.2])
def test_a_boundary_is_the_first_count_that_so_rare_events_would_hardly_reach(total: int, rate: float) -> None:
    """The lower limit passes a rate when as many events or more have less than 2.5 % probability under it."""
    tails = [float(stats.binom.sf(x - 1, total, rate)) for x in range(total + 1)]
    assert find_least_events(total, rate) == next((x for x in range(1, total + 1) if tails[x] < 0.025), None)


def test_the_forecast_holds_its_promise_over_trials_drawn_anew() -> None:
    """Ten came at one rate; how often does the day of the fifth next one fall into the interval?"""
    source = np.random.default_rng(4)
    hits = 0
    for _ in range(2_000):
        gaps = source.exponential(3.0, 15)
        found = forecast_accrual(10, float(gaps[:10].sum()), 5)
        assert found is not None
        hits += found.interval.low <= gaps[10:].sum() <= found.interval.high
    assert abs(hits / 2_000 - 0.95) < 4 * math.sqrt(0.95 * 0.05 / 2_000)
    assert forecast_accrual(0, 30, 5) is forecast_accrual(5, 30, 0) is None


def test_sizes_and_differences_answer_each_other() -> None:
    """SD 2 of 2, 4, 6; with 80 % power z is 1.959964 + 0.841621, so 2 * 2.801585^2 * 4 = 62.79 patients an arm for one unit."""
    found = compute_blinded_spread([2, 4, 6, math.nan], 63, 63)
    assert found is not None
    assert (found.n, found.sd) == (3, 2)
    assert found.needed == {0.8: 126, 0.9: 170}
    assert found.detectable[0.8] == pytest.approx(2.801585 * 2 * math.sqrt(2 / 63), rel=1e-6)
    assert found.interval.low == pytest.approx(2 * math.sqrt(2 / 7.377759), rel=1e-6), "chi-square 0.975 with 2 df"
    assert compute_blinded_spread([1, 1, 1], 9, 9) is compute_blinded_spread([1, 2], 9, 9) is None


def test_a_standardized_difference_is_corrected_for_small_samples() -> None:
    """Means 4 and 2, variances 4 and 1, so pooled 2.5; g = (1 - 3 / 15) * 2 / sqrt(2.5)."""
    found = compute_standardized_difference([2, 4, 6], [1, 2, 3])
    assert found is not None
    assert found.estimate == pytest.approx(0.8 * 2 / math.sqrt(2.5))
    reach = 1.959964 * math.sqrt(6 / 9 + found.estimate**2 / 12)
    assert found.interval.high == pytest.approx(found.estimate + reach, rel=1e-6)
    assert compute_standardized_difference([1], [1, 2]) is compute_standardized_difference([1, 1], [1, 1]) is None
