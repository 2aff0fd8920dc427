"""VHISS response."""

from endpoints.derivations.groups import Grouping
from endpoints.derivations.response import derive_response
from endpoints.facts import TrialFacts
from endpoints.families.shared import summarize_proportions
from endpoints.families.topics import make_topic, name_groups
from endpoints.rows import StatisticRow, Summary


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
        topic = make_topic("response", "vhiss", analysis, facts.plan.response_visit)
        is_event = kept["responder"].eq(True)
        rows.extend(summarize_proportions(topic, kept.assign(is_event=is_event), grouping))
    columns = ["baseline", "value", "change", "percent_change", "responder"]
    return Summary("response", tuple(rows), name_groups(table, grouping, columns))
