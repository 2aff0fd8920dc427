"""Whoever is away too long signs in again, and finds the way back."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from tests.cast import SignIn
from trialsite.accounts.models import User
from trialsite.audit.models import AuditEvent
from trialsite.lib import clock

START = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def tab(coordinator: User, sign_in: SignIn) -> Client:
    """Somebody who looked at a page at START."""
    client = sign_in(coordinator)
    get_at(client, timedelta())
    return client


def get_at(client: Client, after: timedelta, path: str = "/roles/?a=1", **headers: str) -> Any:
    with clock.held_at(START + after):
        return client.get(path, headers=headers)


def test_a_person_who_works_is_never_signed_out(tab: Client, settings: Settings) -> None:
    for minutes in range(0, 200, settings.IDLE_MINUTES - 1):
        assert get_at(tab, timedelta(minutes=minutes)).status_code == 200


def test_nor_with_the_shortest_limit(tab: Client, settings: Settings) -> None:
    settings.IDLE_MINUTES = 1
    for seconds in range(0, 600, 50):
        assert get_at(tab, timedelta(seconds=seconds)).status_code == 200


@pytest.mark.conformance(7)
def test_a_person_who_was_away_signs_in_again_and_is_told_why(tab: Client, settings: Settings) -> None:
    response = get_at(tab, timedelta(minutes=settings.IDLE_MINUTES, seconds=1))
    assert response.status_code == 302
    assert response["Location"] == "/sign-in/?next=%2Froles%2F%3Fa%3D1&because=idle"
    assert "after 15 minutes without a request" in tab.get(response["Location"]).content.decode()
    assert AuditEvent.objects.get().action == "idle_sign_out"
    assert get_at(tab, timedelta()).status_code == 302, "the session must not come back"


@pytest.mark.conformance(7)
def test_a_form_sent_too_late_leads_back_to_its_page(tab: Client) -> None:
    with clock.held_at(START + timedelta(hours=1)):
        response = tab.post("/password/", headers={"referer": "http://testserver/patients/?page=2"})
    assert "next=%2Fpatients%2F%3Fpage%3D2&because=idle" in response["Location"]


@pytest.mark.parametrize("referer", ["http://elsewhere.example/x", "", "not an address", "//elsewhere.example"])
def test_nobody_is_led_to_another_site(tab: Client, referer: str) -> None:
    with clock.held_at(START + timedelta(hours=1)):
        response = tab.post("/password/", headers={"referer": referer})
    assert response["Location"] == "/sign-in/?next=%2F&because=idle"


def test_htmx_is_told_to_leave_the_whole_page(tab: Client) -> None:
    asked = {"HX-Request": "true", "HX-Current-URL": "http://testserver/roles/?b=2"}
    response = get_at(tab, timedelta(hours=1), **asked)
    assert (response.status_code, response.content) == (401, b"")
    assert response["HX-Redirect"] == "/sign-in/?next=%2Froles%2F%3Fb%3D2&because=idle"
    signed_out = get_at(tab, timedelta(hours=1), **asked)
    assert (signed_out.status_code, signed_out["HX-Redirect"]) == (401, "/sign-in/?next=%2Froles%2F%3Fb%3D2")


def test_a_page_within_the_minute_writes_nothing(
    tab: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(2) as asked:
        get_at(tab, timedelta(seconds=59))
    assert all(query["sql"].startswith("SELECT") for query in asked.captured_queries)


def test_the_moment_is_noted_once_the_minute_is_over(tab: Client) -> None:
    before = tab.session["seen_at"]
    get_at(tab, timedelta(seconds=61))
    assert tab.session["seen_at"] > before
