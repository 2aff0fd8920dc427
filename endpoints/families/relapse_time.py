"""Time to the first relapse."""

import pandas as pd

from endpoints.derivations.groups import Comparison, Group, Grouping
from endpoints.derivations.patients import derive_patients
from endpoints.derivations.relapse_time import derive_time_to_first_relapse
from endpoints.document.cohort import Cohort
from endpoints.document.relapse_time import derive_by_visit
from endpoints.facts import TrialFacts
from endpoints.families.topics import Rows, Topic, name_groups
from endpoints.results import BRESLOW, HAZARD_RATIO, LOG_RANK, SURVIVAL, read_values
from endpoints.rows import StatisticRow, Summary
from endpoints.statistics.proportional_hazards import compute_hazard_ratio
from endpoints.statistics.survival import compute_kaplan_meier, compute_log_rank


def summarize_time_to_relapse(facts: TrialFacts, grouping: Grouping) -> Summary:
    """Survival without a relapse at the plan's landmark days, and the curves compared.

    The analysis of a row with a day is `landmark`, or `curve` for each step of the curve, which
    begins at 1 on day 0.
    """
    topic = Topic("time_to_relapse", "relapses", "Time to first relapse", "days")
    return _summarize(topic, derive_time_to_first_relapse(facts), facts, grouping)


def summarize_time_to_report(facts: TrialFacts, grouping: Grouping) -> Summary:
    """The same by the planned day of the visit that first reported a relapse, whatever day it began on."""
    cohort = Cohort(facts)
    derived = derive_by_visit(cohort)
    times = pd.DataFrame({"time_days": derived.times, "is_event": derived.is_event}, index=pd.Index(cohort.subjects))
    patients = derive_patients(facts)
    table = patients.join(times, on="subject")
    topic = Topic("time_to_report", "relapses", "Time to first relapse", "days", "planned_day")
    return _summarize(topic, table[table["time_days"].notna()], facts, grouping)


def _summarize(topic: Topic, table: pd.DataFrame, facts: TrialFacts, grouping: Grouping) -> Summary:
    rows: list[StatisticRow] = []
    for group in grouping.groups:
        rows.extend(_estimate_survival(topic, table, group, facts.plan.landmark_days))
    for comparison in grouping.comparisons:
        rows.extend(_compare_survival(topic, table, comparison))
    patients = name_groups(table, grouping, ["time_days", "is_event"])
    return Summary(topic.family, tuple(rows), patients)


def _estimate_survival(topic: Topic, table: pd.DataFrame, group: Group, landmark_days: tuple[int, ...]) -> Rows:
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


def _compare_survival(topic: Topic, table: pd.DataFrame, comparison: Comparison) -> Rows:
    active, reference = comparison.active.select(table), comparison.reference.select(table)
    times = (
        active["time_days"].tolist(),
        active["is_event"].tolist(),
        reference["time_days"].tolist(),
        reference["is_event"].tolist(),
    )
    context = topic.about(comparison.key, len(active) + len(reference))
    found = compute_log_rank(*times)
    test = read_values(found, LOG_RANK)
    has_test = test["logrank_p"] is not None
    yield from context.write(test, "" if has_test else "No relapse to compare, or an empty arm.")
    for group, path in ((comparison.active, "expected_first"), (comparison.reference, "expected_second")):
        expected = read_values(found, {"expected_events": path})
        yield from topic.about(group.key, len(group.select(table))).write(expected)
    hazard, breslow = compute_hazard_ratio(*times), compute_hazard_ratio(*times, ties="breslow")
    note = "" if hazard else "Not both arms had a relapse while the other was observed."
    yield from context.write(read_values(hazard, HAZARD_RATIO) | read_values(breslow, BRESLOW), note)
