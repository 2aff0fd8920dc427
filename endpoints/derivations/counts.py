"""Events counted over the visits of the follow-up."""

import pandas as pd

from endpoints.derivations.patients import derive_patients
from endpoints.facts import TrialFacts

DAYS_PER_YEAR = 365.25


def derive_cumulative_count(facts: TrialFacts, outcome: str) -> pd.DataFrame:
    """Sum of an outcome's counts over the plan's count visits, per patient.

    Missing visits are left out of the sum; a patient without any count has NaN, not zero, and
    belongs to no analysis of counts. Follow-up ends on the day of the last visit with a count:
    a scan missed in between does not shorten it, since the next one shows what happened.
    `is_completer` says whether the final visit has a count.
    """
    counted = facts.visits[facts.visits["visit"].isin(facts.plan.count_visits)]
    counted = counted[counted[outcome].notna()]
    by_subject = counted.groupby("subject")
    patients = derive_patients(facts)
    subjects = patients["subject"]
    follow_up_days = subjects.map(by_subject["study_day"].max()).astype(float)
    finished = set(counted.loc[counted["visit"] == facts.plan.final_visit, "subject"])
    return patients.assign(
        # Only patients with a count appear in the groups, so no empty sum turns into zero.
        cumulative=subjects.map(by_subject[outcome].sum()).astype(float),
        follow_up_days=follow_up_days,
        follow_up_years=follow_up_days / DAYS_PER_YEAR,
        is_completer=subjects.isin(finished),
    )
