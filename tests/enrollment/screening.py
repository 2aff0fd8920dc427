"""A patient whose screening is complete and speaks for them, form by form; each part can be changed."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from enrollment.models import Consent, Demographics, Eligibility, EligibilityAnswer, MsHistory, Patient
from trialsite.audit.actor import Actor
from trialsite.records.actions import create_record
from trialsite.records.models import FormStatus
from visits.crfs.doppler.segments import SEGMENTS
from visits.models import Doppler, DopplerFinding, Edss, Laboratory
from visits.visit import Visit

ANNA = Actor(user_id="1", username="anna", full_name="Anna A", roles="coordinator")
CONSENTED_AT = datetime(2011, 2, 1, 15, 0, tzinfo=UTC)
SCREENED_ON = date(2011, 2, 22)
DONE: dict[str, Any] = {"status": FormStatus.COMPLETE, "completed_at": CONSENTED_AT}
ANSWERS = {"I8": "yes", "E2": "no", "E3": "no", "E5": "no", "E7": "no", "E10": "no", "E11": "no"}


def screen(patient: Patient) -> Visit:
    """Everything that makes a patient eligible."""
    give_consent(patient)
    give_demographics(patient)
    give_ms_history(patient)
    visit = attend(patient, "screening", SCREENED_ON)
    give_laboratory(visit)
    give_edss(visit)
    give_doppler(visit)
    answer_criteria(patient)
    return visit


def give_consent(patient: Patient, **changes: Any) -> Consent:
    values = {"form_version": "1.0", "consented_at": CONSENTED_AT, "obtained_by": "Dr. Example", "is_copy_given": True}
    return create_record(Consent(patient=patient, **DONE | values | changes), actor=ANNA)


def give_demographics(patient: Patient, **changes: Any) -> Demographics:
    values = {
        "born_on": "1975-05-04",
        "sex": "F",
        "has_childbearing_potential": True,
        "education_years": 14,
        "handedness": "R",
        "height_cm": Decimal("168.0"),
        "weight_kg": Decimal("64.0"),
    }
    return create_record(Demographics(patient=patient, **DONE | values | changes), actor=ANNA)


def give_ms_history(patient: Patient, **changes: Any) -> MsHistory:
    values = {
        "ms_course": "RR",
        "mcdonald_version": "2005",
        "onset_on": "2004",
        "diagnosed_on": "2004-06",
        "relapses_12_months": 1,
        "relapses_24_months": 2,
        "last_relapse_on": "2010-09",
        "absent": {"last_steroid_on": {"code": "not_applicable", "reason": ""}},
        "dmt": "glatiramer",
        "dmt_started_on": "2006",
        "has_previous_venous_procedure": False,
        "has_syncope_or_arrhythmia": False,
    }
    return create_record(MsHistory(patient=patient, **DONE | values | changes), actor=ANNA)


def attend(patient: Patient, key: str, on: date) -> Visit:
    return create_record(Visit(patient=patient, planned_key=key, visited_on=on), actor=ANNA)


def give_laboratory(visit: Visit, **changes: Any) -> Laboratory:
    values = {
        "assessed_on": visit.visited_on,
        "creatinine": Decimal("0.80"),
        "creatinine_unit": "mg_dl",
        "inr": Decimal("1.00"),
        "platelets_10e9_l": 250,
        "hemoglobin_g_dl": Decimal("13.5"),
        "pregnancy_test": "negative",
        "pregnancy_test_on": visit.visited_on,
    }
    return create_record(Laboratory(patient=visit.patient, visit=visit, **DONE | values | changes), actor=ANNA)


def give_edss(visit: Visit, **changes: Any) -> Edss:
    values = {"assessed_on": visit.visited_on, "rater_step": Decimal("3.5")}
    return create_record(Edss(patient=visit.patient, visit=visit, **DONE | values | changes), actor=ANNA)


def give_doppler(visit: Visit, *, reflux: bool = True, stenosis: bool = True, **changes: Any) -> Doppler:
    """Reflux in the right jugular vein is criterion 1, a narrow left one criterion 3; all else is normal."""
    values = {"assessed_on": visit.visited_on}
    examination = create_record(Doppler(patient=visit.patient, visit=visit, **DONE | values | changes), actor=ANNA)
    for segment in SEGMENTS:
        row: dict[str, Any] = {"flow": "antegrade"}
        if reflux and segment.vein == "R_IJV":
            row = {"flow": "reflux", "reflux_s": Decimal("1.20")}
        if segment.is_jugular:
            lying = Decimal("25.0") if stenosis and segment.vein == "L_IJV" else Decimal("70.0")
            row |= {"bmode": "none", "csa_mm2": lying if segment.posture == "supine" else Decimal("12.0")}
        create_record(DopplerFinding(parent=examination, key=segment.key, **row), actor=ANNA)
    return examination


def answer_criteria(patient: Patient, answers: dict[str, str] | None = None, **changes: Any) -> Eligibility:
    values = {
        "assessed_on": SCREENED_ON,
        "assessed_by": "Dr. Example",
        "has_progressed": False,
        "is_breast_feeding": False,
        "lacks_contraception": False,
        "has_treatment_contraindication": False,
    }
    record = create_record(Eligibility(patient=patient, **DONE | values | changes), actor=ANNA)
    for code, answer in (ANSWERS if answers is None else answers).items():
        create_record(EligibilityAnswer(parent=record, key=code, answer=answer), actor=ANNA)
    return record
