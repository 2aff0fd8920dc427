"""Patients who are ready for the draw, and a sealed list."""

import uuid
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.db import connection

from enrollment.models import Patient, PatientStatus
from enrollment.readiness import Readiness
from enrollment.vault.lists import generate_list, seal_list
from enrollment.vault.models import AllocationList
from enrollment.vault.schemes import Scheme
from tests.database import triggers_off
from trialsite.accounts.actor import SYSTEM
from trialsite.protocol.current import get_protocol
from trialsite.records.actions import create_record

READY = Readiness(has_complete_consent=True, has_current_signed_eligibility=True, has_complete_baseline=True)
NOTHING_READY = replace(
    READY, has_complete_consent=False, has_current_signed_eligibility=False, has_complete_baseline=False
)


def ready(patient: Patient) -> Readiness:
    """All forms behind the patient are complete."""
    return READY


def make_patient(
    n: int,
    *,
    status: PatientStatus = PatientStatus.ELIGIBLE,
    phase: int = 2,
    site: str = "UB",
    patient_id: uuid.UUID | None = None,
) -> Patient:
    """The n-th patient of a phase, as far as the draw asks; the forms behind it are `ready`."""
    patient = Patient(
        id=patient_id or uuid.uuid4(),
        number=f"P{phase}-{n:03d}",
        site_code=site,
        phase_number=phase,
        status=status,
        registered_on=date(2026, 1, 5),
    )
    return create_record(patient, actor=SYSTEM)


def make_scheme(phase_number: int = 2) -> Scheme:
    """Blocks of two or three times the smallest."""
    allocation = get_protocol().phase(phase_number).allocation
    assert allocation is not None
    unit = sum(allocation.ratio.values())
    return Scheme(method="random_blocks", ratio=allocation.ratio, block_sizes=(2 * unit, 3 * unit))


def make_list(least: int, phase_number: int = 2) -> AllocationList:
    """A list that nobody sealed."""
    protocol = get_protocol()
    phase, scheme = protocol.phase(phase_number), make_scheme(phase_number)
    return generate_list(phase, protocol, scheme=scheme, least_per_stratum=least, actor=SYSTEM)


def make_sealed_list(least: int, phase_number: int = 2) -> AllocationList:
    protocol = get_protocol()
    made = make_list(least, phase_number)
    seal_list(made.id, protocol, actor=SYSTEM)
    return made


def overwrite(row: Any, **values: Any) -> None:
    """Change a guarded row as somebody could who owns the database."""
    with triggers_off(connection):
        type(row)._base_manager.filter(pk=row.pk).update(**values)


@pytest.fixture
def patient(db: None) -> Patient:
    return make_patient(1)


@pytest.fixture
def sealed(db: None) -> AllocationList:
    """A sealed list of phase 2 with room for twenty patients or a few more."""
    return make_sealed_list(20)
