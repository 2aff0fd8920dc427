"""The spread of outcomes over all patients, whatever their arm."""

from collections.abc import Mapping

import pandas as pd

from endpoints.derivations.change import derive_change
from endpoints.derivations.counts import derive_cumulative_count
from endpoints.derivations.groups import Grouping
from endpoints.facts import OUTCOMES, TrialFacts
from endpoints.families.topics import make_topic, name_groups
from endpoints.rows import StatisticRow, Summary, Value
from endpoints.statistics.blinded_variance import POWERS, BlindedSpread, compute_blinded_spread

_OUTCOMES = ("vhiss", "new_ce_lesions", "new_t2_lesions", "relapses")
UNDEFINED = "Fewer than three values, or no value differs."


def summarize_blinded_spread(
    facts: TrialFacts, grouping: Grouping, planned: Mapping[int, tuple[float, float]]
) -> Summary:
    """The groups of the phases with planned sizes of two arms, each as one sample."""
    rows: list[StatisticRow] = []
    tables = []
    for outcome in _OUTCOMES:
        table = _collect(facts, outcome)
        topic = make_topic("blinded_spread", outcome, "blinded")
        for group in grouping.groups:
            if group.phase in planned:
                values = group.select(table)["value"].dropna()
                found = compute_blinded_spread(values, *planned[group.phase])
                context = topic.about(group.key, len(values))
                rows.extend(context.write({"n": len(values), **_read(found)}, "" if found else UNDEFINED))
        tables.append(name_groups(table, grouping, ["value"]).assign(outcome=outcome))
    return Summary("blinded_spread", tuple(rows), pd.concat(tables, ignore_index=True))


def _collect(facts: TrialFacts, outcome: str) -> pd.DataFrame:
    if OUTCOMES[outcome].kind == "count":
        counts = derive_cumulative_count(facts, outcome)
        return counts.assign(value=counts["cumulative"])
    changes = derive_change(facts, outcome, facts.plan.response_visit)
    return changes.assign(value=changes["change"])


def _read(found: BlindedSpread | None) -> dict[str, Value]:
    percent = {power: f"{100 * power:.0f}" for power in POWERS}
    return {
        "sd": found.sd if found else None,
        "sd_lo": found.interval.low if found else None,
        "sd_hi": found.interval.high if found else None,
        **{f"detectable_{name}": found.detectable[power] if found else None for power, name in percent.items()},
        **{f"needed_{name}": found.needed[power] if found else None for power, name in percent.items()},
    }
