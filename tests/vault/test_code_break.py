"""The emergency code break: one patient, one person, one look; nobody else learns of it, and it tells nothing before."""

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from random import Random
from typing import Any
from urllib.parse import quote

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from pytest_django import Settings

from enrollment.actions.code_break import count_own, get_register
from enrollment.actions.draw import draw_allocation, enroll_open_label
from enrollment.models import Patient
from enrollment.vault import lists
from enrollment.vault.blocks import Sequenced, make_sequence
from enrollment.vault.models import CodeBreak, CodeBreakImpact, Draw
from enrollment.vault.refusal import VaultRefusedError
from enrollment.vault.rotation import rotate_key
from enrollment.vault.schemes import Scheme
from tests.blinding.test_draws import Answer, swap_arms
from tests.blinding.test_draws import ask as ask_whole
from tests.cast import PASSWORD, SignIn, make_user
from tests.vault.conftest import make_patient, make_sealed_list, overwrite, ready
from tests.vault.test_worklist_page import ARM_LABELS, names_an_arm
from trialsite.accounts.actor import SYSTEM, actor_of
from trialsite.accounts.models import User
from trialsite.accounts.roles import BLINDED, Role
from trialsite.audit.models import AuditEvent
from trialsite.lib import clock
from trialsite.records.actions import correct_record

pytestmark = pytest.mark.django_db
SAID = {
    "reason": "emergency",
    "reason_text": "Acute bleeding in the emergency room",
    "clinician": "Dr. Night",
    "occasion": "1",
    "password": PASSWORD,
}
IMPACT = {"assessment": "Anticoagulation was stopped.", "treatment_change": "yes", "told": "Dr. Night alone"}
# Ids of entries, and the digest of the list, which is salted.
RANDOM = re.compile(rb"SHA-256 [0-9a-f]{64}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-(?!0{11})[0-9a-f]{12}")
MOMENT = datetime(2026, 3, 2, 2, 30, tzinfo=UTC)


@pytest.fixture
def drawn(sealed: Any) -> Patient:
    return draw_allocation(make_patient(1), ready, SYSTEM)


@pytest.fixture
def window(sign_in: SignIn, investigator: User) -> Client:
    return sign_in(investigator)


def url_of(patient: Patient) -> str:
    return f"/code-break/{patient.pk}/"


def impact_url(patient: Patient) -> str:
    return f"/code-break/impact/{CodeBreak.objects.get(patient=patient).pk}/"


@pytest.mark.conformance(37, 38)
def test_the_arm_is_shown_once_after_the_password_and_kept_nowhere(
    window: Client, drawn: Patient, investigator: User, statistician: User, sign_in: SignIn
) -> None:
    casebook = window.get(f"/patients/{drawn.pk}/").content.decode()
    assert url_of(drawn) in casebook
    assert url_of(drawn) in window.get("/code-break/?number=001").content.decode()
    asked = window.get(url_of(drawn))
    assert "at most 1 other patient" in asked.content.decode()
    shown = window.post(url_of(drawn), SAID)
    page = shown.content.decode()
    assert (shown.status_code, names_an_arm(shown.content)) == (200, True)
    assert page.count(quote(investigator.full_name)) == 3  # the mark over the page
    assert f"Shown to {investigator.full_name} at" in page
    assert {answer.headers["Cache-Control"].count("no-store") for answer in (asked, shown)} == {1}

    again = window.post(url_of(drawn), SAID)  # a reload of the answer
    assert (again.status_code, names_an_arm(again.content)) == (409, False)
    for url in (url_of(drawn), "/code-break/", f"/patients/{drawn.pk}/", impact_url(drawn)):
        assert not names_an_arm(window.get(url).content)

    assert window.post(impact_url(drawn), {**IMPACT, "told": ""}).status_code == 422
    assert window.post(impact_url(drawn), IMPACT).status_code == 302
    current = Patient.objects.get(pk=drawn.pk)
    assert (current.status, current.revision) == (drawn.status, drawn.revision)  # stays in follow-up
    correct_record(current, {"number": "P2-901"}, actor=actor_of(investigator), base_revision=current.revision)
    (line,) = get_register(statistician)
    assert (line.broken.clinician, line.broken.reason_text) == (SAID["clinician"], SAID["reason_text"])
    assert [impact.assessment for impact in line.broken.impacts] == [IMPACT["assessment"]]
    assert len(line.changes) == 1  # a change after the break is marked
    register = sign_in(statistician).get("/code-break/register/")
    assert "after the code break" in register.content.decode()
    assert not names_an_arm(register.content)
    with pytest.raises(VaultRefusedError):
        get_register(investigator)
    # Needed again in the same night: a new form, a new row.
    second = window.post(url_of(drawn), {**SAID, "occasion": "2"})
    assert names_an_arm(second.content)
    assert count_own(drawn, investigator) == 2


@pytest.mark.conformance(24, 25)
def test_the_trail_knows_it_for_those_who_may_and_is_silent_for_all_others(
    window: Client, drawn: Patient, cast: dict[Role, User], sign_in: SignIn
) -> None:
    trails = ("/trail/", f"/trail/patients/{drawn.pk}/")
    start = partial(sign_in(cast[Role.STATISTICIAN]).get, "/statistician/")
    window.post(url_of(drawn), SAID)
    assert f"{drawn.number}, broken" in start().content.decode()
    window.post(impact_url(drawn), IMPACT)
    assert "without an assessment" not in start().content.decode()
    events = AuditEvent.objects.filter(action__in=("break_code", "assess_code_break"))
    assert [(event.is_restricted, event.patient_id) for event in events] == [(True, drawn.pk)] * 2
    for role in BLINDED:
        for trail in trails:
            assert "Code broken" not in sign_in(cast[role]).get(trail).content.decode()
    assert "Code broken" in sign_in(cast[Role.STATISTICIAN]).get("/trail/").content.decode()


def test_nothing_is_shown_for_less_than_everything(window: Client, drawn: Patient) -> None:
    for name in ("reason", "reason_text", "clinician", "password", "occasion"):
        answer = window.post(url_of(drawn), {**SAID, name: ""})
        assert answer.status_code == 422
        assert not names_an_arm(answer.content)
    wrong = window.post(url_of(drawn), {**SAID, "reason": "curiosity", "reason_text": "x" * 100_000, "occasion": "no"})
    assert wrong.status_code == 422
    for _ in range(5):
        answer = window.post(url_of(drawn), {**SAID, "password": "wrong"})
        assert SAID["reason_text"] in answer.content.decode() or answer.status_code == 429
    locked = window.post(url_of(drawn), SAID)
    assert locked.status_code in (422, 429)
    assert not names_an_arm(locked.content)
    assert not CodeBreak.objects.exists()


def test_who_has_no_code_and_who_may_break_none(
    window: Client, drawn: Patient, cast: dict[Role, User], sign_in: SignIn
) -> None:
    waiting, opened = make_patient(5), enroll_open_label(make_patient(6, phase=1), ready, SYSTEM)
    refused = window.post(url_of(waiting), SAID)
    assert refused.status_code == 409
    assert "has not been randomized" in refused.content.decode()
    assert window.get(url_of(opened)).status_code == window.post(url_of(opened), SAID).status_code == 404
    window.post(url_of(drawn), SAID)
    colleague = sign_in(make_user("colleague", Role.INVESTIGATOR))
    assert colleague.get(impact_url(drawn)).status_code == 404  # not even that there was a break
    assert "Codes you broke" not in colleague.get("/code-break/").content.decode()
    strangers = [sign_in(user) for role, user in cast.items() if role != Role.INVESTIGATOR]
    for stranger in (*strangers, sign_in(make_user("stranger", Role.INVESTIGATOR, site="XX"))):
        for url in (url_of(drawn), impact_url(drawn)):
            assert stranger.get(url).status_code == stranger.post(url, SAID).status_code == 404


def test_a_vault_that_does_not_open_says_one_sentence(window: Client, drawn: Patient) -> None:
    overwrite(Draw.objects.get(patient=drawn).slot, sealed_arm=b"nothing")
    answer = window.post(url_of(drawn), SAID)
    assert answer.status_code == 409
    assert "call the statistician" in answer.content.decode()
    assert AuditEvent.objects.get(action="refuse_reveal").is_restricted
    assert not CodeBreak.objects.exists()


def test_the_words_are_encrypted_follow_the_key_and_never_change(
    window: Client, drawn: Patient, statistician: User, settings: Settings
) -> None:
    window.post(url_of(drawn), SAID)
    window.post(impact_url(drawn), IMPACT)
    settings.ALLOCATION_KEYS = ("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=", *settings.ALLOCATION_KEYS)
    rotate_key(actor=SYSTEM)
    settings.ALLOCATION_KEYS = settings.ALLOCATION_KEYS[:1]
    (line,) = get_register(statistician)
    assert line.broken.impacts[0].told == IMPACT["told"]
    for row in (CodeBreak.objects.get(), CodeBreakImpact.objects.get()):
        assert SAID["clinician"].encode() not in bytes(row.sealed_statement)
        with pytest.raises(DatabaseError), transaction.atomic():
            type(row).objects.filter(pk=row.pk).update(appended_by="somebody")
        with pytest.raises(DatabaseError), transaction.atomic():
            row.delete()


def test_two_processes_the_one_with_the_key_opens_this_page_alone(
    drawn: Patient, investigator: User, settings: Settings
) -> None:
    settings.SERVES = "unblinded"
    browser = Client()
    sent = {"username": investigator.username, "password": PASSWORD, "next": "/"}
    assert browser.post("/sign-in/", sent).headers["Location"] == "/code-break/"
    start = browser.get("/code-break/").content.decode()
    assert url_of(drawn) in start
    assert 'href="/patients/"' not in start
    assert browser.get("/").headers["Location"] == "/code-break/"
    for url in ("/patients/", f"/patients/{drawn.pk}/", "/reports/", "/code-break/register/"):
        assert browser.get(url).status_code == 404
    assert names_an_arm(browser.post(url_of(drawn), SAID).content)
    settings.SERVES, settings.UNBLINDED_ADDRESS = "blinded", "https://treatment.trial.example"
    assert browser.get("/code-break/").status_code == 302  # a session of the one is none at the other
    assert browser.post("/sign-in/", sent).headers["Location"] == "/"
    elsewhere = browser.post(url_of(drawn), SAID)
    assert not names_an_arm(elsewhere.content)
    assert f"https://treatment.trial.example{url_of(drawn)}" in elsewhere.content.decode()
    assert browser.get(impact_url(drawn)).status_code == 404


def ask(address: str, act: Callable[..., Any]) -> Answer:
    """As in the other twin worlds, without what is random and with no look at the clock of the machine."""
    url, status, headers, body, queries = ask_whole(address, act)
    headers.pop("Expires", None)
    return url, status, headers, RANDOM.sub(b"", body), queries


@dataclass(frozen=True)
class World:
    """What the breaker saw before, the arm, and what everybody else who is blinded saw before and after."""

    asked: list[Answer]
    arm: bytes
    others: list[Answer]
    asked_again: Answer


def look(
    people: dict[Role, User], sign_in: SignIn, patch: pytest.MonkeyPatch, *, is_other: bool = False, breaks: bool = True
) -> World:
    """A world whose arms are the others, or in which the code is not broken; then it is taken back."""

    def make(scheme: Scheme, least: int, chance: Random) -> Sequenced:
        made = make_sequence(scheme, least, Random(11))
        return swap_arms(made) if is_other else made

    patch.setattr(lists, "make_sequence", make)
    patch.setattr("secrets.choice", Random(12).choice)
    with transaction.atomic(), clock.held_at(MOMENT):
        make_sealed_list(4)
        drawn = [draw_allocation(make_patient(n, patient_id=uuid.UUID(int=n)), ready, SYSTEM) for n in (1, 2, 3)]
        breaker = sign_in(people[Role.INVESTIGATOR])
        blinded = [people[role] for role in sorted(BLINDED - {Role.INVESTIGATOR})]
        windows = [sign_in(user) for user in (*blinded, make_user("colleague", Role.INVESTIGATOR))]
        url = url_of(drawn[0])
        asked = [ask("/code-break/", breaker.get), ask(url, breaker.get), ask(url, partial(breaker.post, data={}))]
        pages = [
            "/",
            "/patients/",
            f"/patients/{drawn[0].pk}/",
            f"/trail/patients/{drawn[0].pk}/",
            "/trail/",
            "/files/",
        ]
        pages += ["/code-break/", url, url_of(drawn[1]), "/code-break/register/"]
        before = [ask(page, window.get) for window in windows for page in pages]
        shown = re.search(rb'arm-shown">([^<]+)', breaker.post(url, SAID).content) if breaks else None
        after = [ask(page, window.get) for window in windows for page in pages]
        again = ask(url_of(drawn[1]), breaker.get)
        transaction.set_rollback(True)
    return World(asked, shown.group(1) if shown else b"", before + after, again)


def test_in_twin_worlds_only_the_answer_to_the_breaker_differs(
    cast: dict[Role, User], sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = look(cast, sign_in, monkeypatch)
    other = look(cast, sign_in, monkeypatch, is_other=True)
    assert {one.arm, other.arm} == {label.encode() for label in ARM_LABELS}
    assert one.asked == other.asked
    assert one.asked_again == other.asked_again
    # One arm is known now, so one more could follow from the next; both numbers are public to the breaker.
    assert b"at most 2 other patients" in one.asked_again[3]
    # To everybody else a world in which no code was broken looks the same.
    untouched = look(cast, sign_in, monkeypatch, breaks=False)
    for first, second, third in zip(one.others, other.others, untouched.others, strict=True):
        assert first == second == third
