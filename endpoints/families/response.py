"""VHISS response."""

from dataclasses import asdict

import pandas as pd

from endpoints.derivations.change import CHANGE_DECIMALS
from endpoints.derivations.groups import Group, Grouping
from endpoints.derivations.response import derive_response
from endpoints.facts import OUTCOMES, TrialFacts
from endpoints.families.shared import summarize_proportions
from endpoints.families.topics import Rows, Topic, make_topic, name_groups
from endpoints.results import THRESHOLD_T, read_values
from endpoints.rows import StatisticRow, Summary
from endpoints.statistics.descriptives import describe
from endpoints.statistics.signed_rank import compute_signed_rank
from endpoints.statistics.t_tests import compute_one_sample_t

AGAINST_THRESHOLD = "percent_v_threshold"


def summarize_response(facts: TrialFacts, grouping: Grouping) -> Summary:
    """Patients whose VHISS fell by more than the plan's threshold.

    `observed` counts those who can be evaluated; `nonresponder_imputation` counts everyone,
    those who cannot be evaluated as not responding; `percent_v_threshold` tests the percent change
    of those treated openly against the fall that makes a responder.
    """
    table = derive_response(facts)
    is_evaluable = table["responder"].notna()
    rows: list[StatisticRow] = []
    for analysis, kept in (
        ("observed", table[is_evaluable]),
        ("nonresponder_imputation", table),
    ):
        topic = make_topic("response", "vhiss", analysis, facts.plan.response_visit)
        is_event = kept["responder"].eq(True)
        rows.extend(summarize_proportions(topic, kept.assign(is_event=is_event), grouping))
    rows.extend(_test_against_threshold(facts, table, grouping))
    columns = ["baseline", "value", "change", "percent_change", "responder"]
    return Summary("response", tuple(rows), name_groups(table, grouping, columns))


def _test_against_threshold(facts: TrialFacts, table: pd.DataFrame, grouping: Grouping) -> Rows:
    threshold = -100.0 * float(facts.plan.response_threshold)
    topic = Topic("response", "vhiss", OUTCOMES["vhiss"].label, "%", AGAINST_THRESHOLD, facts.plan.response_visit)
    for group in grouping.groups:
        if group.is_open:
            yield from _test_group(topic, group, group.select(table)["percent_change"], threshold)


def _test_group(topic: Topic, group: Group, percent: "pd.Series[float]", threshold: float) -> Rows:
    """Limits are those of the percent change itself, not of its distance from the threshold."""
    description = describe(percent)
    excess = (percent - threshold).round(CHANGE_DECIMALS)
    tested = read_values(compute_one_sample_t(excess), THRESHOLD_T)
    for limit in ("threshold_lo", "threshold_hi"):
        distance = tested[limit]
        tested[limit] = None if distance is None else distance + threshold
    ranks = read_values(compute_signed_rank(excess), {"threshold_wilcoxon_p": "p"})
    yield from topic.about(group.key, description.n).write(asdict(description) | tested | ranks)
