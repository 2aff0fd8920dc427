"""Lesions and relapses over the follow-up."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from endpoints.derivations.counts import derive_cumulative_count
from endpoints.derivations.groups import Comparison, Group, Grouping
from endpoints.document.cohort import Cohort
from endpoints.document.count_facts import derive_counts
from endpoints.facts import TrialFacts
from endpoints.families.shared import (
    EMPTY_ARM,
    compare_groups,
    compare_means,
    compare_ranks,
    describe_groups,
    summarize_proportions,
)
from endpoints.families.topics import Rows, Topic, make_topic, name_groups
from endpoints.results import CHI_SQUARE, NEGATIVE_BINOMIAL, PERMUTATION, POISSON, RATE, RATE_RATIO, read_values
from endpoints.rows import StatisticRow, Summary, Value
from endpoints.statistics.count_tables import compute_count_table_chi_square
from endpoints.statistics.freeman_halton import compute_freeman_halton
from endpoints.statistics.negative_binomial import NegativeBinomialFit, compute_negative_binomial
from endpoints.statistics.numbers import FloatArray
from endpoints.statistics.permutation import compute_permutation_test
from endpoints.statistics.poisson_regression import compute_poisson_regression
from endpoints.statistics.rates import compute_rate, compute_rate_ratio


def summarize_lesions(facts: TrialFacts, grouping: Grouping) -> Summary:
    """New contrast-enhancing and new T2 lesions over the follow-up."""
    return _summarize_counts(facts, grouping, "lesions", ["new_ce_lesions", "new_t2_lesions"])


def summarize_relapses(facts: TrialFacts, grouping: Grouping) -> Summary:
    """Relapses over the follow-up."""
    return _summarize_counts(facts, grouping, "relapses", ["relapses"])


def summarize_planned_rates(facts: TrialFacts, grouping: Grouping) -> Summary:
    """Rates where each patient counts as observed to the planned day of the last visit with a count, not to the actual one."""
    cohort, rows = Cohort(facts), list[StatisticRow]()
    tables = []
    for outcome in ("new_ce_lesions", "new_t2_lesions", "relapses"):
        years = pd.Series(derive_counts(cohort, outcome).nominal_years, index=pd.Index(cohort.subjects))
        table = derive_cumulative_count(facts, outcome)
        table = table.assign(follow_up_years=table["subject"].map(years).astype(float))
        counted, topic = table[table["cumulative"].notna()], make_topic("planned_rates", outcome, "planned_days")
        for group in grouping.groups:
            of_group = group.select(counted)
            rows.extend(topic.about(group.key, len(of_group)).write({"n": len(of_group)}))
            rows.extend(_summarize_group_counts(topic, of_group, group, ()))
        for comparison in grouping.comparisons:
            rows.extend(_compare_rates(topic, counted, comparison))
        tables.append(name_groups(table, grouping, ["cumulative", "follow_up_years"]).assign(outcome=outcome))
    return Summary("planned_rates", tuple(rows), pd.concat(tables, ignore_index=True))


def _summarize_counts(facts: TrialFacts, grouping: Grouping, family: str, outcomes: list[str]) -> Summary:
    rows: list[StatisticRow] = []
    tables = []
    for outcome in outcomes:
        table = derive_cumulative_count(facts, outcome)
        # Who did not complete stays in the table without a count: the arm keeps its size.
        completers = table.assign(cumulative=table["cumulative"].where(table["is_completer"]))
        for analysis, kept in (("available", table), ("completers", completers)):
            topic = make_topic(family, outcome, analysis)
            rows.extend(_summarize_count_table(topic, kept, grouping))
        columns = ["cumulative", "follow_up_days", "follow_up_years", "is_completer"]
        tables.append(name_groups(table, grouping, columns).assign(outcome=outcome))
    return Summary(family, tuple(rows), pd.concat(tables, ignore_index=True))


def _summarize_count_table(topic: Topic, table: pd.DataFrame, grouping: Grouping) -> Rows:
    counted = table[table["cumulative"].notna()]
    values = sorted({int(count) for count in counted["cumulative"]})
    yield from describe_groups(topic, table, "cumulative", grouping)
    for group in grouping.groups:
        yield from _summarize_group_counts(topic, group.select(counted), group, values)
    yield from summarize_proportions(topic, counted.assign(is_event=counted["cumulative"] > 0), grouping)
    for compare in (compare_ranks, compare_means, _compare_count_distributions):
        yield from compare_groups(topic, counted, "cumulative", grouping, compare)
    for comparison in grouping.comparisons:
        yield from _compare_rates(topic, counted, comparison)


def _summarize_group_counts(topic: Topic, table: pd.DataFrame, group: Group, values: Iterable[int]) -> Rows:
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
    exact = compute_freeman_halton(active.to_numpy(), reference.to_numpy())
    return read_values(permutation, PERMUTATION) | read_values(chi_square, CHI_SQUARE) | {"freeman_halton_p": exact}


def _compare_rates(topic: Topic, table: pd.DataFrame, comparison: Comparison) -> Rows:
    active, reference = comparison.active.select(table), comparison.reference.select(table)
    context = topic.about(comparison.key, len(active) + len(reference))
    ratio = compute_rate_ratio(*_add_up(active), *_add_up(reference))
    yield from context.write(read_values(ratio, RATE_RATIO), note="" if ratio else EMPTY_ARM)
    regression = compute_poisson_regression(*_list_counts(active), *_list_counts(reference))
    yield from context.write(read_values(regression, POISSON), "" if regression else "An arm has no event.")
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


def _list_counts(table: pd.DataFrame) -> tuple[FloatArray, FloatArray]:
    return table["cumulative"].to_numpy(dtype=np.float64), table["follow_up_years"].to_numpy(dtype=np.float64)


def _add_up(table: pd.DataFrame) -> tuple[int, float]:
    return int(table["cumulative"].sum()), float(table["follow_up_years"].sum())
