"""The operator's worklist: one arm, one password, one line in the trail."""

from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from enrollment.actions.draw import draw_allocation, enroll_open_label
from enrollment.models import Patient
from enrollment.vault.models import Draw
from tests.cast import PASSWORD, SignIn, make_user
from tests.vault.conftest import make_patient, overwrite, ready
from trialsite.accounts.actor import SYSTEM
from trialsite.accounts.models import User
from trialsite.accounts.roles import Role
from trialsite.audit.models import AuditEvent
from trialsite.protocol.current import get_protocol
from visits.actions.visit import record_visit
from visits.visit import Visit, VisitStatus
from visits.worklist import find_procedure_plan

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sealed")]
ARM_LABELS = [get_protocol().arm(key).label for key in ("angioplasty", "sham")]


@pytest.fixture
def drawn() -> Patient:
    return draw_allocation(make_patient(1), ready, SYSTEM)


@pytest.fixture
def window(sign_in: SignIn, operator: User) -> Client:
    return sign_in(operator)


def arm_url(patient: Patient) -> str:
    return f"/worklist/{patient.id}/treatment/"


def names_an_arm(body: bytes) -> bool:
    return any(label in body.decode() for label in ARM_LABELS)


def reveals() -> int:
    return AuditEvent.objects.filter(action="reveal_arm").count()


def test_the_worklist_names_patients_and_no_arm(window: Client, drawn: Patient) -> None:
    enrolled = enroll_open_label(make_patient(1, phase=1), ready, SYSTEM)
    waiting = make_patient(2)
    answer = window.get("/worklist/")
    page = answer.content.decode()
    assert drawn.number in page
    assert drawn.randomization_code in page
    assert enrolled.number in page
    assert get_protocol().arm("open").label in page
    assert waiting.number not in page
    assert not names_an_arm(answer.content)


@pytest.mark.conformance(25)
def test_the_arm_is_shown_after_the_password_with_name_and_time(window: Client, drawn: Patient, operator: User) -> None:
    asked = window.get(arm_url(drawn))
    assert not names_an_arm(asked.content)
    shown = window.post(arm_url(drawn), {"password": PASSWORD})
    assert names_an_arm(shown.content)
    assert shown.content.decode().count(quote(operator.full_name)) == 3  # the mark over the page
    assert f"Shown to {operator.full_name} at" in shown.content.decode()
    for answer in (asked, shown):
        assert "no-store" in answer.headers["Cache-Control"]
    assert reveals() == 1
    # Not kept: the next look asks again.
    assert not names_an_arm(window.get(arm_url(drawn)).content)


@pytest.mark.parametrize("typed", ["", "wrong", "wrong\0", "x" * 10_000, "\N{SMILING FACE WITH OPEN MOUTH}"])
def test_without_the_right_password_nothing_is_shown(window: Client, drawn: Patient, typed: str) -> None:
    answer = window.post(arm_url(drawn), {"password": typed})
    assert answer.status_code == 422
    assert not names_an_arm(answer.content)
    assert reveals() == 0


def test_wrong_passwords_lock_out_the_right_one_too(window: Client, drawn: Patient) -> None:
    for _ in range(5):
        window.post(arm_url(drawn), {"password": "wrong"})
    answer = window.post(arm_url(drawn), {"password": PASSWORD})
    assert answer.status_code in (422, 429)
    assert not names_an_arm(answer.content)
    assert reveals() == 0


def test_a_broken_vault_says_a_neutral_sentence_and_tells_the_statistician(window: Client, drawn: Patient) -> None:
    slot = Draw.objects.get(patient=drawn).slot
    overwrite(slot, sealed_arm=b"nothing")
    answer = window.post(arm_url(drawn), {"password": PASSWORD})
    assert answer.status_code == 409
    assert "ask the statistician" in answer.content.decode()
    assert AuditEvent.objects.get(action="refuse_reveal").is_restricted


def test_patients_not_on_the_list_do_not_exist_here(window: Client) -> None:
    waiting = make_patient(5)
    enrolled = enroll_open_label(make_patient(6, phase=1), ready, SYSTEM)
    for patient in (waiting, enrolled):
        assert window.get(arm_url(patient)).status_code == 404
    assert window.post(f"/worklist/{waiting.id}/start/").status_code == 404
    assert window.get("/worklist/00000000-0000-0000-0000-000000000000/treatment/").status_code == 404
    assert window.get("/worklist/not-a-uuid/treatment/").status_code == 404


def test_the_procedure_can_be_started_once(window: Client, drawn: Patient) -> None:
    for _ in range(2):
        assert window.post(f"/worklist/{drawn.id}/start/").status_code == 302
    visit = Visit.objects.get(patient=drawn)
    stored = Patient.objects.get(pk=drawn.pk)
    assert visit.visited_on == stored.procedure_on is not None
    assert stored.number in window.get("/worklist/").content.decode()


def test_a_procedure_recorded_as_missed_is_not_started_here(window: Client, drawn: Patient) -> None:
    planned = find_procedure_plan(drawn)
    record_visit(
        drawn, planned, {"status": VisitStatus.MISSED, "missed_reason": "ill"}, protocol=get_protocol(), actor=SYSTEM
    )
    page = window.post(f"/worklist/{drawn.id}/start/", follow=True)
    assert "recorded as missed" in page.content.decode()
    assert Visit.objects.get(patient=drawn).status == VisitStatus.MISSED


def test_an_operator_of_another_site_finds_nobody(sign_in: SignIn, drawn: Patient) -> None:
    window = sign_in(make_user("stranger", Role.OPERATOR, site="XX"))
    assert drawn.number not in window.get("/worklist/").content.decode()
    for answer in (window.get(arm_url(drawn)), window.post(arm_url(drawn), {"password": PASSWORD})):
        assert answer.status_code == 404


@pytest.mark.parametrize("role", [role for role in Role if role != Role.OPERATOR])
def test_for_everybody_else_the_worklist_does_not_exist(
    cast: dict[Role, User], sign_in: SignIn, drawn: Patient, role: Role
) -> None:
    window = sign_in(cast[role])
    for url in ("/worklist/", arm_url(drawn), f"/worklist/{drawn.id}/start/"):
        for answer in (window.get(url), window.post(url, {"password": PASSWORD})):
            assert answer.status_code == 404
            assert not names_an_arm(answer.content)
    assert reveals() == 0


def test_the_worklist_takes_the_same_queries_for_many_patients(window: Client, drawn: Patient) -> None:
    window.get("/worklist/")  # the first request of a session also stores it
    window.post(f"/worklist/{drawn.id}/start/")
    window.get("/worklist/")
    few = count_queries(window)
    for n in range(2, 8):
        patient = draw_allocation(make_patient(n), ready, SYSTEM)
        window.post(f"/worklist/{patient.id}/start/")
    window.get("/worklist/")
    assert count_queries(window) == few


def count_queries(window: Client) -> int:
    with CaptureQueriesContext(connection) as queries:
        window.get("/worklist/")
    return len(queries)
