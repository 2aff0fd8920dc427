"""Descriptions and comparisons that several families need."""

from collections.abc import Callable, Mapping
from dataclasses import asdict

import pandas as pd

from endpoints.derivations.groups import Group, Grouping
from endpoints.families.topics import Rows, Topic
from endpoints.results import (
    FISHER,
    HODGES_LEHMANN,
    MANN_WHITNEY,
    POOLED,
    PROPORTION,
    PROPORTION_DIFFERENCE,
    WELCH,
    read_values,
)
from endpoints.rows import RowContext, Value
from endpoints.statistics.descriptives import describe
from endpoints.statistics.fisher import compute_fisher
from endpoints.statistics.proportions import compute_newcombe, compute_proportion
from endpoints.statistics.rank_sum import compute_hodges_lehmann, compute_mann_whitney
from endpoints.statistics.t_tests import compute_pooled_t, compute_welch_t

EMPTY_ARM = "An arm has no patient with a value."


def describe_groups(topic: Topic, table: pd.DataFrame, column: str, grouping: Grouping) -> Rows:
    """Each group described; a patient without a value counts as missing."""
    for group in grouping.groups:
        yield from describe_group(topic, group.select(table)[column], group)


def describe_group(topic: Topic, values: "pd.Series[float]", group: Group) -> Rows:
    """One group described."""
    description = describe(values)
    yield from topic.about(group.key, description.n).write(asdict(description))


def summarize_proportions(topic: Topic, table: pd.DataFrame, grouping: Grouping) -> Rows:
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


Compare = Callable[["pd.Series[float]", "pd.Series[float]"], Mapping[str, Value]]


def compare_groups(topic: Topic, table: pd.DataFrame, column: str, grouping: Grouping, compare: Compare) -> Rows:
    """The comparisons of one column, over the patients who have a value."""
    for comparison in grouping.comparisons:
        active = comparison.active.select(table)[column].dropna()
        reference = comparison.reference.select(table)[column].dropna()
        context = topic.about(comparison.key, len(active) + len(reference))
        has_both = not active.empty and not reference.empty
        yield from context.write(compare(active, reference), note="" if has_both else EMPTY_ARM)


def compare_ranks(active: "pd.Series[float]", reference: "pd.Series[float]") -> dict[str, Value]:
    """Mann-Whitney test and Hodges-Lehmann shift."""
    test = compute_mann_whitney(active, reference)
    shift = compute_hodges_lehmann(active, reference)
    return read_values(test, MANN_WHITNEY) | read_values(shift, HODGES_LEHMANN)


def compare_means(active: "pd.Series[float]", reference: "pd.Series[float]") -> dict[str, Value]:
    """Difference of means, by Welch and by Student."""
    welch, pooled = compute_welch_t(active, reference), compute_pooled_t(active, reference)
    return read_values(welch, WELCH) | read_values(pooled, POOLED)
