"""Linear models of an outcome in two arms: analysis of covariance."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from endpoints.statistics.numbers import CONFIDENCE, FloatArray, Interval


@dataclass(frozen=True)
class Coefficient:
    """An estimate with its standard errors; t, p and interval come from the classical one.

    `se_hc3` is the heteroscedasticity-consistent error HC3 (MacKinnon and White, Journal of
    Econometrics 1985;29:305-325); None where one observation alone determines a coefficient.
    """

    estimate: float
    se: float | None
    t: float | None
    p: float | None
    interval: Interval | None
    se_hc3: float | None


@dataclass(frozen=True)
class ModelTest:
    """F test of one term given the others; None where nothing is left to judge it by."""

    sum_of_squares: float
    df: int
    f: float | None
    p: float | None


@dataclass(frozen=True)
class Ancova:
    """value ~ covariates + arm, ordinary least squares.

    `arm` is the adjusted difference active - reference. `tests` are type II, which for a model
    without interaction are also type III. `adjusted_means` hold the covariates at their means
    over the patients of the model.
    """

    n: int
    df_residual: int
    sigma: float
    r_squared: float | None
    coefficients: dict[str, Coefficient]
    tests: dict[str, ModelTest]
    adjusted_means: dict[str, Coefficient]

    @property
    def arm(self) -> Coefficient:
        return self.coefficients["arm"]


@dataclass(frozen=True)
class InteractionModel:
    """value ~ covariate x arm, ordinary least squares.

    `coefficients` have the reference arm as their base: `covariate` is its slope, `interaction`
    how much steeper the active arm is. Type II tests each main effect without the interaction;
    type III tests it beside the interaction with the arms coded +1 and -1, the covariate not
    centered. `adjusted_means` and `difference` hold the covariate at its mean.
    """

    n: int
    df_residual: int
    sigma: float
    coefficients: dict[str, Coefficient]
    type_two: dict[str, ModelTest]
    type_three: dict[str, ModelTest]
    adjusted_means: dict[str, Coefficient]
    difference: Coefficient


@dataclass(frozen=True)
class _Fit:
    design: FloatArray
    beta: FloatArray
    residuals: FloatArray
    inverse: FloatArray
    df: int

    @property
    def rss(self) -> float:
        return float(self.residuals @ self.residuals)


def compute_ancova(
    values: Sequence[float],
    is_active: Sequence[bool],
    covariates: dict[str, Sequence[float]],
) -> Ancova | None:
    """Compare two arms adjusted for covariates, over the patients with nothing missing.

    Fisher, Statistical Methods for Research Workers, section 49.1. None where an arm is
    empty, no degree of freedom is left, or the covariates do not differ from each other and
    the arm (then no unique answer exists).
    """
    names = ["intercept", *covariates, "arm"]
    outcome, arm, *columns = _keep_complete(values, is_active, *covariates.values())
    design = np.column_stack([np.ones(len(arm)), *columns, arm])
    fit = _fit(design, outcome)
    if fit is None:
        return None
    total = float(((outcome - outcome.mean()) ** 2).sum())
    return Ancova(
        n=len(outcome),
        df_residual=fit.df,
        sigma=math.sqrt(fit.rss / fit.df),
        r_squared=1 - fit.rss / total if total else None,
        coefficients={name: _estimate(fit, np.eye(len(names))[position]) for position, name in enumerate(names)},
        tests={name: _test_term(fit, outcome, position) for position, name in enumerate(names) if position},
        adjusted_means=_adjust_means(fit),
    )


def compute_interaction_model(
    values: Sequence[float], is_active: Sequence[bool], covariate: Sequence[float]
) -> InteractionModel | None:
    """Let the slope of a covariate differ between two arms, over patients with nothing missing.

    Types of sums of squares after Searle, Linear Models for Unbalanced Data, chapter 12. None
    where no unique answer exists, as when the covariate does not vary within an arm.
    """
    outcome, arm, slope = _keep_complete(values, is_active, covariate)
    ones = np.ones(len(arm))
    fit = _fit(np.column_stack([ones, slope, arm, slope * arm]), outcome)
    if fit is None:
        return None
    signed = 2 * arm - 1
    coded = np.column_stack([ones, slope, signed, slope * signed])
    main = np.column_stack([ones, slope, arm])
    terms = ("covariate", "arm", "interaction")
    interaction = _test_term(fit, outcome, 3)
    type_two = [_compare_models(fit, outcome, main, main[:, kept]) for kept in ([0, 2], [0, 1])]
    type_three = [_compare_models(fit, outcome, coded, np.delete(coded, position, axis=1)) for position in (1, 2, 3)]
    mean = float(slope.mean())
    points = {"active": [1, mean, 1, mean], "reference": [1, mean, 0, 0]}
    return InteractionModel(
        n=len(outcome),
        df_residual=fit.df,
        sigma=math.sqrt(fit.rss / fit.df),
        coefficients={name: _estimate(fit, np.eye(4)[position]) for position, name in enumerate(("intercept", *terms))},
        type_two=dict(zip(terms, (*type_two, interaction), strict=True)),
        type_three=dict(zip(terms, type_three, strict=True)),
        adjusted_means={name: _estimate(fit, np.array(at)) for name, at in points.items()},
        difference=_estimate(fit, np.array([0, 0, 1, mean])),
    )


def _keep_complete(
    values: Sequence[float], is_active: Sequence[bool], *covariates: Sequence[float]
) -> list[FloatArray]:
    """Outcome, arm (1 active, 0 reference) and covariates of the patients who have them all."""
    columns = [np.asarray(c, dtype=np.float64) for c in (values, is_active, *covariates)]
    complete = ~np.isnan(np.column_stack(columns)).any(axis=1)
    return [column[complete] for column in columns]


def _fit(design: FloatArray, outcome: FloatArray) -> _Fit | None:
    rows, columns = design.shape
    if rows <= columns or np.linalg.matrix_rank(design) < columns:
        return None
    beta: FloatArray = np.asarray(np.linalg.lstsq(design, outcome)[0], dtype=np.float64)
    residuals = outcome - design @ beta
    # A perfect fit leaves residuals of a few 1e-16: they are no scatter.
    scale = max(1.0, float(np.abs(outcome).max()))
    residuals = np.where(np.abs(residuals) < 1e-13 * scale, 0.0, residuals)
    inverse: FloatArray = np.asarray(np.linalg.inv(design.T @ design), dtype=np.float64)
    return _Fit(design, beta, residuals, inverse, rows - columns)


def _estimate(fit: _Fit, contrast: FloatArray) -> Coefficient:
    """Estimate of a linear combination of the coefficients."""
    estimate = float(contrast @ fit.beta)
    variance = fit.rss / fit.df * float(contrast @ fit.inverse @ contrast)
    robust = _compute_hc3_error(fit, contrast)
    if variance <= 0:
        return Coefficient(estimate, None, None, None, None, robust)
    error = math.sqrt(variance)
    half_width = float(stats.t.ppf((1 + CONFIDENCE) / 2, fit.df)) * error
    return Coefficient(
        estimate=estimate,
        se=error,
        t=estimate / error,
        p=float(2 * stats.t.sf(abs(estimate / error), fit.df)),
        interval=Interval(estimate - half_width, estimate + half_width),
        se_hc3=robust,
    )


def _compute_hc3_error(fit: _Fit, contrast: FloatArray) -> float | None:
    leverages = np.einsum("ij,jk,ik->i", fit.design, fit.inverse, fit.design)
    if (leverages > 1 - 1e-10).any() or fit.rss == 0:
        return None
    weights = (fit.residuals / (1 - leverages)) ** 2
    middle = fit.design.T @ (fit.design * weights[:, None])
    return math.sqrt(float(contrast @ fit.inverse @ middle @ fit.inverse @ contrast))


def _test_term(fit: _Fit, outcome: FloatArray, position: int) -> ModelTest:
    return _compare_models(fit, outcome, fit.design, np.delete(fit.design, position, axis=1))


def _compare_models(fit: _Fit, outcome: FloatArray, larger: FloatArray, smaller: FloatArray) -> ModelTest:
    """What the one column more of the larger design explains, judged by the fit's residuals."""
    explained = _compute_rss(smaller, outcome) - _compute_rss(larger, outcome)
    if fit.rss == 0:
        return ModelTest(explained, 1, None, None)
    f = explained / (fit.rss / fit.df)
    return ModelTest(explained, 1, f, float(stats.f.sf(f, 1, fit.df)))


def _compute_rss(design: FloatArray, outcome: FloatArray) -> float:
    beta = np.linalg.lstsq(design, outcome)[0]
    return float(((outcome - design @ beta) ** 2).sum())


def _adjust_means(fit: _Fit) -> dict[str, Coefficient]:
    means = fit.design.mean(axis=0)
    adjusted = {}
    for name, is_active in (("active", 1.0), ("reference", 0.0)):
        point = means.copy()
        point[-1] = is_active
        adjusted[name] = _estimate(fit, point)
    return adjusted
