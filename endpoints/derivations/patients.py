"""One row per patient: who they are."""

import pandas as pd

from endpoints.facts import TrialFacts

PATIENT_COLUMNS = ["subject", "phase", "arm", "sex", "age"]


def derive_patients(facts: TrialFacts) -> pd.DataFrame:
    """Subject, phase, arm, sex and age of each patient, ordered by subject.

    What is missing in one row of a patient is taken from another: these never change.
    """
    first = facts.visits.groupby("subject", sort=True)[PATIENT_COLUMNS[1:]].first()
    return first.reset_index()[PATIENT_COLUMNS]


def derive_values(facts: TrialFacts, outcome: str, visit: str) -> pd.DataFrame:
    """Each patient's value of one outcome at one visit; NaN where there is none."""
    seen = facts.visits[facts.visits["visit"] == visit].set_index("subject")[outcome]
    patients = derive_patients(facts)
    return patients.assign(value=patients["subject"].map(seen).astype(float))
