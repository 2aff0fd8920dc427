"""Least squares models as nested numbers, with the names that R gives to terms and coefficients."""

from collections.abc import Mapping, Sequence

from endpoints.document.blocks import Block
from endpoints.document.cohort import Cohort
from endpoints.results import Paths, read_values
from endpoints.statistics.numbers import FloatArray
from endpoints.statistics.regression import ARM, INTERCEPT, ModelTest, Regression, fit_regression

_COEFFICIENT: Paths = {
    "estimate": "estimate",
    "se": "se",
    "t": "t",
    "p": "p",
    "lo": "interval.low",
    "hi": "interval.high",
    "se_hc3": "se_hc3",
}
_MEAN: Paths = {"emmean": "estimate", "se": "se", "lo": "interval.low", "hi": "interval.high"}
_DIFFERENCE: Paths = {
    "estimate": "estimate",
    "se": "se",
    "lo": "interval.low",
    "hi": "interval.high",
    "t": "t",
    "p": "p",
}
_TEST: Paths = {"ss": "sum_of_squares", "df": "df", "f": "f", "p": "p"}


def fit_arms(
    cohort: Cohort, outcome: FloatArray, covariates: Mapping[str, FloatArray], interaction: str | None = None
) -> Regression | None:
    """A model over the compared arms; None unless both have a complete patient."""
    kept = cohort.is_compared
    chosen = {name: values[kept] for name, values in covariates.items()}
    return fit_regression(outcome[kept], cohort.is_active[kept], chosen, interaction)


def list_terms(covariates: Sequence[str], interaction: str | None = None) -> list[str]:
    """The terms after the intercept, in the order of the formula."""
    return [*covariates, ARM, *([f"{interaction}:{ARM}"] if interaction else [])]


def write_coefficients(model: Regression | None, covariates: Sequence[str], interaction: str | None = None) -> Block:
    found = model.coefficients if model else {}
    return {
        "n": model.n if model else None,
        "df_residual": model.df_residual if model else None,
        "sigma": model.sigma if model else None,
        "r_squared": model.r_squared if model else None,
        "coefficients": {
            _name_coefficient(term): read_values(found.get(term), _COEFFICIENT)
            for term in (INTERCEPT, *list_terms(covariates, interaction))
        },
    }


def _name_coefficient(term: str) -> str:
    return f"{term}treated" if term.endswith(ARM) else term


def write_tests(
    tests: Mapping[str, ModelTest] | None,
    model: Regression | None,
    covariates: Sequence[str],
    interaction: str | None = None,
    *,
    with_intercept: bool = False,
) -> Block:
    """A table of sums of squares; the residuals' line has no test."""
    terms = [*([INTERCEPT] if with_intercept else []), *list_terms(covariates, interaction)]
    table: Block = {term: read_values((tests or {}).get(term), _TEST) for term in terms}
    residuals = {"ss": model.residual_squares, "df": model.df_residual} if model else {"ss": None, "df": None}
    return table | {"Residuals": residuals | {"f": None, "p": None}}


def write_means(model: Regression | None) -> Block:
    """Adjusted means of both arms and their difference, covariates at their means."""
    means = model.adjusted_means if model else {}
    return {
        "sham": read_values(means.get("reference"), _MEAN),
        "treated": read_values(means.get("active"), _MEAN),
        "diff": read_values(model.difference if model else None, _DIFFERENCE),
    }
