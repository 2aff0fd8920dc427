"""Adverse events."""

import pandas as pd

from endpoints.derivations.adverse_events import derive_event_counts, derive_term_counts
from endpoints.derivations.groups import Grouping
from endpoints.facts import AnalysisPlan, TrialFacts
from endpoints.families.shared import summarize_proportions
from endpoints.families.topics import Rows, Topic, name_groups
from endpoints.rows import StatisticRow, Summary


def summarize_adverse_events(facts: TrialFacts, grouping: Grouping) -> Summary:
    """Patients with treatment-emergent events by category, highest grade and term.

    The analysis of a row is `category`, `max_grade` or `term`. Everyone in the group is the
    denominator, also those without an event.
    """
    counts = derive_event_counts(facts)
    rows: list[StatisticRow] = []
    for category, label in label_categories(facts.plan).items():
        topic = Topic("adverse_events", category, label, "patients", "category")
        rows.extend(_summarize_events(topic, counts.assign(events=counts[category]), grouping))
    for grade, (label, belongs) in _classify_grades(counts).items():
        topic = Topic("adverse_events", grade, label, "patients", "max_grade")
        rows.extend(summarize_proportions(topic, counts.assign(is_event=belongs), grouping))
    terms = derive_term_counts(facts)
    rows.extend(_summarize_terms(terms, counts, grouping))
    columns = [*label_categories(facts.plan), "max_grade", "has_only_ungraded"]
    return Summary(
        "adverse_events", tuple(rows), name_groups(counts, grouping, columns), terms[["subject", "term", "events"]]
    )


def label_categories(plan: AnalysisPlan) -> dict[str, str]:
    """What the columns of `derive_event_counts` are called, one kind of event each."""
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


def _summarize_terms(terms: pd.DataFrame, patients: pd.DataFrame, grouping: Grouping) -> Rows:
    for term, of_term in terms.groupby("term", sort=True):
        numbers = patients["subject"].map(of_term.set_index("subject")["events"])
        topic = Topic("adverse_events", str(term), str(term).capitalize(), "patients", "term")
        table = patients.assign(events=numbers.fillna(0).astype(int))
        yield from _summarize_events(topic, table, grouping)


def _summarize_events(topic: Topic, table: pd.DataFrame, grouping: Grouping) -> Rows:
    """Patients with at least one event, and how many events they had."""
    yield from summarize_proportions(topic, table.assign(is_event=table["events"] > 0), grouping)
    for group in grouping.groups:
        events = group.select(table)["events"]
        yield from topic.about(group.key, len(events)).write({"events": float(events.sum())})
