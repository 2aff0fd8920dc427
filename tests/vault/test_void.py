"""Voiding a slot: it goes to nobody, the next patient takes the one after it, and nobody but the statistician learns of it."""

import re

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from enrollment.actions.draw import NOT_POSSIBLE_NOW, draw_allocation
from enrollment.models import Patient
from enrollment.refusal import RefusedError
from enrollment.vault.models import AllocationList, AllocationSlot, Draw, VoidedSlot
from enrollment.vault.state import get_stock
from tests.cast import SignIn
from tests.events import read_events
from tests.vault.conftest import READY, make_patient, make_sealed_list, ready
from trialsite.accounts.actor import SYSTEM
from trialsite.accounts.models import User
from visits.views import draw as draw_page

pytestmark = pytest.mark.django_db
VOID = "/allocation/2/void/"
TOKEN = re.compile(rb'(X-CSRFToken": "|csrfmiddlewaretoken" value=")[^"]+')


@pytest.fixture
def window(sign_in: SignIn, statistician: User) -> Client:
    return sign_in(statistician)


def void(window: Client, stratum: str = "all", reason: str = "Kit opened by mistake", sure: str = "on") -> str:
    sent = {"phase2-void-stratum": stratum, "phase2-void-reason": reason, "phase2-void-is_sure": sure}
    return window.post(VOID, sent, follow=True).content.decode()


def test_a_void_slot_is_passed_over_for_ever(window: Client, sealed: AllocationList) -> None:
    draw_allocation(make_patient(1), ready, SYSTEM)
    assert "The slot is void" in void(window)
    assert "The slot is void" in void(window)
    draw_allocation(make_patient(2), ready, SYSTEM)
    assert list(Draw.objects.order_by("id").values_list("slot__position", flat=True)) == [1, 4]
    assert list(VoidedSlot.objects.values_list("slot__position", flat=True)) == [2, 3]
    (stock,) = get_stock(sealed)
    assert (stock.used, stock.void, stock.remaining) == (2, 2, stock.total - 4)
    event = read_events(action="void_slot")[0]
    told = (event.actor_username, event.is_restricted, event.reason, event.detail)
    assert told == ("statistician", True, "Kit opened by mistake", "Slot 2 of stratum all.")
    with pytest.raises(DatabaseError, match="only grows"), transaction.atomic():
        VoidedSlot.objects.all().delete()


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"stratum": "moon"}, "Choose one of the strata"),
        ({"reason": " "}, "Write why"),
        ({"reason": "x" * 501}, "at most 500 characters"),
        ({"sure": ""}, "Tick the box"),
    ],
)
@pytest.mark.usefixtures("sealed")
def test_what_is_missing_is_said_and_nothing_is_void(window: Client, sent: dict[str, str], sentence: str) -> None:
    assert sentence in void(window, **sent)
    assert not VoidedSlot.objects.exists()


def test_the_last_slot_and_no_list_are_refused_aloud(window: Client) -> None:
    assert "has no sealed list" in void(window)
    made = make_sealed_list(4)
    for _ in range(AllocationSlot.objects.filter(stratum__list=made).count()):
        void(window)
    assert "is exhausted" in void(window)
    with pytest.raises(RefusedError, match=NOT_POSSIBLE_NOW):
        draw_allocation(make_patient(1), ready, SYSTEM)


def test_a_coordinator_sees_the_same_with_a_void_slot_and_with_a_used_up_list(
    window: Client, sign_in: SignIn, coordinator: User, sealed: AllocationList, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(draw_page, "gather_readiness", lambda patient, protocol: READY)
    site, patient = sign_in(coordinator), make_patient(1)
    site.get("/")  # the first page of a session writes
    before = ask(site, patient)
    void(window)
    assert ask(site, patient) == before
    total = AllocationSlot.objects.filter(stratum__list=sealed).count()
    for _ in range(total - 1):
        void(window)
    assert ask(site, patient) == before


def ask(site: Client, patient: Patient) -> list[tuple[int, bytes, int]]:
    """What the coordinator gets of the patient's pages: status, body, number of queries."""
    answers = []
    for url in (f"/patients/{patient.id}/draw/", f"/patients/{patient.id}/", "/list-commitment/", "/patients/"):
        with CaptureQueriesContext(connection) as queries:
            answer = site.get(url)
        answers.append((answer.status_code, TOKEN.sub(b"", answer.content), len(queries)))
    return answers
