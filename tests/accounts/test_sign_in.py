"""Signing in, being locked out, signing out."""

from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from tests.cast import PASSWORD
from trialsite.accounts.demo_cast import DEMO_PASSWORD
from trialsite.accounts.models import User
from trialsite.audit.models import AuditEvent

SIGN_IN = "/sign-in/"


def attempt(client: Client, username: str, password: str, address: str = SIGN_IN) -> HttpResponse:
    response: HttpResponse = client.post(address, {"username": username, "password": password})  # type: ignore[assignment]
    return response


def fail(client: Client, username: str, times: int) -> None:
    for _ in range(times):
        attempt(client, username, "wrong")


def is_signed_in(client: Client) -> bool:
    return SESSION_KEY in client.session


def list_events() -> list[tuple[str, str]]:
    return list(AuditEvent.objects.order_by("id").values_list("action", "actor_username"))


def test_the_right_password_opens_the_start_page(client: Client, coordinator: User) -> None:
    response = attempt(client, "coordinator", PASSWORD)
    assert (response.status_code, response["Location"]) == (302, "/")
    assert is_signed_in(client)
    assert list_events() == [("sign_in", "coordinator")]


def test_capital_letters_and_spaces_around_the_name_do_not_matter(client: Client, coordinator: User) -> None:
    attempt(client, " Coordinator ", PASSWORD)
    assert is_signed_in(client)


def test_sign_in_gives_a_new_session_so_that_a_planted_one_is_worth_nothing(client: Client, coordinator: User) -> None:
    session = client.session
    session["planted"] = True
    session.save()
    before = session.session_key
    attempt(client, "coordinator", PASSWORD)
    assert client.session.session_key != before
    assert not Client(cookies={settings.SESSION_COOKIE_NAME: before}).session.get(SESSION_KEY)


@pytest.mark.parametrize(
    ("asked", "led_to"),
    [
        ("/roles/?a=1", "/roles/?a=1"),
        ("https://elsewhere.example/", "/"),
        ("//elsewhere.example/", "/"),
        ("/\\elsewhere.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/sign-in/", "/sign-in/"),
        ("x" * 10_000, "/"),
    ],
)
def test_sign_in_leads_back_but_never_to_another_site(
    client: Client, coordinator: User, asked: str, led_to: str
) -> None:
    response = client.post(SIGN_IN, {"username": "coordinator", "password": PASSWORD, "next": asked})
    assert response.status_code == 302
    assert response["Location"] == led_to or "elsewhere" not in response["Location"]
    assert not response["Location"].startswith(("//", "http", "javascript"))


def test_a_wrong_name_and_a_wrong_password_get_the_same_answer(client: Client, coordinator: User) -> None:
    wrong_password = attempt(client, "coordinator", "wrong").content.decode()
    wrong_name = attempt(Client(), "nobody", PASSWORD).content.decode()
    coordinator.is_active = False
    coordinator.save()
    deactivated = attempt(Client(), "coordinator", PASSWORD).content.decode()
    assert "do not go together" in wrong_password
    errors = {page[page.index("do not go together") :][:60] for page in (wrong_password, wrong_name, deactivated)}
    assert len(errors) == 1


@pytest.mark.conformance(6)
def test_every_failure_is_kept_also_of_a_name_nobody_has(client: Client, coordinator: User) -> None:
    attempt(client, "coordinator", "wrong")
    attempt(client, "Nobody", "wrong")
    assert list_events() == [("sign_in_failed", "coordinator"), ("sign_in_failed", "nobody")]
    known, unknown = AuditEvent.objects.order_by("id")
    assert known.actor_name == coordinator.full_name
    assert unknown.actor_name == unknown.actor_id == ""


@pytest.mark.conformance(6)
def test_after_too_many_failures_the_right_password_is_refused_too(client: Client, coordinator: User) -> None:
    fail(client, "coordinator", settings.AXES_FAILURE_LIMIT)
    response = attempt(Client(), "coordinator", PASSWORD)
    assert response.status_code == 429
    text = response.content.decode()
    assert "not even with the right password" in " ".join(text.split())
    assert "opens again in 30 minutes" in " ".join(text.split())
    assert "UTC" in text


def test_the_lock_holds_for_another_spelling_and_not_for_other_people(
    client: Client, coordinator: User, admin: User
) -> None:
    fail(client, " COORDINATOR", settings.AXES_FAILURE_LIMIT)
    assert attempt(client, "coordinator", PASSWORD).status_code == 429
    attempt(client, "admin", PASSWORD)
    assert is_signed_in(client)


def test_a_lock_says_the_same_for_a_name_nobody_has(client: Client, coordinator: User) -> None:
    fail(client, "nobody", settings.AXES_FAILURE_LIMIT)
    assert attempt(client, "nobody", "wrong").status_code == 429


@pytest.mark.conformance(6)
def test_a_lock_is_kept_once_and_attempts_against_it_by_another_name(client: Client, coordinator: User) -> None:
    fail(client, "coordinator", settings.AXES_FAILURE_LIMIT)
    attempt(client, "coordinator", PASSWORD)
    actions = [action for action, _ in list_events()]
    assert actions == ["sign_in_failed"] * settings.AXES_FAILURE_LIMIT + ["locked_out", "sign_in_refused"]


def test_the_lock_ends(client: Client, coordinator: User) -> None:
    fail(client, "coordinator", settings.AXES_FAILURE_LIMIT)
    for record in AccessAttempt.objects.all():
        AccessAttempt.objects.update(
            attempt_time=record.attempt_time - settings.AXES_COOLOFF_TIME - timedelta(seconds=1)
        )
    attempt(client, "coordinator", PASSWORD)
    assert is_signed_in(client)


@pytest.mark.parametrize("bad", ["nul\0", "x" * 10_000, "😀" * 70, "\u202eevil", "a\nb"])
@pytest.mark.parametrize("field", ["username", "password", "next"])
def test_strange_input_gets_a_page(client: Client, db: None, field: str, bad: str) -> None:
    typed = {"username": "someone", "password": "something", "next": "/"}
    response = client.post(SIGN_IN, {**typed, field: bad})
    assert response.status_code == 200
    assert client.get(SIGN_IN, {field: bad, "because": bad}).status_code == 200


def test_nobody_is_signed_in_when_the_trail_cannot_be_written(
    client: Client, coordinator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail_to_write(*_: object, **__: object) -> None:
        raise RuntimeError("the trail is full")

    monkeypatch.setattr("trialsite.accounts.actions.log_event", fail_to_write)
    client.raise_request_exception = False
    assert attempt(client, "coordinator", PASSWORD).status_code == 500
    assert not is_signed_in(client)


def test_signing_out_ends_the_session_and_is_kept(client: Client, coordinator: User) -> None:
    attempt(client, "coordinator", PASSWORD)
    response = client.post("/sign-out/")
    assert response["Location"] == "/sign-in/?because=signed_out"
    assert not is_signed_in(client)
    assert list_events()[-1] == ("sign_out", "coordinator")
    assert "You are signed out." in client.get(response["Location"]).content.decode()


def test_a_link_cannot_sign_anybody_out(client: Client, coordinator: User) -> None:
    attempt(client, "coordinator", PASSWORD)
    assert client.get("/sign-out/").status_code == 405
    assert is_signed_in(client)


def test_the_demo_shows_its_accounts_and_nothing_else_does(client: Client, db: None, settings: Settings) -> None:
    assert DEMO_PASSWORD not in client.get(SIGN_IN).content.decode()
    settings.IS_DEMO = True
    page = client.get(SIGN_IN).content.decode()
    assert DEMO_PASSWORD in page
    assert all(f"<code>{name}</code>" in page for name in ("coordinator", "data_manager", "admin"))
