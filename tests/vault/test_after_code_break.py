"""Who was shown an arm and goes on entering outcomes says why; whoever may know of the code break sees it, and nobody else."""

import json
from datetime import date
from typing import Any

import pytest
from django.test import Client

from enrollment.actions.draw import draw_allocation
from tests.audit.conftest import verify
from tests.cast import SignIn, make_user
from tests.events import read_events
from tests.records.conftest import give_consent, make_visit
from tests.vault.conftest import make_patient, ready
from tests.vault.test_code_break import SAID, url_of
from tests.visits.test_imports import look, said, store
from trialsite.accounts.actor import SYSTEM
from trialsite.accounts.models import User
from trialsite.accounts.roles import BLINDED, Role
from visits.models import RelapseCheck, VitalSigns
from visits.visit import Visit

pytestmark = pytest.mark.django_db
NONE_NEW = {"intent": "save", "base_revision": "0", "assessed_on": "2026-02-02", "has_new_relapse": "no"}
WHY = "Nobody else was there that night."
MARK = "after the code break of"


@pytest.fixture
def visit(sealed: Any) -> Visit:
    patient = make_patient(1)
    give_consent(patient)
    return make_visit(draw_allocation(patient, ready, SYSTEM), "month_1", date(2026, 2, 2))


@pytest.fixture
def knowing(visit: Visit, investigator: User, sign_in: SignIn) -> Client:
    """The window of the investigator who broke the code of this patient."""
    window = sign_in(investigator)
    assert window.post(url_of(visit.patient), SAID).status_code == 200
    return window


def form_url(visit: Visit, key: str = "relapse_check") -> str:
    return f"/visits/{visit.pk}/forms/{key}/"


@pytest.mark.conformance(18)
def test_an_outcome_entered_after_a_code_break_says_why(knowing: Client, visit: Visit) -> None:
    assert "You were shown this patient" in knowing.get(form_url(visit)).content.decode()
    for why in ("", "   ", "x" * 20_000, "a\0b"):
        refused = knowing.post(form_url(visit), {**NONE_NEW, "justification": why})
        assert (refused.status_code, RelapseCheck.objects.count()) == (422, 0)
    assert knowing.post(form_url(visit), {**NONE_NEW, "justification": WHY}).status_code == 302
    # A change of it, too; nothing changed needs no word; and a form by which no arms are compared asks for none.
    page = {**NONE_NEW, "base_revision": "1", "has_new_relapse": "yes"}
    assert knowing.post(form_url(visit), page).status_code == 422
    assert knowing.post(form_url(visit), {**page, "has_new_relapse": "no"}).status_code == 302
    assert knowing.post(form_url(visit), {**page, "justification": "She remembered one."}).status_code == 302
    vitals = {"intent": "save", "base_revision": "0", "assessed_on": "2026-02-02", "heart_rate_bpm": "72"}
    assert knowing.post(form_url(visit, "vital_signs"), vitals).status_code == 302
    assert (RelapseCheck.objects.get().revision, VitalSigns.objects.count()) == (2, 1)
    kept = read_events(action="justify_change")
    assert [(event.reason, event.is_restricted, event.patient_id) for event in kept] == [
        (WHY, True, visit.patient_id),
        ("She remembered one.", True, visit.patient_id),
    ]
    assert verify().startswith("All is as it was written")


@pytest.mark.conformance(18)
def test_a_file_is_no_way_around_it(knowing: Client, visit: Visit, coordinator: User, sign_in: SignIn) -> None:
    rows = f"patient,visit,has_new_relapse\n{visit.patient.number},{visit.planned_key},no\n"
    refused = store(knowing, rows, form="relapse_check")
    assert "You were shown this patient" in said(refused)
    assert not RelapseCheck.objects.exists()
    assert "You were shown" not in said(look(sign_in(coordinator), rows, form="relapse_check"))


@pytest.mark.conformance(18, 24)
def test_the_statistician_sees_what_was_entered_with_knowledge_and_nobody_blinded_does(
    knowing: Client, visit: Visit, cast: dict[Role, User], sign_in: SignIn
) -> None:
    knowing.post(form_url(visit), {**NONE_NEW, "justification": WHY})
    other = make_user("second_investigator", Role.INVESTIGATOR)
    form = RelapseCheck.objects.get()
    trails = ("/trail/", f"/trail/patients/{visit.patient_id}/", f"/trail/forms/relapse_check/{form.pk}/")
    for user in (*(cast[role] for role in sorted(BLINDED - {Role.INVESTIGATOR})), other):
        window = sign_in(user)
        for url in (*trails, form_url(visit), f"/history/relapse_check/{form.pk}/"):
            page = window.get(url).content.decode()
            assert not any(told in page for told in (MARK, WHY, "shown this patient", "knows the treatment"))
        text = take_export(window)
        assert WHY not in text
        assert '"knows_arm_since":"2' not in text
    statistician = sign_in(cast[Role.STATISTICIAN])
    for url in trails:
        assert statistician.get(url).content.decode().count(MARK) == 1  # the form, not the visit made before
    register = statistician.get("/code-break/register/").content.decode()
    assert WHY in register
    lines = [json.loads(line) for line in take_export(statistician).splitlines()]
    (told,) = [line for line in lines if line.get("knows_arm_since")]
    assert told["form"] == "visits.relapsecheck"
    assert all("who was shown the treatment at" in sentence for sentence in told["sentences"])


def take_export(window: Client) -> str:
    """All that this person may take of the trail; nothing where the page does not exist for them."""
    answer = window.post("/trail/export/", {"file_format": "jsonl"})
    return b"".join(answer.streaming_content).decode() if answer.streaming else ""  # type: ignore[attr-defined]
