"""In a real browser: what was typed outlives a lost session, goes once it is stored, and never hides what a colleague stored."""

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.cast import PASSWORD
from tests.records.conftest import BEN, give_consent, make_patient, make_visit
from trialsite.accounts.models import User
from trialsite.records.actions import correct_record
from visits.models import VitalSigns

pytestmark = pytest.mark.django_db(transaction=True)
NOTE = "This is what you typed before, not stored yet."


@pytest.fixture
def address(live_server: LiveServer, coordinator: User) -> str:
    """The vital signs of a visit."""
    patient = make_patient()
    give_consent(patient)
    visit = make_visit(patient)
    return f"{live_server.url}{reverse('visit_form', args=(visit.pk, 'vital_signs'))}"


@pytest.fixture
def desk(page: Page, address: str, coordinator: User) -> Page:
    """The coordinator, signed in, with the form open."""
    page.goto(address)
    sign_in(page)
    expect(page.get_by_label("Heart rate").first).to_be_visible()
    return page


def sign_in(page: Page) -> None:
    page.get_by_label("User name").fill("coordinator")
    page.locator("input[type=password]").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def heart_rate(page: Page) -> str:
    return page.locator("[name=heart_rate_bpm]").input_value()


def save(page: Page) -> None:
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_text("saved as draft")).to_be_visible()


@pytest.mark.conformance(7)
def test_typed_words_outlive_the_session(desk: Page, address: str) -> None:
    desk.locator("[name=heart_rate_bpm]").fill("72")
    Session.objects.all().delete()
    desk.get_by_role("button", name="Save draft").click()
    sign_in(desk)
    expect(desk.get_by_text(NOTE)).to_be_visible()
    assert heart_rate(desk) == "72"
    save(desk)
    assert VitalSigns.objects.get().heart_rate_bpm == 72


def test_a_lost_token_is_mended_by_sending_again(desk: Page) -> None:
    desk.locator("[name=heart_rate_bpm]").fill("72")
    desk.context.clear_cookies(name=settings.CSRF_COOKIE_NAME)
    desk.get_by_role("button", name="Save draft").click()
    desk.get_by_role("button", name="Send my entries again").click()
    expect(desk.get_by_text("saved as draft")).to_be_visible()
    assert VitalSigns.objects.get().heart_rate_bpm == 72


def test_what_is_stored_is_no_longer_kept(desk: Page, address: str) -> None:
    desk.locator("[name=heart_rate_bpm]").fill("72")
    save(desk)
    correct_record(VitalSigns.objects.get(), {"heart_rate_bpm": 75}, actor=BEN, base_revision=1)
    desk.goto(address)
    assert heart_rate(desk) == "75"
    expect(desk.get_by_text(NOTE)).to_have_count(0)


def test_kept_words_do_not_hide_what_a_colleague_stored(desk: Page, address: str) -> None:
    desk.locator("[name=heart_rate_bpm]").fill("72")
    save(desk)
    desk.goto(address)
    desk.locator("[name=temperature_c]").fill("36.6")
    correct_record(VitalSigns.objects.get(), {"heart_rate_bpm": 75}, actor=BEN, base_revision=1)
    desk.goto(address)
    expect(desk.get_by_text(NOTE)).to_be_visible()
    save(desk)
    stored = VitalSigns.objects.get()
    assert (stored.heart_rate_bpm, str(stored.temperature_c)) == (75, "36.6")


def test_the_back_button_after_saving_does_not_undo(desk: Page) -> None:
    desk.locator("[name=heart_rate_bpm]").fill("72")
    save(desk)
    desk.go_back()
    desk.locator("[name=temperature_c]").fill("36.6")
    save(desk)
    stored = VitalSigns.objects.get()
    assert (stored.heart_rate_bpm, str(stored.temperature_c)) == (72, "36.6")


def test_a_double_click_stores_once(desk: Page) -> None:
    desk.locator("[name=heart_rate_bpm]").fill("72")
    desk.get_by_role("button", name="Save draft").dblclick()
    desk.wait_for_url("**/visits/*/")
    assert (VitalSigns.objects.get().heart_rate_bpm, VitalSigns.objects.get().revision) == (72, 1)


def test_two_tabs_lose_nothing(desk: Page, address: str) -> None:
    other = desk.context.new_page()
    other.goto(address)
    desk.locator("[name=heart_rate_bpm]").fill("72")
    save(desk)
    other.locator("[name=temperature_c]").fill("36.6")
    save(other)
    stored = VitalSigns.objects.get()
    assert (stored.heart_rate_bpm, str(stored.temperature_c)) == (72, "36.6")
