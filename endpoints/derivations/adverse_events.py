"""Adverse events per patient: what the safety tables count."""

import pandas as pd

from endpoints.derivations.patients import derive_patients
from endpoints.facts import AnalysisPlan, TrialFacts

SEVERE_GRADE = 3
"""CTCAE grade from which an event is severe."""


def is_treatment_emergent(events: pd.DataFrame) -> "pd.Series[bool]":
    """Began on the day of the procedure or later; an unknown day counts as later, for safety."""
    return events["onset_day"].isna() | (events["onset_day"] >= 0)


def normalize_term(term: str) -> str:
    """One spelling per term: no blanks around it, no difference of case."""
    return term.strip().casefold()


def derive_emergent_events(facts: TrialFacts) -> pd.DataFrame:
    """The treatment-emergent events with normalized terms."""
    events = facts.adverse_events[is_treatment_emergent(facts.adverse_events)]
    return events.assign(term=[normalize_term(term) for term in events["term"]]).reset_index(drop=True)


def list_event_categories(events: pd.DataFrame, plan: AnalysisPlan) -> dict[str, "pd.Series[bool]"]:
    """Which events belong to each category; what is missing never makes an event belong."""
    is_serious, is_related = events["serious"] == "Y", events["related"] == "Y"
    return {
        "any": events["subject"].notna(),
        "serious": is_serious,
        "related": is_related,
        "serious_related": is_serious & is_related,
        "grade_ge_3_event": events["ctcae_grade"] >= SEVERE_GRADE,
        "within_24h": events["onset_day"] <= plan.early_safety_days,
        "within_1m": events["onset_day"] <= plan.late_safety_days,
    }


def derive_event_counts(facts: TrialFacts) -> pd.DataFrame:
    """Per patient: the number of events of each category, and the highest grade.

    Every patient has a row, also with no event: all of them are the denominator. `max_grade`
    ignores missing grades; `has_only_ungraded` marks patients with events but no grade at all.
    """
    events = derive_emergent_events(facts)
    patients = derive_patients(facts)
    subjects = patients["subject"]
    for category, belongs in list_event_categories(events, facts.plan).items():
        numbers = events[belongs].groupby("subject").size()
        patients[category] = subjects.map(numbers).fillna(0).astype(int)
    grades = events.groupby("subject")["ctcae_grade"].max()
    max_grade = subjects.map(grades).astype(float)
    return patients.assign(max_grade=max_grade, has_only_ungraded=(patients["any"] > 0) & max_grade.isna())


def derive_term_counts(facts: TrialFacts) -> pd.DataFrame:
    """Number of events per patient and term; one row per patient and term that occurred."""
    events = derive_emergent_events(facts)
    numbers = events.groupby(["subject", "term"]).size().rename("events").reset_index()
    return derive_patients(facts).merge(numbers, on="subject", how="inner")
