"""Kaplan-Meier curve and log-rank test."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from endpoints.statistics.proportional_hazards import compute_hazard_ratio
from endpoints.statistics.survival import compute_kaplan_meier, compute_log_rank

DRUG = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
IS_RELAPSE = [t in (6, 7, 10, 13, 16, 22, 23) for t in DRUG]
IS_RELAPSE[3] = False
IS_RELAPSE[7] = False
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]
"""Weeks of remission in acute leukemia under 6-mercaptopurine and placebo: Freireich and
colleagues, Blood 1963;21:699-716, as analyzed in many textbooks."""


@pytest.mark.parametrize(
    ("week", "survival"),
    [(5, 1.0), (6, 0.857), (7, 0.807), (10, 0.753), (13, 0.690), (16, 0.627), (22, 0.538), (23, 0.448)],
)
def test_leukemia_remission(week: int, survival: float) -> None:
    """Cox and Oakes, Analysis of Survival Data, table 4.1 (product-limit estimate)."""
    step = compute_kaplan_meier(DRUG, IS_RELAPSE).at(week)
    assert step is not None
    assert step.survival == pytest.approx(survival, abs=5e-4)


def test_limits_agree_with_an_independent_program() -> None:
    """survfit(conf.type = "log-log") of R 4.2.2."""
    step = compute_kaplan_meier(DRUG, IS_RELAPSE).at(10)
    assert step is not None
    assert step.interval is not None
    assert step.std_err == pytest.approx(0.0963497, abs=1e-7)
    limits = (step.interval.low, step.interval.high)
    assert limits == pytest.approx((0.503200, 0.889362), abs=1e-6)


def test_medians() -> None:
    assert compute_kaplan_meier(DRUG, IS_RELAPSE).median == 23
    assert compute_kaplan_meier(PLACEBO, [True] * 21).median == 8
    assert compute_kaplan_meier([1, 2, 3], [True, False, False]).median is None


def test_log_rank() -> None:
    """Chi-square 16.79 with 19.25 expected relapses under the drug."""
    result = compute_log_rank(DRUG, IS_RELAPSE, PLACEBO, [True] * 21)
    assert result is not None
    assert (result.observed_first, result.observed_second) == (9, 21)
    assert result.expected_first == pytest.approx(19.2505, abs=5e-5)
    assert result.chi_square == pytest.approx(16.7929, abs=5e-5)
    assert result.p == pytest.approx(4.169e-05, rel=1e-3)


def test_the_curve_ends_with_the_last_patient() -> None:
    curve = compute_kaplan_meier([5, 9], [True, False])
    assert curve.at(9) is not None
    assert curve.at(10) is None
    everyone = compute_kaplan_meier([5, 9], [True, True])
    after = everyone.at(10)
    assert after is not None
    assert (after.survival, after.interval, after.std_err) == (0, None, None)


def test_patients_at_risk_are_those_observed_on_the_day() -> None:
    curve = compute_kaplan_meier([5, 9, 9], [True, False, True])
    assert [curve.count_at_risk(day) for day in (0, 5, 6, 9, 10)] == [3, 3, 2, 2, 0]


def test_nobody_has_no_curve() -> None:
    curve = compute_kaplan_meier([], [])
    assert (curve.n, curve.median, curve.at(0)) == (0, None, None)
    assert compute_log_rank([], [], [1], [True]) is None


def test_no_event_cannot_be_tested() -> None:
    result = compute_log_rank([5, 6], [False, False], [7], [False])
    assert result is not None
    assert result.p is None


def test_impossible_times_are_refused() -> None:
    with pytest.raises(ValueError, match="zero or more"):
        compute_kaplan_meier([-1], [True])
    with pytest.raises(ValueError, match="Each time"):
        compute_kaplan_meier([1], [])


TIMES = st.lists(st.tuples(st.integers(min_value=0, max_value=8), st.booleans()), min_size=1, max_size=8)


@given(TIMES, TIMES)
def test_exchanging_the_groups_keeps_p(first: list[tuple[int, bool]], second: list[tuple[int, bool]]) -> None:
    one = compute_log_rank(*zip(*first, strict=True), *zip(*second, strict=True))
    two = compute_log_rank(*zip(*second, strict=True), *zip(*first, strict=True))
    assert one is not None
    assert two is not None
    assert one.expected_first == pytest.approx(two.expected_second)
    assert (one.p is None) == (two.p is None)
    if one.p is not None:
        assert one.p == pytest.approx(two.p)


@given(TIMES)
def test_without_censoring_survival_is_the_part_still_there(pairs: list[tuple[int, bool]]) -> None:
    times = [time for time, _ in pairs]
    curve = compute_kaplan_meier(times, [True] * len(times))
    for step in curve.steps:
        assert step.survival == pytest.approx(sum(t > step.time for t in times) / len(times))


class TestHazardRatio:
    def test_leukemia_remission(self) -> None:
        """coxph of R 4.2.2 (its default is Efron's method): 1.5721 with standard error 0.4124."""
        result = compute_hazard_ratio(PLACEBO, [True] * 21, DRUG, IS_RELAPSE)
        assert result is not None
        assert result.log_ratio == pytest.approx(1.57213, abs=5e-6)
        assert result.standard_error == pytest.approx(0.41240, abs=5e-6)

    def test_two_patients_without_an_overlap_have_no_maximum(self) -> None:
        assert compute_hazard_ratio([1, 2], [True, True], [8, 9], [True, True]) is None

    def test_an_arm_without_an_event_has_no_ratio(self) -> None:
        assert compute_hazard_ratio([1, 2], [True, True], [3], [False]) is None
        assert compute_hazard_ratio([], [], [3], [True]) is None

    def test_equal_groups_have_a_ratio_of_one(self) -> None:
        result = compute_hazard_ratio([1, 3, 5], [True, False, True], [1, 3, 5], [True, False, True])
        assert result is not None
        assert result.ratio == pytest.approx(1)
        assert result.p == pytest.approx(1)

    @given(TIMES, TIMES)
    def test_exchanging_the_groups_inverts_the_ratio(
        self, first: list[tuple[int, bool]], second: list[tuple[int, bool]]
    ) -> None:
        one = compute_hazard_ratio(*zip(*first, strict=True), *zip(*second, strict=True))
        two = compute_hazard_ratio(*zip(*second, strict=True), *zip(*first, strict=True))
        assert (one is None) == (two is None)
        if one is not None and two is not None:
            assert one.log_ratio == pytest.approx(-two.log_ratio, abs=1e-9)
            assert one.interval.low == pytest.approx(1 / two.interval.high)
