"""What is logged as it happens: adverse events, relapses, medicines, the end of participation. Pure."""

from datetime import date, datetime, timedelta

from trialsite.demo.paper.body import Sheet
from trialsite.demo.paper.examinations import write_moment
from trialsite.demo.plan import Person

_CAUSES = ("related_procedure", "related_device", "related_contrast_sedation", "related_ms")
STEROID_DAYS = 5

# term, days after the procedure, days it lasted, possible cause, what was done
COMPLAINTS: dict[str, tuple[str, int, int, str, str]] = {
    "headache": ("Headache", 0, 1, "related_contrast_sedation", "medication"),
    "bruise": ("Bruise at the puncture site", 1, 6, "related_procedure", "none"),
    "back_pain": ("Back pain", 12, 5, "", "medication"),
    "urinary_infection": ("Urinary tract infection", 47, 7, "", "medication"),
}


def write_complaint(complaint: str, procedure_on: date, aware_at: datetime) -> Sheet:
    """A mild adverse event that is over when it is written down."""
    term, after_days, lasted_days, cause, action = COMPLAINTS[complaint]
    onset_on = procedure_on + timedelta(days=after_days)
    sheet: Sheet = {
        "term": term,
        "onset_on": onset_on.isoformat(),
        "is_ongoing": "no",
        "ended_on": (onset_on + timedelta(days=lasted_days)).isoformat(),
        "outcome": "recovered",
        "ctcae_grade": "1",
        "seriousness": ["none"],
        "is_expected": "yes",
        "actions_taken": [action],
        "implant": "none",
        "aware_at": write_moment(aware_at),
        **_judge_causes(cause),
    }
    return sheet | ({"onset_time": "19:30" if after_days == 0 else "09:00"} if after_days < 3 else {})


def _judge_causes(cause: str) -> Sheet:
    return {name: "possible" if name == cause else "not_related" for name in _CAUSES}


def write_bradycardia(onset_at: datetime) -> Sheet:
    """The serious event as it is first reported: still going on."""
    return {
        "term": "Bradycardia",
        "onset_on": onset_at.date().isoformat(),
        "onset_time": f"{onset_at:%H:%M}",
        "is_ongoing": "yes",
        "outcome": "not_recovered",
        "ctcae_grade": "3",
        "seriousness": ["hospitalization"],
        "is_expected": "no",
        "actions_taken": ["hospital"],
        "implant": "none",
        "admitted_on": onset_at.date().isoformat(),
        "aware_at": write_moment(onset_at + timedelta(minutes=20)),
        "sponsor_reported_at": write_moment(onset_at + timedelta(hours=11)),
        "narrative": "Episodes of slow heartbeat, down to 36/min, in the evening after the procedure. Kept in hospital on a monitor.",
        **_judge_causes(""),
    }


def write_pacemaker(onset_at: datetime, implanted_on: date, discharged_on: date) -> Sheet:
    """The same event at discharge."""
    later: Sheet = {
        "is_ongoing": "no",
        "ended_on": implanted_on.isoformat(),
        "outcome": "recovered",
        "seriousness": ["hospitalization", "required_intervention"],
        "actions_taken": ["procedure", "hospital"],
        "implant": "pacemaker",
        "implanted_on": implanted_on.isoformat(),
        "discharged_on": discharged_on.isoformat(),
        "narrative": (
            "Episodes of slow heartbeat, down to 36/min, in the evening after the procedure, in a patient with a history of fainting. "
            "A pacemaker was implanted before discharge. Judged as part of the earlier illness, not related to the procedure."
        ),
    }
    return write_bradycardia(onset_at) | later


def write_relapse(onset_on: date, exam_id: str) -> Sheet:
    """A relapse when the patient is examined for it."""
    return {
        "onset_on": onset_on.isoformat(),
        "severity": "moderate",
        "symptoms": "Numbness and weakness of one leg, worse over two days.",
        "affected_systems": ["pyramidal", "sensory"],
        "lasted_over_24_h": "yes",
        "is_fever_excluded": "yes",
        "is_stable_before": "yes",
        "exam": exam_id,
    }


def write_treated_relapse(onset_on: date, exam_id: str, treated_on: date) -> Sheet:
    """The same relapse once its treatment is over."""
    treatment: Sheet = {
        "is_steroid_treated": "yes",
        "steroid_name": "Methylprednisolone",
        "steroid_started_on": treated_on.isoformat(),
        "steroid_dose_mg": "1000",
        "steroid_days": str(STEROID_DAYS),
    }
    return write_relapse(onset_on, exam_id) | treatment


def write_steroids(onset_on: date, treated_on: date) -> Sheet:
    return {
        "name": "Methylprednisolone",
        "medication_group": "steroid",
        "dose": "1000",
        "dose_unit": "mg",
        "frequency": "daily",
        "route": "intravenous",
        "started_on": treated_on.isoformat(),
        "is_ongoing": "no",
        "ended_on": (treated_on + timedelta(days=STEROID_DAYS - 1)).isoformat(),
        "given_for": "relapse",
        "given_for_event": onset_on.isoformat(),
        "indication": "Relapse of multiple sclerosis",
    }


def write_therapy(person: Person) -> Sheet:
    """The disease-modifying therapy the patient came with."""
    return {
        "name": person.therapy.replace("_", " ").capitalize(),
        "medication_group": "disease_modifying",
        "started_on": str(person.diagnosis_year),
        "is_ongoing": "yes",
        "given_for": "ms",
        "indication": "Multiple sclerosis",
    }


def write_disposition(status: str, on: date, reason: str = "") -> Sheet:
    return {
        "disposition_status": status,
        "ended_on": on.isoformat(),
        "last_contact_on": on.isoformat(),
        "end_reason": reason,
    }
