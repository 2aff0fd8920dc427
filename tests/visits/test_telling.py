"""Words that may tell an arm: their writer is asked to think, never stopped; what is for the unblinded goes to them alone."""

import uuid

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from enrollment.models import Consent
from tests.cast import SignIn
from tests.vault.conftest import make_patient
from trialsite.accounts.actor import SYSTEM
from trialsite.accounts.models import User
from trialsite.accounts.roles import BLINDED, Role
from trialsite.audit.gate import open_gate
from trialsite.audit.models import AuditEvent
from trialsite.lib import clock
from trialsite.records.actions import create_record
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
    note = AuditEvent.objects.get(action="telling_words")
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
