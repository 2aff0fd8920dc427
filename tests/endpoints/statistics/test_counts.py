"""Rates, rate ratios, negative binomial models and tables of counts."""

import math
from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, stats

from endpoints.statistics.count_tables import compute_count_table_chi_square
from endpoints.statistics.freeman_halton import compute_freeman_halton
from endpoints.statistics.negative_binomial import compute_negative_binomial
from endpoints.statistics.numbers import Interval
from endpoints.statistics.poisson_regression import compute_poisson_regression
from endpoints.statistics.rates import RateRatio, compute_rate, compute_rate_ratio
from tests.endpoints.statistics.strategies import SMALL_COUNTS

EVENTS = st.integers(min_value=0, max_value=40)
YEARS = st.floats(min_value=0.5, max_value=50)


def compute_ratio(*numbers: float) -> RateRatio:
    result = compute_rate_ratio(int(numbers[0]), numbers[1], int(numbers[2]), numbers[3])
    assert result is not None
    return result


def test_rate_of_leukemia() -> None:
    """Ulm, American Journal of Epidemiology 1990;131:373-375: 137 observed, 24.19893 expected;
    ratio 5.66 (4.75 to 6.69)."""
    rate = compute_rate(137, 24.19893)
    assert rate.interval is not None
    numbers = (rate.rate, rate.interval.low, rate.interval.high)
    assert numbers == pytest.approx((5.661407, 4.753125, 6.692709), abs=1e-6)


def test_rate_without_events_has_an_upper_limit() -> None:
    """The upper limit is -log(0.025) = 3.689 events: Garwood 1936."""
    interval = compute_rate(0, 2.0).interval
    assert interval is not None
    assert interval.low == 0
    assert interval.high == pytest.approx(-math.log(0.025) / 2)


def test_rate_of_nobody_is_undefined() -> None:
    assert compute_rate(0, 0.0).rate is None
    assert compute_rate_ratio(0, 0.0, 1, 1.0) is None
    assert compute_rate_ratio(1, 1.0, 0, 0.0) is None


@given(EVENTS, YEARS)
def test_scaling_time_scales_the_rate(events: int, years: float) -> None:
    one, two = compute_rate(events, years), compute_rate(events, 4 * years)
    assert one.interval is not None
    assert two.interval is not None
    assert one.rate == pytest.approx(4 * two.rate if two.rate else 0)
    assert one.interval.high == pytest.approx(4 * two.interval.high)


@given(EVENTS, YEARS)
def test_garwood_limits_leave_the_tail_they_promise(events: int, years: float) -> None:
    limits = compute_rate(events, years).interval
    assert limits is not None
    assert stats.poisson.cdf(events, limits.high * years) == pytest.approx(0.025)
    if events:
        assert stats.poisson.sf(events - 1, limits.low * years) == pytest.approx(0.025)


def test_ratio_agrees_with_an_independent_program() -> None:
    """poisson.test(c(11, 25), c(40.5, 42.25)) of R 4.2.2."""
    result = compute_ratio(11, 40.5, 25, 42.25)
    assert result.p == pytest.approx(0.03009064, abs=1e-8)
    assert result.interval.low == pytest.approx(0.2038642, abs=1e-7)
    assert result.interval.high == pytest.approx(0.9671020, abs=1e-7)


def test_ratio_of_lung_cancer_in_two_towns() -> None:
    """Andersen, Scandinavian Journal of Statistics 1977;4:153-158, men of 40 to 54 years; the answer is that of poisson.test in R's own manual."""
    result = compute_ratio(11, 800, 6 + 8 + 7, 1083 + 1050 + 878)
    assert result.ratio == pytest.approx(1.971488, abs=1e-6)
    assert result.p == pytest.approx(0.07967, abs=5e-6)
    assert (result.interval.low, result.interval.high) == pytest.approx((0.8584264, 4.2772659), abs=1e-7)


def test_ratio_with_an_empty_arm_of_events_is_infinite_or_zero() -> None:
    assert compute_ratio(3, 1.0, 0, 1.0).ratio == math.inf
    assert compute_ratio(3, 1.0, 0, 1.0).interval.high == math.inf
    assert compute_ratio(0, 1.0, 3, 1.0).ratio == 0
    assert compute_ratio(0, 1.0, 0, 1.0) == RateRatio(None, Interval(0, math.inf), 1, 1)


@given(EVENTS, YEARS, EVENTS, YEARS)
def test_exchanging_the_arms_inverts_the_ratio(
    first: int, first_years: float, second: int, second_years: float
) -> None:
    one = compute_ratio(first, first_years, second, second_years)
    two = compute_ratio(second, second_years, first, first_years)
    assert one.p == pytest.approx(two.p)
    if two.interval.high not in (0, math.inf):
        assert one.interval.low == pytest.approx(1 / two.interval.high)


TREATED, TREATED_YEARS = [0, 0, 0, 1, 1, 2, 3, 4, 8], [0.5] * 9
SHAM, SHAM_YEARS = [0] * 8 + [1, 2], [0.5, 0.4] * 5


def test_negative_binomial_agrees_with_an_independent_program() -> None:
    """MASS::glm.nb(y ~ arm + offset(log(years))) of R 4.2.2, estimate 1.83310501, SE 0.79053302,
    p 0.02040471; glm.nb stops near, not at, the maximum."""
    fit = compute_negative_binomial(TREATED, TREATED_YEARS, SHAM, SHAM_YEARS)
    assert fit is not None
    assert fit.log_rate_ratio == pytest.approx(1.83310501, abs=1e-6)
    assert fit.standard_error == pytest.approx(0.79053302, rel=1e-5)
    assert fit.p == pytest.approx(0.02040471, rel=1e-4)


def test_negative_binomial_of_mites_on_apple_leaves() -> None:
    """Bliss and Fisher, Biometrics 1953;9:176-200: mites on 150 leaves, k = 1.02459 by maximum likelihood, mean 1.14667.

    The same leaves stand in both arms, so that the ratio is 1, and the dispersion that of one sample.
    """
    leaves = [mites for mites, number in enumerate([70, 38, 17, 10, 9, 3, 2, 1]) for _ in range(number)]
    fit = compute_negative_binomial(leaves, [1.0] * 150, leaves, [1.0] * 150)
    assert fit is not None
    assert sum(leaves) / len(leaves) == pytest.approx(1.14667, abs=5e-6)
    assert fit.theta == pytest.approx(1.02459, abs=1e-5)
    assert fit.rate_ratio == pytest.approx(1)


def test_negative_binomial_reaches_the_maximum_of_the_likelihood() -> None:
    """A direct search over both rates and the dispersion, with SciPy's own distribution."""
    counts, years = np.array(TREATED + SHAM), np.array(TREATED_YEARS + SHAM_YEARS)
    arm = np.array([1] * 9 + [0] * 10)

    def negative_log_likelihood(parameters: "np.typing.NDArray[np.float64]") -> float:
        means = years * np.exp(parameters[0] + parameters[1] * arm)
        shape = math.exp(-parameters[2])
        return -float(stats.nbinom.logpmf(counts, shape, shape / (shape + means)).sum())

    best = optimize.minimize(
        negative_log_likelihood, [0, 1, 0], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12}
    )
    fit = compute_negative_binomial(TREATED, TREATED_YEARS, SHAM, SHAM_YEARS)
    assert fit is not None
    assert fit.dispersion is not None
    assert fit.log_likelihood == pytest.approx(-best.fun, abs=1e-9)
    assert (fit.log_rate_ratio, math.log(fit.dispersion)) == pytest.approx((best.x[1], best.x[2]), abs=1e-5)


@pytest.mark.parametrize(
    ("first", "second", "reason"),
    [
        ([0, 0], [1, 5], "no event"),
        ([1, 5], [0, 0], "no event"),
        ([1, 1, 1], [1, 1, 1], "no more than Poisson"),
    ],
)
def test_negative_binomial_says_when_it_is_not_identifiable(first: list[int], second: list[int], reason: str) -> None:
    fit = compute_negative_binomial(first, [1] * len(first), second, [1] * len(second))
    assert fit is not None
    assert not fit.is_identifiable
    assert fit.rate_ratio is None
    assert reason in fit.reason


def test_overdispersion_of_exactly_zero_is_not_identifiable() -> None:
    """0 and 2 around 1: each arm gives (1 - 0) + (1 - 2) = 0."""
    fit = compute_negative_binomial([0, 2], [1, 1], [0, 2], [1, 1])
    assert fit is not None
    assert not fit.is_identifiable


def test_slight_overdispersion_is_fitted() -> None:
    fit = compute_negative_binomial([0, 2], [1, 1], [0, 3], [1, 1])
    assert fit is not None
    assert fit.is_identifiable
    assert fit.dispersion is not None
    assert fit.dispersion > 0
    assert fit.rate_ratio == pytest.approx(2 / 3)


def test_negative_binomial_without_patients_is_nothing() -> None:
    assert compute_negative_binomial([], [], [1], [1]) is None


@pytest.mark.parametrize(("years", "message"), [([1.0], "Each count"), ([1.0, 0.0], "above zero")])
def test_negative_binomial_refuses_wrong_person_years(years: list[float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        compute_negative_binomial([1, 2], years, [1], [1])


COUNT_LISTS = st.lists(st.integers(min_value=0, max_value=12), min_size=2, max_size=8)


@given(COUNT_LISTS, COUNT_LISTS)
def test_negative_binomial_is_mirrored_and_keeps_its_ratio_over_time(first: list[int], second: list[int]) -> None:
    years = [0.5] * len(first), [0.5] * len(second)
    longer = [2.0] * len(first), [2.0] * len(second)
    one = compute_negative_binomial(first, years[0], second, years[1])
    two = compute_negative_binomial(second, years[1], first, years[0])
    three = compute_negative_binomial(first, longer[0], second, longer[1])
    assert one is not None
    assert two is not None
    assert three is not None
    assert one.is_identifiable == two.is_identifiable == three.is_identifiable
    if one.log_rate_ratio is not None:
        # Within an arm all are followed equally long, so the means are the fitted ones.
        assert one.rate_ratio == pytest.approx(np.mean(first) / np.mean(second))
        assert two.log_rate_ratio == pytest.approx(-one.log_rate_ratio, abs=1e-9)
        assert three.dispersion == pytest.approx(one.dispersion, rel=1e-6)


def test_published_relapses() -> None:
    """Relapses per patient 0/1/2: 6/2/1 v 9/1/0; published p 0.389."""
    result = compute_count_table_chi_square([0] * 6 + [1] * 2 + [2], [0] * 9 + [1])
    assert result is not None
    assert (result.columns, result.df) == ((0, 1, 2), 2)
    assert result.observed == ((6, 2, 1), (9, 1, 0))
    assert round(result.p, 4) == 0.3895


def test_counts_without_contrast_cannot_be_tested() -> None:
    assert compute_count_table_chi_square([0, 0], [0]) is None
    assert compute_count_table_chi_square([], [0, 1]) is None


@given(SMALL_COUNTS, SMALL_COUNTS)
def test_chi_square_agrees_with_its_formula(first: list[int], second: list[int]) -> None:
    result = compute_count_table_chi_square(first, second)
    pooled = first + second
    if len(set(pooled)) == 1:
        assert result is None
        return
    assert result is not None
    total = 0.0
    for arm in (first, second):
        for value in set(pooled):
            expected = len(arm) * pooled.count(value) / len(pooled)
            total += (arm.count(value) - expected) ** 2 / expected
    assert result.chi_square == pytest.approx(total)
    assert result.df == len(set(pooled)) - 1


@given(SMALL_COUNTS, SMALL_COUNTS)
def test_the_exact_test_of_a_table_counts_every_allocation(first: list[int], second: list[int]) -> None:
    """Each way of giving the counts to the arms is as likely as any other: no more probable tables than the one seen are added up."""
    both = first + second

    def count_ways(chosen: Sequence[int]) -> int:
        return math.prod(math.comb(both.count(value), list(chosen).count(value)) for value in set(both))

    ways = [count_ways(chosen) for chosen in combinations(both, len(first))]
    expected = sum(one <= count_ways(first) for one in ways) / len(ways)
    found = compute_freeman_halton(first, second)
    assert found == (None if len(set(both)) == 1 else pytest.approx(expected))


def test_a_table_of_two_counts_is_tested_as_the_lady_tasting_tea() -> None:
    """Three of four cups told right: p = 34 / 70, Fisher, The Design of Experiments, 1935, chapter 2."""
    assert compute_freeman_halton([1, 1, 1, 0], [1, 0, 0, 0]) == pytest.approx(34 / 70)


def test_poisson_regression_agrees_with_a_textbook() -> None:
    """Lower respiratory infections by housing: 33 in 355 and 24 in 518 child-years give a ratio of 2.01 (1.19 to 3.39).

    Kirkwood and Sterne, Essential Medical Statistics, 2nd ed. 2003, chapters 23 and 24.
    """
    found = compute_poisson_regression(*(np.array([value]) for value in (33.0, 355.0, 24.0, 518.0)))
    assert found is not None
    assert math.exp(found.log_ratio) == pytest.approx(2.01, abs=5e-3)
    assert (found.interval.low, found.interval.high) == pytest.approx((1.19, 3.39), abs=5e-3)
    assert found.p == pytest.approx(0.009, abs=5e-4)


def test_poisson_regression_agrees_with_an_independent_program() -> None:
    """statsmodels, whose search ends at the closed form that is used here; HC0 with its own sandwich."""
    counts, years = np.array(TREATED + SHAM), np.array(TREATED_YEARS + SHAM_YEARS)
    design = np.column_stack([np.ones(len(counts)), [1] * len(TREATED) + [0] * len(SHAM)])
    theirs = sm.GLM(counts, design, sm.families.Poisson(), offset=np.log(years)).fit(tol=1e-14)
    robust = sm.GLM(counts, design, sm.families.Poisson(), offset=np.log(years)).fit(tol=1e-14, cov_type="HC0")
    mine = compute_poisson_regression(
        *(np.array(one, dtype=float) for one in (TREATED, TREATED_YEARS, SHAM, SHAM_YEARS))
    )
    assert mine is not None
    assert (mine.log_ratio, mine.standard_error, mine.p) == pytest.approx(
        (theirs.params[1], theirs.bse[1], theirs.pvalues[1]), rel=1e-7
    )
    assert mine.dispersion == pytest.approx(theirs.pearson_chi2 / theirs.df_resid)
    assert mine.robust_error == pytest.approx(robust.bse[1], rel=1e-7)
