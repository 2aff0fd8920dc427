"""Analysis of covariance as statistic rows."""

import pandas as pd

from endpoints.derivations.groups import Comparison
from endpoints.families.topics import Rows, Topic
from endpoints.results import ANCOVA_ARM, ANCOVA_MEAN, ANCOVA_SLOPE, read_values
from endpoints.statistics.linear_models import Ancova, compute_ancova

UNFITTED = "Too few patients, or too alike, for this model."


def write_ancova(
    topic: Topic,
    table: pd.DataFrame,
    column: str,
    covariates: list[str],
    comparison: Comparison,
) -> Rows:
    """Adjusted means and their difference; the slope too where the VHISS change is a covariate."""
    model = _fit_ancova(table, column, covariates, comparison)
    note = "" if model else UNFITTED
    context = topic.about(comparison.key, model.n if model else 0)
    coefficients = model.coefficients if model else {}
    yield from context.write(read_values(coefficients.get("arm"), ANCOVA_ARM), note)
    if "vhiss_change" in covariates:
        slope = coefficients.get("vhiss_change")
        yield from context.write(read_values(slope, ANCOVA_SLOPE), note)
    means = model.adjusted_means if model else {}
    for group, side in ((comparison.active, "active"), (comparison.reference, "reference")):
        values = read_values(means.get(side), ANCOVA_MEAN)
        yield from topic.about(group.key, context.n).write(values, note)


def _fit_ancova(table: pd.DataFrame, column: str, covariates: list[str], comparison: Comparison) -> Ancova | None:
    active, reference = comparison.active.select(table), comparison.reference.select(table)
    both = pd.concat([active, reference])
    return compute_ancova(
        both[column].tolist(),
        [True] * len(active) + [False] * len(reference),
        {name: both[name].tolist() for name in covariates},
    )
