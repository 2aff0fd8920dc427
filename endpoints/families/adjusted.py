"""Analysis of covariance as statistic rows."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from endpoints.derivations.groups import Comparison
from endpoints.families.topics import Rows, Topic
from endpoints.results import ANCOVA_ARM, ANCOVA_MEAN, read_values
from endpoints.statistics.regression import Regression, fit_regression

UNFITTED = "Too few patients, or too alike, for this model."


def write_ancova(
    topic: Topic,
    table: pd.DataFrame,
    column: str,
    covariates: list[str],
    comparison: Comparison,
) -> Rows:
    """Adjusted means and their difference."""
    model = fit_arms(table, column, covariates, comparison)
    note = "" if model else UNFITTED
    context = topic.about(comparison.key, model.n if model else 0)
    coefficients = model.coefficients if model else {}
    yield from context.write(read_values(coefficients.get("arm"), ANCOVA_ARM), note)
    means = model.adjusted_means if model else {}
    for group, side in ((comparison.active, "active"), (comparison.reference, "reference")):
        values = read_values(means.get(side), ANCOVA_MEAN)
        yield from topic.about(group.key, context.n).write(values, note)


def fit_arms(
    table: pd.DataFrame,
    column: str,
    covariates: Sequence[str],
    comparison: Comparison,
    interaction: str | None = None,
) -> Regression | None:
    """A model over the patients of both arms; None where nothing is left to judge it by."""
    active, reference = comparison.active.select(table), comparison.reference.select(table)
    both = pd.concat([active, reference])[[column, *covariates]].astype(np.float64)
    is_active = np.repeat([1.0, 0.0], [len(active), len(reference)])
    chosen = {name: both[name].to_numpy() for name in covariates}
    model = fit_regression(both[column].to_numpy(), is_active, chosen, interaction)
    return model if model and model.df_residual else None
