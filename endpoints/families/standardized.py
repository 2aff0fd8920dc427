"""Every continuous effect in standard deviations, so that outcomes can be compared."""

from dataclasses import replace

import pandas as pd

from endpoints.derivations.change import derive_change
from endpoints.derivations.counts import derive_cumulative_count
from endpoints.derivations.groups import Grouping
from endpoints.facts import OUTCOMES, TrialFacts
from endpoints.families.shared import EMPTY_ARM
from endpoints.families.topics import make_topic, name_groups
from endpoints.results import STANDARDIZED, read_values
from endpoints.rows import StatisticRow, Summary
from endpoints.statistics.standardized import compute_standardized_difference

HIGHER_IS_BETTER = frozenset({"pbvc", "sdmt", "pasat", "msqol_physical", "msqol_mental"})
UNDEFINED = "An arm has fewer than two values, or no value differs."


def summarize_standardized(facts: TrialFacts, grouping: Grouping) -> Summary:
    """Hedges' g of each outcome, turned so that above zero is better for the active arm.

    The VHISS by its change to the response visit; counts added up over the follow-up; all else by the change to the
    last visit.
    """
    rows: list[StatisticRow] = []
    tables = []
    for outcome in OUTCOMES:
        table, visit = _collect(facts, outcome)
        sign = 1 if outcome in HIGHER_IS_BETTER else -1
        topic = replace(make_topic("standardized", outcome, "observed", visit), unit="standard deviations")
        for comparison in grouping.comparisons:
            active, reference = (
                sign * group.select(table)["value"].dropna() for group in (comparison.active, comparison.reference)
            )
            found = compute_standardized_difference(active, reference)
            note = "" if found else EMPTY_ARM if active.empty or reference.empty else UNDEFINED
            context = topic.about(comparison.key, len(active) + len(reference))
            rows.extend(context.write(read_values(found, STANDARDIZED), note))
        tables.append(name_groups(table, grouping, ["value"]).assign(outcome=outcome))
    return Summary("standardized", tuple(rows), pd.concat(tables, ignore_index=True))


def _collect(facts: TrialFacts, outcome: str) -> tuple[pd.DataFrame, str | None]:
    """One value per patient, and the visit it belongs to."""
    if OUTCOMES[outcome].kind == "count":
        counts = derive_cumulative_count(facts, outcome)
        return counts.assign(value=counts["cumulative"]), None
    visit = facts.plan.response_visit if outcome == "vhiss" else facts.plan.final_visit
    changes = derive_change(facts, outcome, visit)
    return changes.assign(value=changes["change"]), visit
