"""Adverse events: patients with at least one, by category, term and highest grade."""

import numpy as np
import pandas as pd

from endpoints.derivations.adverse_events import derive_emergent_events, is_treatment_emergent, list_event_categories
from endpoints.document.blocks import Block, count_in_arms
from endpoints.document.cohort import Cohort, Mask

GRADES = range(1, 6)


def write_adverse_events(cohort: Cohort) -> Block:
    """Everyone in the arm is the denominator, also without an event."""
    facts = cohort.facts
    events = derive_emergent_events(facts)
    positions = cohort.find(events["subject"])
    categories = list_event_categories(events, facts.plan)
    return {
        "n_safety": {arm: int(members.sum()) for arm, members in cohort.members.items()},
        **{
            category: _count_events(cohort, positions[belongs.to_numpy(dtype=bool)])
            for category, belongs in categories.items()
        },
        "by_term": _write_terms(cohort, events, positions),
        "max_grade": _write_grades(cohort, events, positions),
        "n_not_treatment_emergent": int((~is_treatment_emergent(facts.adverse_events)).sum()),
    }


def _count_events(cohort: Cohort, positions: np.ndarray) -> Block:
    numbers = np.bincount(positions, minlength=len(cohort.subjects))
    events = {arm: int(numbers[members].sum()) for arm, members in cohort.members.items()}
    return count_in_arms(cohort, numbers > 0) | {"events": events}


def _write_terms(cohort: Cohort, events: pd.DataFrame, positions: np.ndarray) -> Block:
    groups = events.groupby("term", sort=True).indices
    return {str(term): _count_events(cohort, positions[rows]) for term, rows in groups.items()}


def _write_grades(cohort: Cohort, events: pd.DataFrame, positions: np.ndarray) -> Block:
    """A missing grade is ignored beside a known one; patients without any known grade are a class of their own."""
    highest = np.zeros(len(cohort.subjects))
    np.maximum.at(highest, positions, events["ctcae_grade"].fillna(0).to_numpy(dtype=np.float64))
    has_event = np.bincount(positions, minlength=len(highest)) > 0
    classes: dict[str, Mask] = {f"g{grade}": highest == grade for grade in GRADES}
    classes |= {"missing": has_event & (highest == 0), "ge2": highest >= 2, "ge3": highest >= 3}
    return {name: count_in_arms(cohort, belongs) for name, belongs in classes.items()}
