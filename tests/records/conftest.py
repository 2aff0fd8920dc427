"""A patient, a visit and a form to write to."""

from datetime import UTC, date, datetime

import pytest

from enrollment.models import Consent, Patient
from trialsite.audit.actor import Actor
from trialsite.records.actions import create_record
from visits.models import VitalSigns
from visits.visit import Visit

ANNA = Actor(user_id="1", username="anna", full_name="Anna A", roles="coordinator")
BEN = Actor(user_id="2", username="ben", full_name="Ben B", roles="coordinator")


def make_patient(number: str = "P2-001", site_code: str = "UB", phase_number: int = 2) -> Patient:
    patient = Patient(number=number, site_code=site_code, phase_number=phase_number, registered_on=date(2011, 1, 3))
    return create_record(patient, actor=ANNA)


def make_visit(patient: Patient, key: str = "baseline", on: date = date(2011, 2, 1)) -> Visit:
    return create_record(Visit(patient=patient, planned_key=key, visited_on=on), actor=ANNA)


def give_consent(patient: Patient) -> Consent:
    signed_at = datetime(2011, 1, 3, 15, tzinfo=UTC)
    consent = Consent(
        patient=patient, status="complete", form_version="1.0", consented_at=signed_at, is_copy_given=True
    )
    return create_record(consent, actor=ANNA)


@pytest.fixture
def patient(db: None) -> Patient:
    return make_patient()


@pytest.fixture
def visit(patient: Patient) -> Visit:
    return make_visit(patient)


@pytest.fixture
def vital_signs(visit: Visit) -> VitalSigns:
    record = VitalSigns(patient=visit.patient, visit=visit, assessed_on=visit.visited_on, heart_rate_bpm=72)
    return create_record(record, actor=ANNA)
