"""New T2 lesions against the change of the VHISS."""

from endpoints.derivations.change import derive_change
from endpoints.derivations.counts import derive_cumulative_count
from endpoints.derivations.groups import Comparison, Grouping
from endpoints.facts import TrialFacts
from endpoints.families.adjusted import UNFITTED, fit_arms
from endpoints.families.topics import Rows, Topic, make_topic, name_groups
from endpoints.results import ANCOVA_ARM, ANCOVA_INTERACTION, ANCOVA_MEAN, ANCOVA_SLOPE, BASELINE_SLOPE, read_values
from endpoints.rows import StatisticRow, Summary, Value
from endpoints.statistics.regression import ARM, Regression

CHANGE, BASELINE = "vhiss_change", "vhiss_baseline"
EARLY, PERCENT = "vhiss_change_early", "vhiss_change_percent"
INTERACTION = f"{CHANGE}:{ARM}"
_TERMS = {"covariate": CHANGE, "baseline": BASELINE, "arm": ARM, "interaction": INTERACTION}


def summarize_lesion_models(facts: TrialFacts, grouping: Grouping) -> Summary:
    """Cumulative new T2 lesions by change of the VHISS and arm.

    Model A has the change to the last visit and the arm, model B the baseline VHISS too; in model C each arm has
    a slope of its own, and `slope` is that of the reference arm. Model A1 is A with the change to the response visit,
    A2 with the change in percent.
    """
    plan = facts.plan
    changes = derive_change(facts, "vhiss", plan.final_visit)
    early = derive_change(facts, "vhiss", plan.response_visit)["change"]
    table = derive_cumulative_count(facts, "new_t2_lesions").assign(
        vhiss_change=changes["change"],
        vhiss_baseline=changes["baseline"],
        vhiss_change_early=early,
        vhiss_change_percent=changes["percent_change"],
    )
    versions = (
        ("model_a", table, [CHANGE], None),
        ("model_b", table, [CHANGE, BASELINE], None),
        ("model_c", table, [CHANGE], CHANGE),
        ("model_a1", table.assign(vhiss_change=table[EARLY]), [CHANGE], None),
        ("model_a2", table.assign(vhiss_change=table[PERCENT]), [CHANGE], None),
    )
    rows: list[StatisticRow] = []
    for analysis, given, covariates, interaction in versions:
        topic = make_topic("lesion_models", "new_t2_lesions", analysis)
        for comparison in grouping.comparisons:
            model = fit_arms(given, "cumulative", covariates, comparison, interaction)
            rows.extend(
                _write_model(topic, model, comparison, [*covariates, ARM, *([INTERACTION] * bool(interaction))])
            )
    return Summary(
        "lesion_models", tuple(rows), name_groups(table, grouping, ["cumulative", BASELINE, CHANGE, PERCENT, EARLY])
    )


def _write_model(topic: Topic, model: Regression | None, comparison: Comparison, terms: list[str]) -> Rows:
    found, note = model.coefficients if model else {}, "" if model else UNFITTED
    context = topic.about(comparison.key, model.n if model else 0)
    difference = model.difference if model else None
    values = read_values(difference, ANCOVA_ARM) | read_values(found.get(CHANGE), ANCOVA_SLOPE)
    if BASELINE in terms:
        values |= read_values(found.get(BASELINE), BASELINE_SLOPE)
    if INTERACTION in terms:
        values |= read_values(found.get(INTERACTION), ANCOVA_INTERACTION)
    yield from context.write(values | _read_tests(model, terms), note)
    means = model.adjusted_means if model else {}
    for group, side in ((comparison.active, "active"), (comparison.reference, "reference")):
        yield from topic.about(group.key, context.n).write(read_values(means.get(side), ANCOVA_MEAN), note)


def _read_tests(model: Regression | None, terms: list[str]) -> dict[str, Value]:
    """F and p of each term, given the others, by both types of sums of squares."""
    written: dict[str, Value] = {}
    for kind, tests in (("type2", model.type_two if model else {}), ("type3", model.type_three if model else {})):
        for name, term in _TERMS.items():
            if term in terms:
                paths = {f"{kind}_{name}_f": "f", f"{kind}_{name}_p": "p"}
                written |= read_values(tests.get(term), paths)
    return written
