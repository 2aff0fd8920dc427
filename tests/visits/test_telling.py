"""Words that may tell an arm: their writer is asked to think, never stopped; what is for the unblinded goes to them alone."""

import uuid
from dataclasses import replace

import pytest
from django.db import DatabaseError, transaction
from django.forms import Form, Textarea
from django.test import Client
from django.urls import reverse

from enrollment.forms import allocation, patients
from enrollment.models import Consent, Patient
from tests.cast import SignIn
from tests.events import read_event
from tests.vault.conftest import make_patient
from trialsite.accounts.actor import SYSTEM
from trialsite.accounts.models import User
from trialsite.accounts.roles import BLINDED, Role
from trialsite.audit.gate import open_gate
from trialsite.audit.models import AuditEvent
from trialsite.lib import clock
from trialsite.protocol.current import get_protocol
from trialsite.records.actions import create_record
from trialsite.records.open_words import OpenWords
from visits import forms as visit_forms
from visits.models import Deviation, UnblindedMessage

pytestmark = pytest.mark.django_db
TOLD = "The nurse spoke of a balloon in front of the patient"


@pytest.fixture
def url(db: None) -> str:
    patient = make_patient(1)
    create_record(
        Consent(patient=patient, status="complete", form_version="1", consented_at=clock.now(), is_copy_given=True),
        actor=SYSTEM,
    )
    return reverse("patient_record", args=(patient.pk, "deviation", uuid.uuid4()))


def send(window: Client, url: str, **typed: str) -> tuple[int, str]:
    answer = window.post(url, {"intent": "save", "base_revision": "0", "description": TOLD, **typed})
    return answer.status_code, answer.content.decode()


def test_the_writer_thinks_and_then_saves_or_tells_the_unblinded(
    url: str, coordinator: User, cast: dict[Role, User], sign_in: SignIn
) -> None:
    window = sign_in(coordinator)
    status, page = send(window, url)
    assert status == 422
    assert "may tell a treatment: balloon" in page
    assert TOLD in page
    assert not Deviation.objects.exists()
    assert send(window, url, thought="sham")[0] == 422  # another word than was thought about
    refused = send(window, url, thought="balloon", to_unblinded="It was a sham", happened_on="nonsense")
    assert refused[0] == 422
    assert "It was a sham" in refused[1]  # nothing typed is lost
    assert not UnblindedMessage.objects.exists()

    calm = {
        "thought": "balloon",
        "to_unblinded": "It was a sham",
        "description": "A nurse spoke in front of the patient",
    }
    assert send(window, url, **calm)[0] == 302
    assert Deviation.objects.get().description == calm["description"]
    kept = UnblindedMessage.objects.get()
    assert (kept.text, kept.by_username, kept.patient_number) == ("It was a sham", "coordinator", "P2-001")
    assert not AuditEvent.objects.filter(action="telling_words").exists()
    # Left as it is: stored, and noted for those who may know.
    assert send(window, url, thought="balloon", base_revision="1")[0] == 302
    assert Deviation.objects.get().description == TOLD
    note = read_event(action="telling_words")
    assert (note.is_restricted, note.detail) == (True, "Left in the form after thinking: balloon.")
    # What was thought about is not asked again, and a message is kept also where the form did not change.
    again = send(window, url, thought="", to_unblinded="Ask me", base_revision="2")
    assert again[0] == 302
    assert UnblindedMessage.objects.count() == 2

    for role in BLINDED:
        reader = sign_in(cast[role])
        assert reader.get("/unblinded-messages/").status_code == 404
        assert "It was a sham" not in reader.get(url).content.decode()
    for role in (Role.OPERATOR, Role.STATISTICIAN):
        assert "It was a sham" in sign_in(cast[role]).get("/unblinded-messages/").content.decode()
    with pytest.raises(DatabaseError), transaction.atomic(), open_gate():
        UnblindedMessage.objects.update(text="Another")


def test_a_chosen_arm_is_no_free_text(url: str, coordinator: User, sign_in: SignIn) -> None:
    """Codes name arms as well, and nobody can think them away."""
    status, _ = send(sign_in(coordinator), url, description="Seen at the wrong time", category="blinding")
    assert status == 302


def test_reasons_beside_the_forms_ask_once_and_are_noted(url: str, coordinator: User, sign_in: SignIn) -> None:
    """One form for all of its kind: reasons of visits, of locks and of taking back are fields of the same class."""
    patient = Patient.objects.get()
    desk, address = sign_in(coordinator), reverse("withdrawal", args=(patient.pk,))
    typed = {
        "scope": "follow_up",
        "on": f"{clock.today(get_protocol().site(patient.site_code).time_zone)}",
        "reason": "Saw the balloon",
    }
    asked = desk.post(address, typed)
    assert asked.status_code == 422
    assert "may tell a treatment: balloon. Write it without them, or send it again as it is." in asked.content.decode()
    assert '<input type="hidden" name="reason-thought" value="balloon">' in asked.content.decode()
    other = desk.post(address, {**typed, "reason": "A sham", "reason-thought": "balloon"})
    assert other.status_code == 422  # other words than were thought about
    assert not AuditEvent.objects.filter(action="telling_words").exists()
    assert desk.post(address, {**typed, "reason-thought": "balloon"}).status_code == 302
    note = read_event(action="telling_words")
    assert (note.is_restricted, note.patient_id) == (True, patient.pk)
    assert note.detail == "Left in words that blinded people read: balloon."
    assert note.detail not in desk.get(reverse("patient_trail", args=(patient.pk,))).content.decode()
    assert find_texts_without_guard() == []


# Texts that nobody blinded reads, but for whoever wrote them; what is said of the list, of an account or of a period concerns no patient.
_UNGUARDED = {
    "CodeBreakForm.reason_text", "CodeBreakImpactForm.assessment", "CodeBreakImpactForm.told",
    "VoidForm.reason",
}  # fmt: skip


def find_texts_without_guard() -> list[str]:
    """Text areas of the product's forms about patients that ask nobody to think."""
    modules = [patients, visit_forms, allocation]
    found = [kind for module in modules for kind in vars(module).values()]
    kinds = {kind for kind in found if isinstance(kind, type) and issubclass(kind, Form)}
    areas = {
        f"{kind.__name__}.{name}"
        for kind in kinds
        for name, field in kind.base_fields.items()
        if isinstance(field.widget, Textarea) and not isinstance(field, OpenWords)
    }
    return sorted(areas - _UNGUARDED)


def test_a_word_of_the_trial_asks_as_any_other(
    url: str, coordinator: User, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = replace(get_protocol(), telling_words=("veinopener",))
    monkeypatch.setattr("trialsite.protocol.telling.get_protocol", lambda: own)
    status, page = send(sign_in(coordinator), url, description="The Veinopeners came")
    assert status == 422
    assert "may tell a treatment: veinopeners" in page
