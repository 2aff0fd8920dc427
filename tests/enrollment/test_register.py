"""The register: who is in it, who may see it, and how a patient gets a number."""

import threading
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from enrollment.actions.patient import register_patient
from enrollment.models import Patient, PatientCounter
from tests.cast import SignIn
from tests.enrollment.conftest import ANNA, Register
from trialsite.accounts.models import User
from trialsite.audit.models import AuditEvent
from trialsite.protocol.model import Protocol
from trialsite.records import actions as record_actions


def post_registration(browser: Client, **changes: str) -> Any:
    token = browser.get("/patients/register/").context["form"]["token"].value()
    return browser.post("/patients/register/", {"site": "UB", "phase": "2", "token": token} | changes)


def test_numbers_run_per_phase_without_a_gap(register: Register) -> None:
    numbers = [register(phase).number for phase in (1, 2, 2, 1, 2)]
    assert numbers == ["P1-001", "P2-001", "P2-002", "P1-002", "P2-003"]


def test_registration_is_in_the_trail(register: Register) -> None:
    patient = register()
    event = AuditEvent.objects.get(record_id=patient.pk)
    assert (event.action, event.actor_username, event.site_code, event.revision) == ("register", "anna", "UB", 1)
    assert {"number", "site_code", "phase_number", "status", "registered_on"} <= {
        entry.field for entry in event.entries.all()
    }


def test_a_failed_audit_write_takes_the_number_back(register: Register, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise OSError("disk full")

    register()
    with monkeypatch.context() as broken:
        broken.setattr(record_actions, "write_events", fail)
        with pytest.raises(OSError, match="disk full"):
            register()
    assert Patient.objects.count() == 1
    assert register().number == "P2-002"


def test_the_same_request_registers_one_patient(register: Register) -> None:
    patient_id = uuid4()
    first, second = register(patient_id=patient_id), register(patient_id=patient_id)
    assert first.pk == second.pk
    assert PatientCounter.objects.get(phase_number=2).last_n == 1


@pytest.mark.django_db(transaction=True)
def test_many_at_once_get_different_numbers_without_a_gap(protocol: Protocol) -> None:
    count, errors = 12, []
    start = threading.Barrier(count)

    def work() -> None:
        try:
            start.wait()
            register_patient(site_code="UB", phase_number=2, patient_id=uuid4(), protocol=protocol, actor=ANNA)
        except BaseException as error:  # noqa: BLE001 - a thread hands its failure to the test
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert sorted(Patient.objects.values_list("number", flat=True)) == [f"P2-{n:03}" for n in range(1, count + 1)]


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_make_one_patient(protocol: Protocol) -> None:
    patient_id, found = uuid4(), []
    start = threading.Barrier(4)

    def work() -> None:
        try:
            start.wait()
            found.append(
                register_patient(site_code="UB", phase_number=1, patient_id=patient_id, protocol=protocol, actor=ANNA)
            )
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(is_new for _, is_new in found) == [False, False, False, True]
    assert list(Patient.objects.values_list("number", flat=True)) == ["P1-001"]


# -- pages


def test_a_coordinator_registers_a_patient(coordinator: User, sign_in: SignIn) -> None:
    answer = post_registration(sign_in(coordinator))
    patient = Patient.objects.get()
    assert answer.status_code == 302
    assert answer["Location"] == f"/patients/{patient.pk}/"
    assert (patient.number, patient.recorded_by) == ("P2-001", "coordinator")


def test_the_same_form_sent_twice_registers_once(coordinator: User, sign_in: SignIn) -> None:
    browser = sign_in(coordinator)
    token = browser.get("/patients/register/").context["form"]["token"].value()
    asked = {"site": "UB", "phase": "2", "token": token}
    browser.post("/patients/register/", asked)
    answer = browser.post("/patients/register/", asked, follow=True)
    assert "sent twice" in answer.content.decode()
    assert Patient.objects.count() == 1


@pytest.mark.parametrize("token", ["", "x", "a:b", "\x00", "5/not-a-uuid:sig", "🙂" * 50])
def test_a_token_that_was_not_given_is_renewed(token: str, coordinator: User, sign_in: SignIn) -> None:
    browser = sign_in(coordinator)
    answer = post_registration(browser, token=token)
    assert answer.status_code == 422
    assert "Press Register again" in answer.content.decode()
    renewed = answer.context["form"]["token"].value()
    assert renewed != token
    assert browser.post("/patients/register/", {"site": "UB", "phase": "2", "token": renewed}).status_code == 302
    assert Patient.objects.count() == 1


def test_a_token_serves_only_who_was_given_it(coordinator: User, investigator: User, sign_in: SignIn) -> None:
    token = sign_in(coordinator).get("/patients/register/").context["form"]["token"].value()
    answer = sign_in(investigator).post("/patients/register/", {"site": "UB", "phase": "2", "token": token})
    assert answer.status_code == 422
    assert not Patient.objects.exists()


@pytest.mark.parametrize("changes", [{"site": "XX"}, {"phase": "7"}, {"phase": "x"}, {"site": ""}, {"phase": "\x00"}])
def test_another_site_or_phase_is_refused(changes: dict[str, str], coordinator: User, sign_in: SignIn) -> None:
    assert post_registration(sign_in(coordinator), **changes).status_code == 422
    assert not Patient.objects.exists()


def test_the_register_shows_the_own_sites_only(
    coordinator: User, other_coordinator: User, data_manager: User, register: Register, sign_in: SignIn
) -> None:
    patient = register()
    assert patient.number in sign_in(coordinator).get("/patients/").content.decode()
    assert patient.number in sign_in(data_manager).get("/patients/").content.decode()
    assert patient.number not in sign_in(other_coordinator).get("/patients/").content.decode()


def test_the_register_is_searched_and_filtered(coordinator: User, register: Register, sign_in: SignIn) -> None:
    for phase in (1, 2, 2):
        register(phase)
    browser = sign_in(coordinator)

    def found(address: str) -> list[str]:
        return [line.number for line in browser.get(address).context["lines"]]

    assert found("/patients/") == ["P1-001", "P2-001", "P2-002"]
    assert found("/patients/?q=p2-") == ["P2-001", "P2-002"]
    assert found("/patients/?q=%25") == []
    assert found("/patients/?phase=1") == ["P1-001"]
    assert found("/patients/?status=screening&site=UB&phase=2&q=002") == ["P2-002"]
    assert found("/patients/?status=withdrawn") == []
    assert found("/patients/?after=P1-001") == ["P2-001", "P2-002"]
    assert found("/patients/?before=P2-002&q=p2-") == ["P2-001"]
    assert found("/patients/?after=P9-999") == []


@pytest.mark.parametrize(
    "query",
    [
        "q=%00",
        f"q={'x' * 200}",
        "status=none",
        "site=XX",
        "phase=1.5",
        "phase=%F0%9F%99%82",
        "after=%00&before=%00",
        f"before={'é' * 200}",
    ],
)
def test_an_odd_question_gets_a_page(query: str, coordinator: User, sign_in: SignIn) -> None:
    assert sign_in(coordinator).get(f"/patients/?{query}").status_code == 200


def test_the_register_costs_the_same_for_many(
    coordinator: User, register: Register, sign_in: SignIn, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    browser = sign_in(coordinator)
    for _ in range(60):
        register()
    with django_assert_max_num_queries(7):  # five of them find out who asks
        page = browser.get("/patients/")
    assert len(page.context["lines"]) == 50
    every = [line.number for line in page.context["lines"]]
    with django_assert_max_num_queries(7):
        rest = browser.get(f"/patients/?after={every[-1]}")
    every += [line.number for line in rest.context["lines"]]
    assert (len(set(every)), every) == (60, sorted(every))
    back = browser.get(f"/patients/?before={every[50]}")
    assert [line.number for line in back.context["lines"]] == every[:50]
    assert "Previous" not in back.content.decode()
    assert "Next" in back.content.decode()


def test_roles_without_patients_meet_the_404_page(operator: User, admin: User, monitor: User, sign_in: SignIn) -> None:
    for user in (operator, admin):
        assert sign_in(user).get("/patients/").status_code == 404
    assert sign_in(monitor).get("/patients/").status_code == 200
    assert sign_in(monitor).get("/patients/register/").status_code == 404
