"""Who the patient is and was: consent, demographics, histories, eligibility. Pure."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from trialsite.demo.paper.body import Sheet, yes_no
from trialsite.demo.paper.examinations import write_moment
from trialsite.demo.plan import Person

SYNTHETIC = "Synthetic patient of the demonstration trial; no such person exists."


def write_consent(signed_at: datetime, version: str) -> Sheet:
    return {
        "occasion": "first",
        "form_version": version,
        "consented_at": write_moment(signed_at),
        "obtained_by": "Demo Investigator",
        "is_copy_given": "yes",
        "notes": SYNTHETIC,
    }


def write_demographics(person: Person) -> Sheet:
    return {
        "born_on": person.born.isoformat(),
        "sex": person.sex,
        "has_childbearing_potential": yes_no(person.can_become_pregnant),
        "education_years": str(person.education_years),
        "handedness": person.handedness,
        "height_cm": str(person.height_cm),
        "weight_kg": str(person.weight_kg),
    }


def write_ms_history(person: Person, consented_on: date, relapses: int) -> Sheet:
    """`relapses` is how many there were in the year before consent."""
    last_on = consented_on - timedelta(days=140)
    sheet: Sheet = {
        "ms_course": person.ms_course,
        "mcdonald_version": "2005" if consented_on.year < 2018 else "2017",
        "onset_on": str(person.onset_year),
        "diagnosed_on": str(person.diagnosis_year),
        "relapses_12_months": str(relapses),
        "relapses_24_months": str(relapses + 1),
        "last_relapse_on": f"{last_on if relapses else last_on - timedelta(days=365):%Y-%m}",
        "dmt": person.therapy,
        "dmt_started_on": str(person.diagnosis_year),
        "has_previous_venous_procedure": "no",
        "has_syncope_or_arrhythmia": yes_no(person.has_syncope),
    }
    steroids: Sheet = (
        {"last_steroid_on": f"{last_on:%Y-%m}"} if relapses else {"absent-last_steroid_on": "not_applicable"}
    )
    syncope: Sheet = {"syncope_or_arrhythmia_details": "Fainted twice in the last three years; no cause was found."}
    return sheet | steroids | (syncope if person.has_syncope else {})


def write_syncope(consented_on: date) -> Sheet:
    return {
        "term": "Syncope",
        "category": "syncope",
        "onset_on": str(consented_on.year - 3),
        "is_ongoing": "no",
        "ended_on": str(consented_on.year - 1),
        "notes": "Two episodes, no cause found.",
    }


def write_eligibility(person: Person, on: date, criteria: Mapping[str, str]) -> Sheet:
    """`criteria` holds the kind (inclusion or exclusion) of each criterion that a person answers, by its code."""
    answers = {"inclusion": "yes", "exclusion": "no"}
    sheet: Sheet = {
        "assessed_on": on.isoformat(),
        "assessed_by": "Demo Investigator",
        "has_progressed": "no",
        "has_treatment_contraindication": "no",
    }
    if person.sex == "F":
        sheet["is_breast_feeding"] = "no"
        sheet |= {"lacks_contraception": "no"} if person.can_become_pregnant else {}
    return sheet | {f"answers.{code}.answer": answers[kind] for code, kind in criteria.items()}
