"""New T2 lesions against the change of the VHISS."""

import pandas as pd

from endpoints.derivations.change import derive_change
from endpoints.derivations.counts import derive_cumulative_count
from endpoints.derivations.groups import Comparison, Grouping
from endpoints.facts import TrialFacts
from endpoints.families.adjusted import UNFITTED, fit_arms, write_ancova
from endpoints.families.topics import Rows, Topic, make_topic, name_groups
from endpoints.results import ANCOVA_ARM, ANCOVA_INTERACTION, ANCOVA_SLOPE, read_values
from endpoints.rows import StatisticRow, Summary
from endpoints.statistics.regression import ARM


def summarize_lesion_models(facts: TrialFacts, grouping: Grouping) -> Summary:
    """Cumulative new T2 lesions by change of the VHISS and arm.

    Model A has the change and the arm, model B the baseline VHISS too; in model C each arm has
    a slope of its own, and `slope` is that of the reference arm.
    """
    lesions = derive_cumulative_count(facts, "new_t2_lesions")
    changes = derive_change(facts, "vhiss", facts.plan.final_visit)
    table = lesions.assign(vhiss_change=changes["change"], vhiss_baseline=changes["baseline"])
    rows: list[StatisticRow] = []
    for analysis, covariates in (
        ("model_a", ["vhiss_change"]),
        ("model_b", ["vhiss_change", "vhiss_baseline"]),
    ):
        topic = make_topic("lesion_models", "new_t2_lesions", analysis)
        for comparison in grouping.comparisons:
            rows.extend(write_ancova(topic, table, "cumulative", covariates, comparison))
    for comparison in grouping.comparisons:
        topic = make_topic("lesion_models", "new_t2_lesions", "model_c")
        rows.extend(_write_interaction(topic, table, comparison))
    columns = ["cumulative", "vhiss_change", "vhiss_baseline"]
    return Summary("lesion_models", tuple(rows), name_groups(table, grouping, columns))


def _write_interaction(topic: Topic, table: pd.DataFrame, comparison: Comparison) -> Rows:
    covariate = "vhiss_change"
    model = fit_arms(table, "cumulative", [covariate], comparison, covariate)
    coefficients = model.coefficients if model else {}
    tests = {
        f"{kind}_{name}_p": found[term].p if found else None
        for kind, found in (
            ("type2", model.type_two if model else None),
            ("type3", model.type_three if model else None),
        )
        for name, term in (("covariate", covariate), ("arm", ARM))
    }
    yield from topic.about(comparison.key, model.n if model else 0).write(
        {
            **read_values(coefficients.get(covariate), ANCOVA_SLOPE),
            **read_values(coefficients.get(f"{covariate}:{ARM}"), ANCOVA_INTERACTION),
            **read_values(model.difference if model else None, ANCOVA_ARM),
            **tests,
        },
        "" if model else UNFITTED,
    )
