"""Least squares with the tables that statisticians ask for: sums of squares of types I to III, HC3, adjusted means.

The model has an arm (1 active, 0 reference), covariates as they are (not centered), and at most one interaction of a
covariate with the arm. Every number comes from one QR decomposition, or two with an interaction.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from endpoints.statistics.numbers import CONFIDENCE, FloatArray, Interval

INTERCEPT, ARM = "(Intercept)", "arm"


_ROUNDING = 1e-12
"""What an error is, against another, when only rounding is left of it."""


@dataclass(frozen=True)
class Coefficient:
    """An estimate with its standard errors; t, p and interval come from the classical one.

    `se_hc3` is the heteroscedasticity-consistent error HC3 (MacKinnon and White, Journal of Econometrics
    1985;29:305-325); None where one observation alone determines a coefficient. A perfect fit leaves an error of 0 and
    no t or p; without a degree of freedom there is the estimate alone.
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
class Regression:
    """A fitted model. `coefficients` by term; tests by term, the residuals' sum of squares beside them.

    `type_three` codes the arms +1 and -1 and holds the intercept too. `adjusted_means` (active, reference) and
    `difference` hold the covariates at their means over the model's patients.
    """

    n: int
    df_residual: int
    sigma: float | None
    r_squared: float | None
    residual_squares: float
    coefficients: Mapping[str, Coefficient]
    type_one: Mapping[str, ModelTest]
    type_two: Mapping[str, ModelTest]
    type_three: Mapping[str, ModelTest]
    adjusted_means: Mapping[str, Coefficient]
    difference: Coefficient

    @property
    def arm(self) -> Coefficient:
        """Adjusted difference active - reference; with an interaction, where its covariate is 0."""
        return self.coefficients[ARM]


@dataclass(frozen=True)
class _Solved:
    """Estimates with (X'X)^-1, the sequential effects, and what leverage each observation has."""

    beta: FloatArray
    inverse: FloatArray
    effects: FloatArray
    residuals: FloatArray
    design: FloatArray
    leverages: FloatArray

    @property
    def df(self) -> int:
        rows, columns = self.design.shape
        return int(rows - columns)

    @property
    def rss(self) -> float:
        return float(self.residuals @ self.residuals)


def fit_regression(
    outcome: FloatArray,
    is_active: FloatArray,
    covariates: Mapping[str, FloatArray],
    interaction: str | None = None,
) -> Regression | None:
    """Fit outcome ~ covariates + arm, or with the arm's interaction with one covariate, over complete patients.

    Types of sums of squares: Searle, Linear Models for Unbalanced Data, chapter 12; HC3: MacKinnon and White, Journal
    of Econometrics 1985;29:305-325. None where the terms do not determine a unique answer.
    """
    columns = np.column_stack([outcome, is_active, *covariates.values()])
    kept = columns[~np.isnan(columns).any(axis=1)]
    y, arm, rest = kept[:, 0], kept[:, 1], kept[:, 2:]
    names = [INTERCEPT, *covariates, ARM]
    additive = np.column_stack([np.ones(len(y)), rest, arm])
    main = _solve(additive, y)
    if main is None or interaction is None:
        return None if main is None else _describe(main, y, names, main)
    product = additive[:, names.index(interaction)] * arm
    full = _solve(np.column_stack([additive, product]), y)
    return None if full is None else _describe(full, y, [*names, f"{interaction}:{ARM}"], main)


def _solve(design: FloatArray, outcome: FloatArray) -> _Solved | None:
    rows, columns = design.shape
    if rows < columns:
        return None
    q, r = np.linalg.qr(design)
    scale = np.sqrt((design**2).sum(axis=0))
    if (np.abs(np.diag(r)) <= 1e-10 * np.maximum(scale, 1e-300)).any():
        return None
    effects = q.T @ outcome
    inverse_root = np.linalg.inv(r)
    residuals = outcome - q @ effects
    # A perfect fit leaves residuals of a few 1e-16: they are no scatter.
    size = max(1.0, float(np.abs(outcome).max(initial=0)))
    if float(np.abs(residuals).max(initial=0)) < 1e-12 * size:
        residuals = np.zeros(rows)
    return _Solved(
        inverse_root @ effects, inverse_root @ inverse_root.T, effects, residuals, design, (q**2).sum(axis=1)
    )


def _describe(fit: _Solved, outcome: FloatArray, names: list[str], main: _Solved) -> Regression:
    """`main` is the model without the interaction: type II judges its terms without it."""
    unit = dict(zip(names, np.eye(len(names)), strict=True))
    total = float(((outcome - outcome.mean()) ** 2).sum())
    effects = zip(names[1:], fit.effects[1:].tolist(), strict=True)
    means = fit.design.mean(axis=0)
    points = {key: _place(names, means, value) for key, value in (("active", 1.0), ("reference", 0.0))}
    return Regression(
        n=len(outcome),
        df_residual=fit.df,
        sigma=math.sqrt(fit.rss / fit.df) if fit.df else None,
        r_squared=None if _is_level(outcome, total) else 1 - fit.rss / total,
        residual_squares=fit.rss,
        coefficients={name: _estimate(fit, contrast) for name, contrast in unit.items()},
        type_one={name: _judge(fit, effect**2) for name, effect in effects},
        type_two=_test_type_two(fit, main, names),
        type_three={name: _judge(fit, _explain(fit, c)) for name, c in _code_by_sums(names, unit).items()},
        adjusted_means={key: _estimate(fit, point) for key, point in points.items()},
        difference=_estimate(fit, points["active"] - points["reference"]),
    )


def _is_level(outcome: FloatArray, total: float) -> bool:
    """Whether all values are the same, but for the last bits of their mean."""
    return total <= len(outcome) * (1e-14 * max(1.0, float(np.abs(outcome).max()))) ** 2


def _place(names: Sequence[str], means: FloatArray, arm: float) -> FloatArray:
    """The covariates at their means, in one arm."""
    at = dict(zip(names, means.tolist(), strict=True)) | {ARM: arm}
    for name in names:
        if name.endswith(f":{ARM}"):
            at[name] = at[name.removesuffix(f":{ARM}")] * arm
    return np.array([at[name] for name in names])


def _test_type_two(fit: _Solved, main: _Solved, names: Sequence[str]) -> dict[str, ModelTest]:
    size = main.design.shape[1]
    tests = {}
    for position, name in enumerate(names[1:], start=1):
        model = main if position < size else fit
        tests[name] = _judge(fit, _explain(model, np.eye(model.design.shape[1])[position]))
    return tests


def _code_by_sums(names: Sequence[str], unit: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    """What each term tests when the arms are coded +1 and -1: the mean of both arms instead of the reference."""
    contrasts = dict(unit)
    contrasts[INTERCEPT] = unit[INTERCEPT] + unit[ARM] / 2
    for name in names:
        if name.endswith(f":{ARM}"):
            covariate = name.removesuffix(f":{ARM}")
            contrasts[covariate] = unit[covariate] + unit[name] / 2
    return contrasts


def _explain(fit: _Solved, contrast: FloatArray) -> float:
    return float(contrast @ fit.beta) ** 2 / float(contrast @ fit.inverse @ contrast)


def _judge(fit: _Solved, explained: float) -> ModelTest:
    if fit.df == 0 or fit.rss == 0:
        return ModelTest(explained, 1, None, None)
    f = explained / (fit.rss / fit.df)
    return ModelTest(explained, 1, f, float(stats.f.sf(f, 1, fit.df)))


def _estimate(fit: _Solved, contrast: FloatArray) -> Coefficient:
    estimate, robust = float(contrast @ fit.beta), _compute_hc3_error(fit, contrast)
    if fit.df == 0:
        return Coefficient(estimate, None, None, None, None, None)
    if fit.rss == 0:
        return Coefficient(estimate, 0.0, None, None, Interval(estimate, estimate), robust)
    error = math.sqrt(fit.rss / fit.df * float(contrast @ fit.inverse @ contrast))
    if robust is not None and robust < _ROUNDING * error:
        robust = 0.0  # the observations it rests on lie on the fit, but for rounding
    half_width = float(stats.t.ppf((1 + CONFIDENCE) / 2, fit.df)) * error
    return Coefficient(
        estimate=estimate,
        se=error,
        t=estimate / error,
        p=float(2 * stats.t.sf(abs(estimate / error), fit.df)),
        interval=Interval(estimate - half_width, estimate + half_width),
        se_hc3=robust,
    )


def _compute_hc3_error(fit: _Solved, contrast: FloatArray) -> float | None:
    if (fit.leverages > 1 - 1e-10).any():
        return None
    parts = fit.design @ (fit.inverse @ contrast) * fit.residuals / (1 - fit.leverages)
    return math.sqrt(float(parts @ parts))
