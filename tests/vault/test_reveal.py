"""Who is told an arm, and what the trail keeps of it."""

import json
from datetime import timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings

from enrollment.actions.draw import draw_allocation
from enrollment.models import Patient
from enrollment.selectors.worklist import get_worklist, is_on_worklist
from enrollment.vault.models import Draw
from enrollment.vault.refusal import VaultRefusedError
from enrollment.vault.reveal import get_arms_for_analysis, reveal_to_operator
from tests.cast import make_user
from tests.events import read_event
from tests.vault.conftest import make_patient, ready
from trialsite.accounts.actor import SYSTEM
from trialsite.accounts.models import User
from trialsite.accounts.roles import Role
from trialsite.audit.models import AuditEvent
from trialsite.lib import clock
from trialsite.protocol.current import get_protocol
from trialsite.records.actions import correct_record

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sealed")]


def draw(n: int) -> Patient:
    return draw_allocation(make_patient(n), ready, SYSTEM)


def change(patient: Patient, **values: Any) -> Patient:
    return correct_record(patient, values, actor=SYSTEM, base_revision=patient.revision)


def true_arm(patient: Patient) -> str:
    keys = MultiFernet([Fernet(key) for key in settings.ALLOCATION_KEYS])
    token = Draw.objects.get(patient=patient).slot.sealed_arm
    return str(json.loads(keys.decrypt(bytes(token)))["content"])


@pytest.mark.conformance(25)
def test_the_operator_is_told_the_arm_of_the_patient_on_the_table(operator: User) -> None:
    for n in range(1, 9):
        patient = draw(n)
        assert reveal_to_operator(patient, get_protocol(), user=operator) == true_arm(patient)
    events = AuditEvent.objects.filter(action="reveal_arm")
    assert events.count() == 8
    assert {(event.actor_username, event.is_restricted) for event in events} == {("operator", True)}


@pytest.mark.parametrize("role", [role for role in Role if role != Role.OPERATOR])
def test_nobody_else_is_told(cast: dict[Role, User], role: Role) -> None:
    with pytest.raises(VaultRefusedError):
        reveal_to_operator(draw(1), get_protocol(), user=cast[role])
    assert not AuditEvent.objects.filter(action="reveal_arm").exists()


def test_an_operator_of_another_site_is_not_told() -> None:
    stranger = make_user("stranger", Role.OPERATOR, site="XX")
    with pytest.raises(VaultRefusedError, match="patient's site"):
        reveal_to_operator(draw(1), get_protocol(), user=stranger)


def test_the_worklist_ends_with_the_day_of_the_procedure(operator: User) -> None:
    site_today = clock.today(get_protocol().site("UB").time_zone)
    waiting, treated, earlier, left = draw(1), draw(2), draw(3), draw(4)
    not_drawn = make_patient(5)
    treated = change(treated, procedure_on=site_today)
    earlier = change(earlier, procedure_on=site_today - timedelta(days=1))
    left = change(left, withdrawn_on=site_today)
    assert get_worklist(operator, get_protocol()) == [waiting, treated]
    everyone = [waiting, treated, earlier, left, not_drawn]
    assert [is_on_worklist(patient, get_protocol()) for patient in everyone] == [True, True, False, False, False]
    with pytest.raises(VaultRefusedError, match="not on the operator's list"):
        reveal_to_operator(earlier, get_protocol(), user=operator)


@pytest.mark.conformance(25)
def test_the_statistician_reads_all_arms_for_a_report(statistician: User) -> None:
    patients = [draw(n) for n in range(1, 5)]
    make_patient(9)
    arms = get_arms_for_analysis(user=statistician, purpose="Safety report")
    assert arms == {patient.id: true_arm(patient) for patient in patients}
    event = read_event(action="read_arms")
    assert (event.detail, event.is_restricted) == ("Safety report: 4 patients.", True)


@pytest.mark.parametrize("role", [role for role in Role if role != Role.STATISTICIAN])
def test_nobody_else_reads_all_arms(cast: dict[Role, User], role: Role) -> None:
    draw(1)
    with pytest.raises(VaultRefusedError, match="statistician's reports"):
        get_arms_for_analysis(user=cast[role], purpose="Curiosity")
    assert not AuditEvent.objects.filter(action="read_arms").exists()


def test_a_deactivated_statistician_reads_nothing(statistician: User) -> None:
    statistician.is_active = False
    with pytest.raises(VaultRefusedError):
        get_arms_for_analysis(user=statistician, purpose="Safety report")
