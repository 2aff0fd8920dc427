"""The page on which a patient is randomized or enrolled."""

from dataclasses import replace

import pytest
from django.test import Client

from enrollment.models import Patient, PatientStatus
from enrollment.readiness import Readiness
from enrollment.vault.models import Draw
from tests.cast import SignIn
from tests.vault.conftest import NOTHING_READY, READY, make_patient
from trialsite.accounts.models import User
from trialsite.accounts.roles import Role
from visits.views import draw as draw_page

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sealed")]
MAY_DRAW = {Role.COORDINATOR, Role.INVESTIGATOR}


@pytest.fixture
def window(sign_in: SignIn, coordinator: User) -> Client:
    return sign_in(coordinator)


def url_of(patient: Patient) -> str:
    return f"/patients/{patient.id}/draw/"


def say(monkeypatch: pytest.MonkeyPatch, readiness: Readiness) -> None:
    monkeypatch.setattr(draw_page, "gather_readiness", lambda patient, protocol: readiness)


def test_a_ready_patient_is_randomized_by_one_button(
    window: Client, patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    say(monkeypatch, READY)
    assert f"Randomize {patient.number} now" in window.get(url_of(patient)).content.decode()
    result = window.post(url_of(patient), follow=True)
    stored = Patient.objects.get(pk=patient.pk)
    assert stored.status == PatientStatus.RANDOMIZED
    assert stored.randomization_code in result.content.decode()


def test_what_is_open_is_said_and_there_is_no_button(
    window: Client, patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    say(monkeypatch, replace(NOTHING_READY, missing_baseline=("Vital signs", "EDSS")))
    page = window.get(url_of(patient)).content.decode()
    assert page.count("not met") == 3
    assert "<li>Vital signs</li><li>EDSS</li>" in page
    assert "Randomize P2" not in page
    # Nor does it help to send the form anyway.
    assert window.post(url_of(patient)).status_code == 409
    assert not Draw.objects.exists()


def test_sending_twice_draws_once(window: Client, patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    say(monkeypatch, READY)
    window.post(url_of(patient))
    code = Patient.objects.get(pk=patient.pk).randomization_code
    again = window.post(url_of(patient))
    assert again.status_code == 409
    assert code in again.content.decode()
    assert Draw.objects.count() == 1


def test_an_open_label_patient_is_enrolled(window: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    say(monkeypatch, READY)
    patient = make_patient(1, phase=1)
    assert f"Enroll {patient.number} now" in window.get(url_of(patient)).content.decode()
    assert "Enrolled on" in window.post(url_of(patient), follow=True).content.decode()


@pytest.mark.parametrize("role", list(Role))
def test_only_who_may_draw_finds_the_page(
    cast: dict[Role, User], sign_in: SignIn, patient: Patient, role: Role, monkeypatch: pytest.MonkeyPatch
) -> None:
    say(monkeypatch, READY)
    window = sign_in(cast[role])
    assert window.get(url_of(patient)).status_code == (200 if role in MAY_DRAW else 404)
    window.post(url_of(patient))
    assert Draw.objects.exists() == (role in MAY_DRAW)


def test_a_coordinator_of_another_site_draws_nobody(
    sign_in: SignIn, other_coordinator: User, patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    say(monkeypatch, READY)
    assert sign_in(other_coordinator).post(url_of(patient)).status_code == 404
    assert not Draw.objects.exists()


def test_a_patient_without_any_form_is_told_all_that_is_open(window: Client, patient: Patient) -> None:
    page = window.get(url_of(patient)).content.decode()
    assert page.count("not met") == 3
    assert window.post(url_of(patient)).status_code == 409
    assert not Draw.objects.exists()
