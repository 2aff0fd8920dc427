"""A patient of phase 2 on the way through screening, and the protocol of the trial."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest

from enrollment.actions.patient import register_patient
from enrollment.models import Consent, Patient
from trialsite.audit.actor import Actor
from trialsite.lib import clock
from trialsite.protocol.current import get_protocol
from trialsite.protocol.model import Protocol
from trialsite.records.actions import create_record
from trialsite.records.models import FormStatus

ANNA = Actor(user_id="1", username="anna", full_name="Anna A", roles="coordinator")
IVO = Actor(user_id="2", username="ivo", full_name="Ivo I", roles="investigator")
NOW = datetime(2011, 3, 1, 15, 0, tzinfo=UTC)
TODAY = date(2011, 3, 1)
CONSENTED_AT = datetime(2011, 2, 1, 15, 0, tzinfo=UTC)
CONSENTED_ON = date(2011, 2, 1)

Register = Callable[..., Patient]


@pytest.fixture(autouse=True)
def held_clock() -> Iterator[None]:
    with clock.held_at(NOW):
        yield


@pytest.fixture
def protocol() -> Protocol:
    return get_protocol()


@pytest.fixture
def register(db: None, protocol: Protocol) -> Register:
    def make(phase_number: int = 2, site_code: str = "UB", **fields: Any) -> Patient:
        patient, _ = register_patient(
            site_code=site_code,
            phase_number=phase_number,
            patient_id=fields.pop("patient_id", None) or uuid4(),
            protocol=protocol,
            actor=ANNA,
        )
        return patient

    return make


@pytest.fixture
def patient(register: Register) -> Patient:
    return register()


@pytest.fixture
def consent(patient: Patient) -> Consent:
    return give_consent(patient)


def give_consent(patient: Patient, **fields: Any) -> Consent:
    """A complete first consent of 1 February 2011."""
    values = {
        "form_version": "1.0",
        "consented_at": CONSENTED_AT,
        "obtained_by": "Dr. Example",
        "is_copy_given": True,
        "status": FormStatus.COMPLETE,
        "completed_at": NOW,
    }
    return create_record(Consent(patient=patient, **values | fields), actor=ANNA)
