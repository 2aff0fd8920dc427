"""One row per patient: who they are."""

import pandas as pd

from endpoints.facts import TrialFacts


def derive_patients(facts: TrialFacts) -> pd.DataFrame:
    """Subject, phase, arm, sex and age of each patient, ordered by subject; the caller's own table."""
    return facts.patients.reset_index()


def derive_values(facts: TrialFacts, outcome: str, visit: str) -> pd.DataFrame:
    """Each patient's value of one outcome at one visit; NaN where there is none."""
    seen = facts.visits[facts.visits["visit"] == visit].set_index("subject")[outcome]
    patients = derive_patients(facts)
    return patients.assign(value=patients["subject"].map(seen).astype(float))
