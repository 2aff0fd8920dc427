"""Watching over safety while the trial runs: patients with a serious related event per arm, with exact limits."""

from endpoints.derivations.adverse_events import derive_event_counts
from endpoints.derivations.groups import Grouping
from endpoints.facts import TrialFacts
from endpoints.families.topics import Topic, name_groups
from endpoints.results import PROPORTION, read_values
from endpoints.rows import StatisticRow, Summary, Value
from endpoints.statistics.proportions import compute_proportion, find_least_events

WATCHED_RATES = (5, 10, 20)
"""Percentages that the lower limit is held against. The protocol names no boundary of its own."""


def summarize_stopping_watch(facts: TrialFacts, grouping: Grouping) -> Summary:
    """Per arm how many had an event, and from how many on the lower exact limit lies above each watched rate.

    Nothing in a pooled report: the watch is over arms.
    """
    counts = derive_event_counts(facts)
    rows: list[StatisticRow] = []
    topic = Topic("stopping_watch", "serious_related", "Serious and related", "patients", "watch")
    for group in grouping.groups if grouping.comparisons else ():
        events = group.select(counts)["serious_related"]
        patients, total = int((events > 0).sum()), len(events)
        found = read_values(compute_proportion(patients, total), PROPORTION)
        least: dict[str, Value] = {f"watch_{rate}": find_least_events(total, rate / 100) for rate in WATCHED_RATES}
        context = topic.about(group.key, total)
        note = "" if total else "No patient to count."
        rows.extend(context.write(found | {"events": float(events.sum())} | least, note))
    return Summary("stopping_watch", tuple(rows), name_groups(counts, grouping, ["serious_related"]))
