"""Two worlds that differ in nothing but the arms look the same, byte for byte, to who must not know them.

Both worlds hold the same patients, clock and chance; in the second every arm of the list is the other one. What the
coordinator gets while and after randomizing must be equal: statuses, headers, bodies, numbers of queries. The salted
digest of the list is the one value that may differ; it tells nothing, and is not on these pages.
"""

import re
import secrets
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from enrollment.actions import draw as draw_module
from enrollment.models import Patient
from enrollment.vault import lists
from enrollment.vault.blocks import Sequenced, make_sequence
from enrollment.vault.models import AllocationSlot
from enrollment.vault.schemes import Scheme
from enrollment.vault.slots import CODE_LENGTH
from tests.cast import SignIn
from tests.vault.conftest import READY, make_patient, make_sealed_list, ready
from trialsite.accounts.actor import SYSTEM, actor_of
from trialsite.accounts.models import User
from trialsite.lib import clock
from visits.views import draw as draw_page

pytestmark = pytest.mark.django_db
MOMENT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
OTHER = {"angioplasty": "sham", "sham": "angioplasty"}
TOKEN = re.compile(rb'(X-CSRFToken": "|csrfmiddlewaretoken" value=")[^"]+')
Answer = tuple[str, int, dict[str, str], bytes, int]


@pytest.fixture(autouse=True)
def every_form_is_complete(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draw_page, "gather_readiness", lambda patient, protocol: READY)


def swap_arms(made: Sequenced) -> Sequenced:
    return Sequenced(tuple(OTHER[arm] for arm in made.arms), made.block_sizes)


def build_and_look(user: User, sign_in: SignIn, patch: pytest.MonkeyPatch, *, is_other: bool) -> list[Answer]:
    """Make a world, randomize eight patients in it through the page, look at every page on the way; then take it back."""
    seen: list[Answer] = []

    def make(scheme: Scheme, least: int, chance: Random) -> Sequenced:
        made = make_sequence(scheme, least, Random(11))
        return swap_arms(made) if is_other else made

    chance = Random(12)
    patch.setattr(lists, "make_sequence", make)
    patch.setattr(secrets, "choice", chance.choice)
    with transaction.atomic(), clock.held_at(MOMENT):
        make_sealed_list(4)
        patients = [make_patient(n, patient_id=uuid.UUID(int=n)) for n in range(1, 9)]
        window = sign_in(user)
        for patient in patients:
            seen += look(window, patient)
        transaction.set_rollback(True)
    return seen


def look(window: Client, patient: Patient) -> list[Answer]:
    """The page before, the draw, the page after, the casebook, a second draw, and what somebody might try."""
    url, casebook = f"/patients/{patient.id}/draw/", f"/patients/{patient.id}/"
    tries: list[tuple[str, Callable[..., Any]]] = [
        (url, window.get),
        (url, window.post),
        (url, window.get),
        (casebook, window.get),
        (url, window.post),
        (f"{url}?arm=sham", window.get),
        ("/allocation/", window.get),
        ("/worklist/", window.get),
        (f"/worklist/{patient.id}/treatment/", window.post),
    ]
    return [ask(address, act) for address, act in tries]


def ask(address: str, act: Callable[..., Any]) -> Answer:
    with CaptureQueriesContext(connection) as queries:
        answer: HttpResponse = act(address)
    headers = {name: value for name, value in answer.headers.items() if name != "Set-Cookie"}
    return address, answer.status_code, headers, TOKEN.sub(b"", answer.content), len(queries)


def test_the_coordinator_sees_the_same_in_both_worlds(
    coordinator: User, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = build_and_look(coordinator, sign_in, monkeypatch, is_other=False)
    other = build_and_look(coordinator, sign_in, monkeypatch, is_other=True)
    assert [status for _, status, *_ in one if status == 302]  # somebody was randomized
    assert [status for _, status, *_ in one if status == 409]  # and somebody refused: the list has four to six places
    for first, second in zip(one, other, strict=True):
        assert first == second


def test_the_sentence_is_the_same_whatever_keeps_the_vault_shut(
    coordinator: User, sign_in: SignIn, settings: Any
) -> None:
    window = sign_in(coordinator)
    patient = make_patient(1, patient_id=uuid.UUID(int=1))
    url = f"/patients/{patient.id}/draw/"
    bodies = [ask(url, window.post)]  # no list
    make_sealed_list(4)
    keys = settings.ALLOCATION_KEYS
    settings.ALLOCATION_KEYS = ("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",)
    bodies.append(ask(url, window.post))  # another key
    settings.ALLOCATION_KEYS = keys
    for n in range(2, 9):
        if AllocationSlot.objects.filter(draw=None).exists():
            draw_module.draw_allocation(make_patient(n), ready, actor_of(coordinator))
    bodies.append(ask(url, window.post))  # an exhausted stratum
    assert {status for _, status, *_ in bodies} == {409}
    assert len({body for _, _, _, body, _ in bodies}) == 1
    assert draw_module.NOT_POSSIBLE_NOW.encode() in bodies[0][3]


def test_two_patients_never_get_one_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where chance gives the code of another patient, the next one is taken."""
    make_sealed_list(4)
    letters = iter("B" * 2 * CODE_LENGTH + "C" * CODE_LENGTH)
    monkeypatch.setattr(secrets, "choice", lambda characters: next(letters))
    drawn = [draw_module.draw_allocation(make_patient(n), ready, SYSTEM) for n in (1, 2)]
    assert [patient.randomization_code for patient in drawn] == ["R-BBBBBBB", "R-CCCCCCC"]
