"""Facts to statistic rows, one function per family of endpoints.

Each takes the facts and a grouping: by arm for those who may know arms, pooled for the others.
A comparison is computed only where the grouping names one. Rows whose number is undefined are
written with no value, so that a report has the same shape whatever the data.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass

import pandas as pd

from endpoints.derivations.adverse_events import (
    derive_event_counts,
    derive_term_counts,
)
from endpoints.derivations.change import derive_change
from endpoints.derivations.counts import derive_cumulative_count
from endpoints.derivations.groups import Comparison, Group, Grouping
from endpoints.derivations.patients import derive_patients, derive_values
from endpoints.derivations.relapse_time import derive_time_to_first_relapse
from endpoints.derivations.response import derive_response
from endpoints.facts import OUTCOMES, AnalysisPlan, TrialFacts
from endpoints.results import (
    ANCOVA_ARM,
    ANCOVA_INTERACTION,
    ANCOVA_MEAN,
    ANCOVA_SLOPE,
    CHI_SQUARE,
    FISHER,
    HODGES_LEHMANN,
    LOG_RANK,
    MANN_WHITNEY,
    NEGATIVE_BINOMIAL,
    PAIRED_T,
    PERMUTATION,
    POOLED,
    PROPORTION,
    PROPORTION_DIFFERENCE,
    RATE,
    RATE_RATIO,
    SIGNED_RANK,
    SURVIVAL,
    WELCH,
    read_values,
)
from endpoints.rows import RowContext, StatisticRow, Summary, Value
from endpoints.statistics.count_tables import compute_count_table_chi_square
from endpoints.statistics.descriptives import describe
from endpoints.statistics.fisher import compute_fisher
from endpoints.statistics.linear_models import Ancova, compute_ancova, compute_interaction_model
from endpoints.statistics.negative_binomial import NegativeBinomialFit, compute_negative_binomial
from endpoints.statistics.permutation import compute_permutation_test
from endpoints.statistics.proportions import compute_newcombe, compute_proportion
from endpoints.statistics.rank_sum import compute_hodges_lehmann, compute_mann_whitney
from endpoints.statistics.rates import compute_rate, compute_rate_ratio
from endpoints.statistics.signed_rank import compute_signed_rank
from endpoints.statistics.survival import compute_kaplan_meier, compute_log_rank
from endpoints.statistics.t_tests import (
    compute_one_sample_t,
    compute_pooled_t,
    compute_welch_t,
)

Rows = Iterator[StatisticRow]

EMPTY_ARM = "An arm has no patient with a value."
UNFITTED = "Too few patients, or too alike, for this model."


@dataclass(frozen=True)
class _Topic:
    """What is summarized: everything of a row's context except whom it is about."""

    family: str
    outcome: str
    label: str
    unit: str
    analysis: str = "observed"
    visit: str | None = None

    def about(self, group: str, n: int) -> RowContext:
        return RowContext(
            family=self.family,
            outcome=self.outcome,
            outcome_label=self.label,
            unit=self.unit,
            group=group,
            n=n,
            analysis=self.analysis,
            visit=self.visit,
        )


def _make_topic(family: str, outcome: str, analysis: str = "observed", visit: str | None = None) -> _Topic:
    known = OUTCOMES[outcome]
    return _Topic(family, outcome, known.label, known.unit, analysis, visit)


# Baseline and descriptive tables


def summarize_baseline(facts: TrialFacts, grouping: Grouping) -> Summary:
    """Age, sex, and each outcome that anyone has at baseline."""
    rows = list(_summarize_demographics(derive_patients(facts), grouping))
    patients = _name_groups(derive_patients(facts), grouping, ["sex", "age"])
    for outcome in OUTCOMES:
        values = derive_values(facts, outcome, facts.plan.baseline_visit)
        if values["value"].isna().all():
            continue
        topic = _make_topic("baseline", outcome, visit=facts.plan.baseline_visit)
        rows.extend(_describe_groups(topic, values, "value", grouping))
        patients[outcome] = patients["subject"].map(values.set_index("subject")["value"])
    return Summary("baseline", tuple(rows), patients)


def _summarize_demographics(patients: pd.DataFrame, grouping: Grouping) -> Rows:
    yield from _describe_groups(_Topic("baseline", "age", "Age", "years"), patients, "age", grouping)
    topic = _Topic("baseline", "sex", "Sex", "patients")
    for group in grouping.groups:
        sex = group.select(patients)["sex"]
        numbers = {
            "female": float((sex == "F").sum()),
            "male": float((sex == "M").sum()),
            "sex_missing": float(sex.isna().sum()),
        }
        yield from topic.about(group.key, len(sex)).write(numbers)


def summarize_descriptives(facts: TrialFacts, grouping: Grouping) -> Summary:
    """Every outcome at every visit, described."""
    rows: list[StatisticRow] = []
    tables = []
    for outcome in OUTCOMES:
        for visit in facts.plan.visits:
            values = derive_values(facts, outcome, visit)
            topic = _make_topic("descriptives", outcome, visit=visit)
            rows.extend(_describe_groups(topic, values, "value", grouping))
            named = _name_groups(values, grouping, ["value"])
            tables.append(named.assign(outcome=outcome, visit=visit))
    return Summary("descriptives", tuple(rows), pd.concat(tables, ignore_index=True))


def _describe_groups(topic: _Topic, table: pd.DataFrame, column: str, grouping: Grouping) -> Rows:
    for group in grouping.groups:
        yield from _describe_group(topic, group.select(table)[column], group)


def _describe_group(topic: _Topic, values: "pd.Series[float]", group: Group) -> Rows:
    description = describe(values)
    yield from topic.about(group.key, description.n).write(asdict(description))


# VHISS response


def summarize_response(facts: TrialFacts, grouping: Grouping) -> Summary:
    """Patients whose VHISS fell by more than the plan's threshold.

    `observed` counts those who can be evaluated; `nonresponder_imputation` counts everyone,
    those who cannot be evaluated as not responding.
    """
    table = derive_response(facts)
    is_evaluable = table["responder"].notna()
    rows: list[StatisticRow] = []
    for analysis, kept in (
        ("observed", table[is_evaluable]),
        ("nonresponder_imputation", table),
    ):
        topic = _make_topic("response", "vhiss", analysis, facts.plan.response_visit)
        is_event = kept["responder"].eq(True)
        rows.extend(_summarize_proportions(topic, kept.assign(is_event=is_event), grouping))
    columns = ["baseline", "value", "change", "percent_change", "responder"]
    return Summary("response", tuple(rows), _name_groups(table, grouping, columns))


def _summarize_proportions(topic: _Topic, table: pd.DataFrame, grouping: Grouping) -> Rows:
    """Proportions of the rows whose `is_event` is true, per group and compared."""
    for group in grouping.groups:
        is_event = group.select(table)["is_event"]
        context = topic.about(group.key, len(is_event))
        yield from _write_proportion(context, int(is_event.sum()), len(is_event))
    for comparison in grouping.comparisons:
        active = comparison.active.select(table)["is_event"]
        reference = comparison.reference.select(table)["is_event"]
        context = topic.about(comparison.key, len(active) + len(reference))
        yield from _compare_proportions(
            context, (int(active.sum()), len(active)), (int(reference.sum()), len(reference))
        )


def _write_proportion(context: RowContext, events: int, total: int) -> Rows:
    note = "" if total else "No patient to count."
    yield from context.write(read_values(compute_proportion(events, total), PROPORTION), note)


def _compare_proportions(context: RowContext, active: tuple[int, int], reference: tuple[int, int]) -> Rows:
    difference = compute_newcombe(*active, *reference)
    fisher = compute_fisher(*active, *reference)
    values = read_values(difference, PROPORTION_DIFFERENCE) | read_values(fisher, FISHER)
    yield from context.write(values, note="" if fisher else EMPTY_ARM)


# Course and change


def summarize_course(facts: TrialFacts, grouping: Grouping, outcome: str = "vhiss") -> Summary:
    """An outcome at every visit, and its change from baseline at the visits after it."""
    rows: list[StatisticRow] = []
    tables = []
    for visit in facts.plan.visits:
        values = derive_values(facts, outcome, visit)
        topic = _make_topic("course", outcome, "value", visit)
        rows.extend(_describe_groups(topic, values, "value", grouping))
        changes = derive_change(facts, outcome, visit)
        tables.append(_name_groups(changes, grouping, _CHANGE_COLUMNS).assign(visit=visit))
    for visit in facts.plan.course_visits:
        changes = derive_change(facts, outcome, visit)
        rows.extend(_summarize_change_at(facts.plan, "course", outcome, visit, changes, grouping))
        percent = _Topic("course", outcome, OUTCOMES[outcome].label, "%", "percent_change", visit)
        rows.extend(_describe_groups(percent, changes, "percent_change", grouping))
        rows.extend(_compare_groups(percent, changes, "percent_change", grouping, _compare_ranks))
    return Summary("course", tuple(rows), pd.concat(tables, ignore_index=True))


_CHANGE_COLUMNS = ["baseline", "value", "change", "percent_change"]


def summarize_change(facts: TrialFacts, grouping: Grouping, outcome: str) -> Summary:
    """Change of one outcome from baseline at the plan's visits, within and between groups."""
    rows: list[StatisticRow] = []
    tables = []
    for visit in facts.plan.change_visits:
        changes = derive_change(facts, outcome, visit)
        rows.extend(_summarize_change_at(facts.plan, "change", outcome, visit, changes, grouping))
        tables.append(_name_groups(changes, grouping, _CHANGE_COLUMNS).assign(visit=visit))
    return Summary("change", tuple(rows), pd.concat(tables, ignore_index=True))


def _summarize_change_at(
    plan: AnalysisPlan,
    family: str,
    outcome: str,
    visit: str,
    changes: pd.DataFrame,
    grouping: Grouping,
) -> Rows:
    topic = _make_topic(family, outcome, "change", visit)
    for group in grouping.groups:
        values = group.select(changes)["change"]
        yield from _describe_group(topic, values, group)
        yield from _test_within(topic.about(group.key, int(values.notna().sum())), values)
    yield from _compare_groups(topic, changes, "change", grouping, _compare_ranks)
    yield from _compare_groups(topic, changes, "change", grouping, _compare_means)
    for comparison in grouping.comparisons:
        yield from _adjust_change(topic, changes, comparison, OUTCOMES[outcome].is_change)


def _test_within(context: RowContext, differences: "pd.Series[float]") -> Rows:
    ranks = read_values(compute_signed_rank(differences), SIGNED_RANK)
    yield from context.write(ranks, _explain_signed_rank(differences))
    t = read_values(compute_one_sample_t(differences), PAIRED_T)
    yield from context.write(t, "" if t["paired_p"] is not None else "The changes do not vary.")


def _explain_signed_rank(differences: "pd.Series[float]") -> str:
    present = differences.dropna()
    if present.empty:
        return "No patient has both values."
    return "No patient changed." if (present == 0).all() else ""


Compare = Callable[["pd.Series[float]", "pd.Series[float]"], Mapping[str, Value]]


def _compare_groups(topic: _Topic, table: pd.DataFrame, column: str, grouping: Grouping, compare: Compare) -> Rows:
    """The comparisons of one column, over the patients who have a value."""
    for comparison in grouping.comparisons:
        active = comparison.active.select(table)[column].dropna()
        reference = comparison.reference.select(table)[column].dropna()
        context = topic.about(comparison.key, len(active) + len(reference))
        has_both = not active.empty and not reference.empty
        yield from context.write(compare(active, reference), note="" if has_both else EMPTY_ARM)


def _compare_ranks(active: "pd.Series[float]", reference: "pd.Series[float]") -> dict[str, Value]:
    test = compute_mann_whitney(active, reference)
    shift = compute_hodges_lehmann(active, reference)
    return read_values(test, MANN_WHITNEY) | read_values(shift, HODGES_LEHMANN)


def _compare_means(active: "pd.Series[float]", reference: "pd.Series[float]") -> dict[str, Value]:
    welch, pooled = compute_welch_t(active, reference), compute_pooled_t(active, reference)
    return read_values(welch, WELCH) | read_values(pooled, POOLED)


def _adjust_change(topic: _Topic, changes: pd.DataFrame, comparison: Comparison, is_change: bool) -> Rows:
    """Value at the visit by arm, given the baseline unless the value already is a change."""
    covariates = [] if is_change else ["baseline"]
    yield from _write_ancova(topic, changes, "value", covariates, comparison)


def _write_ancova(
    topic: _Topic,
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


# Cumulative counts


def summarize_lesions(facts: TrialFacts, grouping: Grouping) -> Summary:
    """New contrast-enhancing and new T2 lesions over the follow-up."""
    return _summarize_counts(facts, grouping, "lesions", ["new_ce_lesions", "new_t2_lesions"])


def summarize_relapses(facts: TrialFacts, grouping: Grouping) -> Summary:
    """Relapses over the follow-up."""
    return _summarize_counts(facts, grouping, "relapses", ["relapses"])


def _summarize_counts(facts: TrialFacts, grouping: Grouping, family: str, outcomes: list[str]) -> Summary:
    rows: list[StatisticRow] = []
    tables = []
    for outcome in outcomes:
        table = derive_cumulative_count(facts, outcome)
        # Who did not complete stays in the table without a count: the arm keeps its size.
        completers = table.assign(cumulative=table["cumulative"].where(table["is_completer"]))
        for analysis, kept in (("available", table), ("completers", completers)):
            topic = _make_topic(family, outcome, analysis)
            rows.extend(_summarize_count_table(topic, kept, grouping))
        columns = ["cumulative", "follow_up_days", "follow_up_years", "is_completer"]
        tables.append(_name_groups(table, grouping, columns).assign(outcome=outcome))
    return Summary(family, tuple(rows), pd.concat(tables, ignore_index=True))


def _summarize_count_table(topic: _Topic, table: pd.DataFrame, grouping: Grouping) -> Rows:
    counted = table[table["cumulative"].notna()]
    values = sorted({int(count) for count in counted["cumulative"]})
    yield from _describe_groups(topic, table, "cumulative", grouping)
    for group in grouping.groups:
        yield from _summarize_group_counts(topic, group.select(counted), group, values)
    yield from _summarize_proportions(topic, counted.assign(is_event=counted["cumulative"] > 0), grouping)
    for compare in (_compare_ranks, _compare_means, _compare_count_distributions):
        yield from _compare_groups(topic, counted, "cumulative", grouping, compare)
    for comparison in grouping.comparisons:
        yield from _compare_rates(topic, counted, comparison)


def _summarize_group_counts(topic: _Topic, table: pd.DataFrame, group: Group, values: Iterable[int]) -> Rows:
    context = topic.about(group.key, len(table))
    events = int(table["cumulative"].sum())
    rate = compute_rate(events, float(table["follow_up_years"].sum()))
    note = "" if rate.person_years else "No patient was followed up."
    yield from context.write(read_values(rate, RATE), note)
    for value in values:
        yield context.write_patients_with(value, int((table["cumulative"] == value).sum()))


def _compare_count_distributions(active: "pd.Series[float]", reference: "pd.Series[float]") -> dict[str, Value]:
    permutation = compute_permutation_test(active, reference)
    chi_square = compute_count_table_chi_square(active, reference)
    return read_values(permutation, PERMUTATION) | read_values(chi_square, CHI_SQUARE)


def _compare_rates(topic: _Topic, table: pd.DataFrame, comparison: Comparison) -> Rows:
    active, reference = comparison.active.select(table), comparison.reference.select(table)
    context = topic.about(comparison.key, len(active) + len(reference))
    ratio = compute_rate_ratio(*_add_up(active), *_add_up(reference))
    yield from context.write(read_values(ratio, RATE_RATIO), note="" if ratio else EMPTY_ARM)
    fit = compute_negative_binomial(
        active["cumulative"],
        active["follow_up_years"],
        reference["cumulative"],
        reference["follow_up_years"],
    )
    yield from context.write(read_values(fit, NEGATIVE_BINOMIAL), _explain_model(fit))


def _explain_model(fit: NegativeBinomialFit | None) -> str:
    if fit is None:
        return EMPTY_ARM
    return "" if fit.is_identifiable else f"Not identifiable: {fit.reason}"


def _add_up(table: pd.DataFrame) -> tuple[int, float]:
    return int(table["cumulative"].sum()), float(table["follow_up_years"].sum())


# Lesions against the change of the VHISS


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
        topic = _make_topic("lesion_models", "new_t2_lesions", analysis)
        for comparison in grouping.comparisons:
            rows.extend(_write_ancova(topic, table, "cumulative", covariates, comparison))
    for comparison in grouping.comparisons:
        topic = _make_topic("lesion_models", "new_t2_lesions", "model_c")
        rows.extend(_write_interaction(topic, table, comparison))
    columns = ["cumulative", "vhiss_change", "vhiss_baseline"]
    return Summary("lesion_models", tuple(rows), _name_groups(table, grouping, columns))


def _write_interaction(topic: _Topic, table: pd.DataFrame, comparison: Comparison) -> Rows:
    active, reference = comparison.active.select(table), comparison.reference.select(table)
    both = pd.concat([active, reference])
    model = compute_interaction_model(
        both["cumulative"].tolist(),
        [True] * len(active) + [False] * len(reference),
        both["vhiss_change"].tolist(),
    )
    coefficients = model.coefficients if model else {}
    tests = {
        f"{kind}_{term}_p": found[term].p if found else None
        for kind, found in (
            ("type2", model.type_two if model else None),
            ("type3", model.type_three if model else None),
        )
        for term in ("covariate", "arm")
    }
    yield from topic.about(comparison.key, model.n if model else 0).write(
        {
            **read_values(coefficients.get("covariate"), ANCOVA_SLOPE),
            **read_values(coefficients.get("interaction"), ANCOVA_INTERACTION),
            **read_values(model.difference if model else None, ANCOVA_ARM),
            **tests,
        },
        "" if model else UNFITTED,
    )


# Time to the first relapse


def summarize_time_to_relapse(facts: TrialFacts, grouping: Grouping) -> Summary:
    """Survival without a relapse at the plan's landmark days, and the curves compared.

    The analysis of a row with a day is `landmark`, or `curve` for each step of the curve, which
    begins at 1 on day 0.
    """
    table = derive_time_to_first_relapse(facts)
    topic = _Topic("time_to_relapse", "relapses", "Time to first relapse", "days")
    rows: list[StatisticRow] = []
    for group in grouping.groups:
        rows.extend(_estimate_survival(topic, table, group, facts.plan.landmark_days))
    for comparison in grouping.comparisons:
        rows.extend(_compare_survival(topic, table, comparison))
    patients = _name_groups(table, grouping, ["time_days", "is_event"])
    return Summary("time_to_relapse", tuple(rows), patients)


def _estimate_survival(topic: _Topic, table: pd.DataFrame, group: Group, landmark_days: tuple[int, ...]) -> Rows:
    members = group.select(table)
    curve = compute_kaplan_meier(members["time_days"].tolist(), members["is_event"].tolist())
    context = topic.about(group.key, curve.n)
    yield from context.write({"n_event": curve.n_event, "median_time": curve.median})
    for day in landmark_days:
        step = curve.at(day)
        values = {"n_risk": curve.count_at_risk(day)} | read_values(step, SURVIVAL)
        note = "" if step else "Nobody was observed up to this day."
        yield from context.on(day, "landmark").write(values, note)
    for step in curve.steps:
        numbers = {"n_risk": step.n_risk, "n_event": step.n_event} | read_values(step, SURVIVAL)
        yield from context.on(step.time, "curve").write(numbers)


def _compare_survival(topic: _Topic, table: pd.DataFrame, comparison: Comparison) -> Rows:
    active, reference = comparison.active.select(table), comparison.reference.select(table)
    test = compute_log_rank(
        active["time_days"].tolist(),
        active["is_event"].tolist(),
        reference["time_days"].tolist(),
        reference["is_event"].tolist(),
    )
    values = read_values(test, LOG_RANK)
    yield from topic.about(comparison.key, len(active) + len(reference)).write(
        values,
        "" if values["logrank_p"] is not None else "No relapse to compare, or an empty arm.",
    )


# Adverse events


def summarize_adverse_events(facts: TrialFacts, grouping: Grouping) -> Summary:
    """Patients with treatment-emergent events by category, highest grade and term.

    The analysis of a row is `category`, `max_grade` or `term`. Everyone in the group is the
    denominator, also those without an event.
    """
    counts = derive_event_counts(facts)
    rows: list[StatisticRow] = []
    for category, label in _label_categories(facts.plan).items():
        topic = _Topic("adverse_events", category, label, "patients", "category")
        rows.extend(_summarize_events(topic, counts.assign(events=counts[category]), grouping))
    for grade, (label, belongs) in _classify_grades(counts).items():
        topic = _Topic("adverse_events", grade, label, "patients", "max_grade")
        rows.extend(_summarize_proportions(topic, counts.assign(is_event=belongs), grouping))
    rows.extend(_summarize_terms(facts, counts, grouping))
    columns = [*_label_categories(facts.plan), "max_grade", "has_only_ungraded"]
    return Summary("adverse_events", tuple(rows), _name_groups(counts, grouping, columns))


def _label_categories(plan: AnalysisPlan) -> dict[str, str]:
    return {
        "any": "Any adverse event",
        "serious": "Serious",
        "related": "Related",
        "serious_related": "Serious and related",
        "grade_ge_3_event": "Grade 3 or higher",
        "within_24h": f"Onset up to day {plan.early_safety_days}",
        "within_1m": f"Onset up to day {plan.late_safety_days}",
    }


def _classify_grades(counts: pd.DataFrame) -> dict[str, tuple[str, "pd.Series[bool]"]]:
    highest = counts["max_grade"]
    grades = {f"g{grade}": (f"Highest grade {grade}", highest == grade) for grade in range(1, 6)}
    return {
        **grades,
        "missing": ("No event graded", counts["has_only_ungraded"]),
        "ge2": ("Highest grade 2 or more", highest >= 2),
        "ge3": ("Highest grade 3 or more", highest >= 3),
    }


def _summarize_terms(facts: TrialFacts, patients: pd.DataFrame, grouping: Grouping) -> Rows:
    terms = derive_term_counts(facts)
    for term, of_term in terms.groupby("term", sort=True):
        numbers = patients["subject"].map(of_term.set_index("subject")["events"])
        topic = _Topic("adverse_events", str(term), str(term).capitalize(), "patients", "term")
        table = patients.assign(events=numbers.fillna(0).astype(int))
        yield from _summarize_events(topic, table, grouping)


def _summarize_events(topic: _Topic, table: pd.DataFrame, grouping: Grouping) -> Rows:
    """Patients with at least one event, and how many events they had."""
    yield from _summarize_proportions(topic, table.assign(is_event=table["events"] > 0), grouping)
    for group in grouping.groups:
        events = group.select(table)["events"]
        yield from topic.about(group.key, len(events)).write({"events": float(events.sum())})


# Patients


def _name_groups(table: pd.DataFrame, grouping: Grouping, columns: list[str]) -> pd.DataFrame:
    """The patients of each group with the group's key in the place of phase and arm."""
    parts = [group.select(table)[["subject", *columns]].assign(group=group.key) for group in grouping.groups]
    named = pd.concat(parts, ignore_index=True)
    return named[["subject", "group", *columns]]
