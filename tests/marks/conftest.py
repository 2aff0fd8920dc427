"""A patient with a baseline visit, complete vital signs and a complete EDSS, whose rater's step is a critical item."""

from decimal import Decimal

import pytest

from enrollment.models import Patient
from tests.records.conftest import ANNA, give_consent, make_patient, make_visit
from trialsite.audit.actor import Actor
from trialsite.lib import clock
from trialsite.records.actions import create_record
from visits.models import Edss, VitalSigns
from visits.visit import Visit

MONA = Actor(user_id="m", username="mona", full_name="Mona M", roles="monitor")
IVO = Actor(user_id="i", username="ivo", full_name="Ivo I", roles="investigator")
DORA = Actor(user_id="d", username="dora", full_name="Dora D", roles="data_manager")
DAN = Actor(user_id="e", username="dan", full_name="Dan E", roles="data_manager")


def make_vital_signs(visit: Visit, **values: object) -> VitalSigns:
    made = {
        "status": "complete",
        "completed_at": clock.now(),
        "assessed_on": visit.visited_on,
        "systolic_mmhg": 120,
        "diastolic_mmhg": 80,
        "heart_rate_bpm": 72,
        "temperature_c": Decimal("36.6"),
    }
    return create_record(VitalSigns(patient=visit.patient, visit=visit, **{**made, **values}), actor=ANNA)


def make_edss(visit: Visit) -> Edss:
    complete = {"status": "complete", "completed_at": clock.now()}
    exam = Edss(patient=visit.patient, visit=visit, assessed_on=visit.visited_on, rater_step=Decimal("3.5"), **complete)
    return create_record(exam, actor=ANNA)


@pytest.fixture
def patient(db: None) -> Patient:
    made = make_patient()
    give_consent(made)
    return made


@pytest.fixture
def visit(patient: Patient) -> Visit:
    return make_visit(patient)


@pytest.fixture
def vital_signs(visit: Visit) -> VitalSigns:
    return make_vital_signs(visit)


@pytest.fixture
def edss(visit: Visit) -> Edss:
    return make_edss(visit)
