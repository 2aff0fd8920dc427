"""An outcome over the visits, and its change from baseline."""

import pandas as pd

from endpoints.derivations.change import derive_change
from endpoints.derivations.groups import Comparison, Grouping
from endpoints.derivations.patients import derive_values
from endpoints.facts import OUTCOMES, AnalysisPlan, TrialFacts
from endpoints.families.adjusted import write_ancova
from endpoints.families.shared import compare_groups, compare_means, compare_ranks, describe_group, describe_groups
from endpoints.families.topics import Rows, Topic, make_topic, name_groups
from endpoints.results import PAIRED_T, SIGNED_RANK, read_values
from endpoints.rows import RowContext, StatisticRow, Summary
from endpoints.statistics.signed_rank import compute_signed_rank
from endpoints.statistics.t_tests import compute_one_sample_t

_CHANGE_COLUMNS = ["baseline", "value", "change", "percent_change"]


def summarize_course(facts: TrialFacts, grouping: Grouping, outcome: str = "vhiss") -> Summary:
    """An outcome at every visit, and its change from baseline at the visits after it."""
    rows: list[StatisticRow] = []
    tables = []
    for visit in facts.plan.visits:
        values = derive_values(facts, outcome, visit)
        topic = make_topic("course", outcome, "value", visit)
        rows.extend(describe_groups(topic, values, "value", grouping))
        changes = derive_change(facts, outcome, visit)
        tables.append(name_groups(changes, grouping, _CHANGE_COLUMNS).assign(visit=visit))
    for visit in facts.plan.course_visits:
        changes = derive_change(facts, outcome, visit)
        rows.extend(_summarize_change_at(facts.plan, "course", outcome, visit, changes, grouping))
        percent = Topic("course", outcome, OUTCOMES[outcome].label, "%", "percent_change", visit)
        rows.extend(describe_groups(percent, changes, "percent_change", grouping))
        rows.extend(compare_groups(percent, changes, "percent_change", grouping, compare_ranks))
    return Summary("course", tuple(rows), pd.concat(tables, ignore_index=True))


def summarize_change(facts: TrialFacts, grouping: Grouping, outcome: str) -> Summary:
    """Change of one outcome from baseline at the plan's visits, within and between groups."""
    rows: list[StatisticRow] = []
    tables = []
    for visit in facts.plan.change_visits:
        changes = derive_change(facts, outcome, visit)
        rows.extend(_summarize_change_at(facts.plan, "change", outcome, visit, changes, grouping))
        tables.append(name_groups(changes, grouping, _CHANGE_COLUMNS).assign(visit=visit))
    return Summary("change", tuple(rows), pd.concat(tables, ignore_index=True))


def _summarize_change_at(
    plan: AnalysisPlan,
    family: str,
    outcome: str,
    visit: str,
    changes: pd.DataFrame,
    grouping: Grouping,
) -> Rows:
    topic = make_topic(family, outcome, "change", visit)
    for group in grouping.groups:
        values = group.select(changes)["change"]
        yield from describe_group(topic, values, group)
        yield from _test_within(topic.about(group.key, int(values.notna().sum())), values)
    yield from compare_groups(topic, changes, "change", grouping, compare_ranks)
    yield from compare_groups(topic, changes, "change", grouping, compare_means)
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


def _adjust_change(topic: Topic, changes: pd.DataFrame, comparison: Comparison, is_change: bool) -> Rows:
    """Value at the visit by arm, given the baseline unless the value already is a change."""
    covariates = [] if is_change else ["baseline"]
    yield from write_ancova(topic, changes, "value", covariates, comparison)
