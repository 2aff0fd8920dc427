"""Analysis of covariance, against statsmodels as an independent program."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from statsmodels.stats.anova import anova_lm

from endpoints.statistics.regression import ARM, Regression, fit_regression

VALUES = [3.0, 5.5, 4.0, 6.0, 7.5, 2.0, 3.5, 3.0, 5.0, 4.5, 6.5]
BASELINE = [2.0, 4.0, 3.5, 5.0, 6.0, 1.0, 4.0, 3.0, 5.5, 4.5, 6.0]
IS_ACTIVE = [True] * 5 + [False] * 6


def fit(
    values: Sequence[float],
    is_active: Sequence[bool],
    covariates: Mapping[str, Sequence[float]],
    interaction: str | None = None,
) -> Regression | None:
    columns = {name: np.array(column, dtype=np.float64) for name, column in covariates.items()}
    return fit_regression(
        np.array(values, dtype=np.float64), np.array(is_active, dtype=np.float64), columns, interaction
    )


def compute(covariates: Mapping[str, Sequence[float]], interaction: str | None = None) -> Regression:
    model = fit(VALUES, IS_ACTIVE, covariates, interaction)
    assert model is not None
    return model


def test_agrees_with_an_independent_program() -> None:
    frame = pd.DataFrame({"y": VALUES, "baseline": BASELINE, "arm": np.array(IS_ACTIVE) * 1.0})
    theirs = smf.ols("y ~ baseline + arm", frame).fit()
    mine = compute({"baseline": BASELINE})
    assert (mine.n, mine.df_residual) == (11, 8)
    assert mine.sigma == pytest.approx(math.sqrt(theirs.scale))
    assert mine.r_squared == pytest.approx(theirs.rsquared)
    type_two = anova_lm(theirs, typ=2)
    for name in ("baseline", "arm"):
        coefficient, test = mine.coefficients[name], mine.type_two[name]
        assert coefficient.estimate == pytest.approx(theirs.params[name])
        assert coefficient.se == pytest.approx(theirs.bse[name])
        assert coefficient.p == pytest.approx(theirs.pvalues[name])
        assert coefficient.se_hc3 == pytest.approx(theirs.HC3_se[name])
        assert coefficient.interval is not None
        limits = (coefficient.interval.low, coefficient.interval.high)
        assert limits == pytest.approx(tuple(theirs.conf_int().loc[name]))
        assert test.f == pytest.approx(type_two.loc[name, "F"])
        assert test.p == pytest.approx(type_two.loc[name, "PR(>F)"])


# Bacilli of leprosy before and after treatment with drugs A, D and F: Snedecor and Cochran, Statistical Methods, 6th ed. 1967, p. 422.
LEPROSY = {
    "A": [(11, 6), (8, 0), (5, 2), (14, 8), (19, 11), (6, 4), (10, 13), (6, 1), (11, 8), (3, 0)],
    "D": [(6, 0), (6, 2), (7, 3), (8, 1), (18, 18), (8, 4), (19, 14), (8, 9), (5, 1), (15, 9)],
    "F": [(16, 13), (13, 10), (11, 18), (9, 5), (21, 23), (16, 12), (12, 5), (12, 16), (7, 1), (12, 20)],
}


def test_agrees_with_the_published_analysis_of_covariance() -> None:
    """As the manual of SAS/STAT prints it, PROC GLM, example of an analysis of covariance; D against F is a further column."""
    rows = [(drug, before, after) for drug, pairs in LEPROSY.items() for before, after in pairs]
    model = fit(
        [after for _, _, after in rows],
        [drug == "A" for drug, _, _ in rows],
        {"before": [before for _, before, _ in rows], "is_d": [float(drug == "D") for drug, _, _ in rows]},
    )
    assert model is not None
    printed = {
        ARM: (-3.446138280, 1.88678065, 0.0793),
        "is_d": (-3.337166948, 1.85386642, 0.0835),
        "before": (0.987183811, 0.16449757, 0.0001),
    }
    for name, (estimate, error, p) in printed.items():
        found = model.coefficients[name]
        assert found.estimate == pytest.approx(estimate, abs=5e-10)
        assert found.se == pytest.approx(error, abs=5e-9)
        assert found.p is not None
        assert found.p < p if name == "before" else found.p == pytest.approx(p, abs=5e-5)
    assert model.r_squared == pytest.approx(0.676261, abs=5e-7)
    assert model.sigma == pytest.approx(4.005778, abs=5e-7)
    # Without an interaction types II and III are one.
    for tests in (model.type_two, model.type_three):
        assert tests["before"].f == pytest.approx(36.01, abs=5e-3)


def test_adjusted_means_stand_at_the_mean_covariate() -> None:
    frame = pd.DataFrame({"y": VALUES, "baseline": BASELINE, "arm": np.array(IS_ACTIVE) * 1.0})
    theirs = smf.ols("y ~ baseline + arm", frame).fit()
    mine = compute({"baseline": BASELINE}).adjusted_means
    for side, arm in (("active", 1.0), ("reference", 0.0)):
        point = pd.DataFrame({"baseline": [np.mean(BASELINE)], "arm": [arm]})
        expected = theirs.get_prediction(point).summary_frame().iloc[0]
        assert mine[side].estimate == pytest.approx(expected["mean"])
        assert mine[side].se == pytest.approx(expected["mean_se"])


def test_without_a_covariate_it_is_the_pooled_t_test() -> None:
    model = compute({})
    difference = np.mean(VALUES[:5]) - np.mean(VALUES[5:])
    assert model.arm.estimate == pytest.approx(difference)
    assert model.df_residual == 9


def test_exchanging_the_arms_mirrors_the_difference() -> None:
    one = compute({"baseline": BASELINE})
    two = fit(VALUES, [not active for active in IS_ACTIVE], {"baseline": BASELINE})
    assert two is not None
    assert one.arm.estimate == pytest.approx(-two.arm.estimate)
    assert one.arm.p == pytest.approx(two.arm.p)


def test_patients_with_something_missing_are_left_out() -> None:
    holes = [math.nan, *BASELINE[1:]]
    model = fit([*VALUES[:-1], math.nan], IS_ACTIVE, {"baseline": holes})
    assert model is not None
    assert model.n == 9


@pytest.mark.parametrize(
    ("values", "is_active", "baseline"),
    [
        ([1, 2, 3, 4], [True] * 4, [1, 2, 1, 3]),
        ([1, 2, 3, 4], [True, True, False, False], [5, 5, 5, 5]),
        ([1, 2, 3, 4], [True, True, False, False], [2, 2, 1, 1]),
        ([], [], []),
        ([math.nan] * 4, [True, True, False, False], [1, 2, 1, 3]),
    ],
    ids=["one arm", "constant baseline", "baseline is the arm", "nobody", "missing"],
)
def test_what_has_no_unique_answer_is_not_fitted(
    values: list[float], is_active: list[bool], baseline: list[float]
) -> None:
    assert fit(values, is_active, {"baseline": baseline}) is None


def test_a_perfect_fit_has_estimates_but_no_p() -> None:
    model = fit([1, 2, 3, 3, 4, 5], [False] * 3 + [True] * 3, {"x": [1, 2, 3, 1, 2, 3]})
    assert model is not None
    assert model.arm.estimate == pytest.approx(2)
    assert (model.arm.se, model.arm.se_hc3) == (0, 0)
    assert (model.arm.t, model.arm.p, model.type_two[ARM].p) == (None,) * 3


def test_as_many_terms_as_patients_leave_nothing_to_judge_by() -> None:
    model = fit([1, 2, 3], [True, True, False], {"x": [1, 2, 1]})
    assert model is not None
    assert (model.df_residual, model.sigma, model.arm.se, model.type_three[ARM].p) == (0, None, None, None)


def test_an_arm_of_one_has_no_robust_error() -> None:
    model = fit([1, 2, 4, 3], [True, False, False, False], {})
    assert model is not None
    assert model.arm.se is not None
    assert model.arm.se_hc3 is None


class TestInteractionModel:
    frame = pd.DataFrame({"y": VALUES, "x": BASELINE, "arm": np.where(IS_ACTIVE, "treated", "sham")})

    def test_agrees_with_an_independent_program(self) -> None:
        theirs = smf.ols("y ~ x * C(arm, Treatment('sham'))", self.frame).fit()
        mine = compute({"x": BASELINE}, interaction="x")
        assert (mine.n, mine.df_residual) == (11, 7)
        pairs = {
            "x": "x",
            ARM: "C(arm, Treatment('sham'))[T.treated]",
            "x:arm": "x:C(arm, Treatment('sham'))[T.treated]",
        }
        for name, key in pairs.items():
            assert mine.coefficients[name].estimate == pytest.approx(theirs.params[key])
            assert mine.coefficients[name].p == pytest.approx(theirs.pvalues[key])
            assert mine.coefficients[name].se_hc3 == pytest.approx(theirs.HC3_se[key])

    @pytest.mark.parametrize("kind", [2, 3])
    def test_types_of_sums_of_squares(self, kind: int) -> None:
        model = smf.ols("y ~ x * C(arm, Sum)", self.frame).fit()
        theirs = anova_lm(model, typ=kind)
        mine = compute({"x": BASELINE}, interaction="x")
        tests = mine.type_two if kind == 2 else mine.type_three
        pairs = {"x": "x", ARM: "C(arm, Sum)", "x:arm": "x:C(arm, Sum)"}
        for name, key in pairs.items():
            assert tests[name].sum_of_squares == pytest.approx(theirs.loc[key, "sum_sq"])
            assert tests[name].p == pytest.approx(theirs.loc[key, "PR(>F)"])

    def test_adjusted_difference_stands_at_the_mean_covariate(self) -> None:
        theirs = smf.ols("y ~ x * arm", self.frame).fit()
        mine = compute({"x": BASELINE}, interaction="x")
        for side, arm in (("active", "treated"), ("reference", "sham")):
            point = pd.DataFrame({"x": [np.mean(BASELINE)], "arm": [arm]})
            expected = theirs.get_prediction(point).summary_frame().iloc[0]
            assert mine.adjusted_means[side].estimate == pytest.approx(expected["mean"])
            assert mine.adjusted_means[side].se == pytest.approx(expected["mean_se"])
        means = mine.adjusted_means
        assert mine.difference.estimate == pytest.approx(means["active"].estimate - means["reference"].estimate)

    def test_a_covariate_that_is_constant_in_an_arm_has_no_answer(self) -> None:
        is_active = [True] * 3 + [False] * 3
        assert fit([1, 2, 4, 3, 5, 4], is_active, {"x": [5, 5, 5, 1, 2, 3]}, "x") is None


def test_of_values_that_are_all_the_same_no_part_is_explained() -> None:
    level = [0.1 + 0.2] * 6
    model = fit(level, [True] * 3 + [False] * 3, {"x": [1, 2, 4, 3, 5, 4]})
    assert model is not None
    assert model.r_squared is None
    assert (model.sigma, model.arm.estimate) == pytest.approx((0, 0), abs=1e-15)


def test_where_all_that_tells_a_slope_lies_on_the_fit_its_robust_error_is_zero() -> None:
    """By hand: the slope rests on the reference arm, which lies on a line; only the other arm's two values scatter, about 2 and at one place."""
    fit = fit_regression(
        np.array([0.0, 0.0, 0.0, 1.0, 3.0]),
        np.array([0.0, 0.0, 0.0, 1.0, 1.0]),
        {"x": np.array([-87.5, -62.5, 11.1111111111, -62.5, -62.5])},
    )
    assert fit is not None
    assert fit.coefficients["x"].se_hc3 == 0
    assert fit.coefficients["x"].se is not None
    assert fit.coefficients[ARM].estimate == pytest.approx(2)
    # Both values of the arm have leverage 1/2 and a residual of 1: HC3 of their mean is sqrt(2) * (1 / (1 - 1/2)) / 2.
    assert fit.coefficients[ARM].se_hc3 == pytest.approx(math.sqrt(2))
