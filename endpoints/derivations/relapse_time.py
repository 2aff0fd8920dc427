"""Time from the procedure to the first relapse."""

import pandas as pd

from endpoints.derivations.patients import derive_patients
from endpoints.facts import TrialFacts


def derive_time_to_first_relapse(facts: TrialFacts) -> pd.DataFrame:
    """Days to the first relapse since the procedure, or to the end of observation.

    `time_days` is the first onset from day 0 on, with `is_event` True; else the day of the
    last visit after baseline at which relapses were asked about. Patients without such a visit
    are left out.
    """
    visits = facts.visits
    asked = visits[visits["visit"].isin(facts.plan.visits_after_baseline) & visits["relapses"].notna()]
    last_day = asked.groupby("subject")["study_day"].max()
    since_procedure = facts.relapses[facts.relapses["onset_day"] >= 0]
    onset = since_procedure.groupby("subject")["onset_day"].min()
    patients = derive_patients(facts)
    subjects = patients["subject"]
    first_onset = subjects.map(onset).astype(float)
    censored_on = subjects.map(last_day).astype(float)
    table = patients.assign(time_days=first_onset.fillna(censored_on), is_event=first_onset.notna())
    return table[censored_on.notna()].reset_index(drop=True)
