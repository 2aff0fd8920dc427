"""How procedures and visits went, from what stands in the open part of the procedure's form and from the days of the visits."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from endpoints.facts import TrialFacts
from endpoints.layout import ProcedureDone, RecordedFacts
from endpoints.plan import name_visit

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
TIMES = ("minutes", "stay_hours", "hour", "sheath_french")
CHOICES = ("weekday", "sedation", "access", "closure", "complication", "assessed_by", "entered_by")


def derive_procedures(facts: TrialFacts, recorded: RecordedFacts) -> pd.DataFrame:
    """One row per patient: subject, phase and arm; the columns of `TIMES` with NaN and those of `CHOICES` with None where nothing is known."""
    subjects = {one.patient_id: one.subject for one in recorded.patients}
    known = [one for one in recorded.procedures if one.patient_id in subjects]
    told = pd.DataFrame(
        [(subjects[one.patient_id], *_read(one)) for one in known], columns=["subject", *TIMES, *CHOICES], dtype=object
    )
    table = facts.patients[["phase", "arm"]].reset_index().merge(told, on="subject", how="left")
    numbers = {name: table[name].astype("float64") for name in TIMES}
    answers = {name: table[name].where(table[name].notna(), None) for name in CHOICES}
    return table.assign(**numbers, **answers)


def _read(one: ProcedureDone) -> tuple[Any, ...]:
    hours = None if one.stay_minutes is None else one.stay_minutes / 60
    day = None if one.weekday is None else WEEKDAYS[one.weekday]
    answers = (one.sedation, one.access, one.closure, one.complication, one.assessed_by, one.entered_by)
    return one.minutes, hours, one.hour, one.sheath_french, day, *(answer or None for answer in answers)


def derive_visit_days(facts: TrialFacts, recorded: RecordedFacts, planned: Mapping[str, int]) -> pd.DataFrame:
    """One row per patient and visit: subject, phase, arm, visit, the planned and the attended study day, from the one to the other as
    `from_plan`, NaN where the visit was not attended; and the account that entered it. `planned` has the day of each visit."""
    visits = facts.visits[facts.visits["visit"].isin(list(planned))].reset_index(drop=True)
    days = visits["visit"].map(planned).astype("float64")
    accounts = {(one.subject, name_visit(one.key)): one.entered_by or None for one in recorded.visits}
    found = [accounts.get(at) for at in zip(visits["subject"], visits["visit"], strict=True)]
    about = visits[["subject", "phase", "arm", "visit", "study_day"]]
    return about.assign(
        planned_day=days,
        from_plan=visits["study_day"] - days,
        entered_by=pd.Series(found, index=visits.index, dtype=object),
    )
