"""A patient of phase 2 on the way through screening, and the protocol of the trial."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest

from enrollment.actions.patient import register_patient
from enrollment.models import Patient
from trialsite.audit.actor import Actor
from trialsite.lib import clock
from trialsite.protocol.current import get_protocol
from trialsite.protocol.model import Protocol

ANNA = Actor(user_id="1", username="anna", full_name="Anna A", roles="coordinator")
IVO = Actor(user_id="2", username="ivo", full_name="Ivo I", roles="investigator")
NOW = datetime(2011, 3, 1, 15, 0, tzinfo=UTC)
TODAY = date(2011, 3, 1)

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
