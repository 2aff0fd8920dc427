"""Filling the Doppler grid from the keyboard, in a browser."""

from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page

from tests.cast import PASSWORD
from tests.records.conftest import give_consent, make_patient, make_visit
from trialsite.accounts.models import User

CELL = "[name='segments.{}.{}']"


@pytest.fixture
def doppler(live_server: Any, page: Page, coordinator: User, transactional_db: None) -> Page:
    """An empty Doppler form, open in the browser of the coordinator."""
    patient = make_patient()
    give_consent(patient)
    visit = make_visit(patient)
    page.goto(live_server.url + reverse("visit_form", args=(visit.pk, "doppler")))
    page.fill("[name=username]", coordinator.username)
    page.fill("[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_selector(".row-grid")
    return page


def test_enter_goes_down_the_column_and_never_sends_the_form(doppler: Page) -> None:
    address = doppler.url
    doppler.focus(CELL.format("L_IJV_J3_supine", "csa_mm2"))
    doppler.keyboard.type("40")
    doppler.keyboard.press("Enter")
    doppler.keyboard.type("41")
    doppler.keyboard.press("Enter")
    assert doppler.url == address
    assert doppler.input_value(CELL.format("L_IJV_J3_sitting", "csa_mm2")) == "41"
    doppler.keyboard.press("Shift+Enter")
    doppler.keyboard.type("39")
    assert doppler.input_value(CELL.format("L_IJV_J3_supine", "csa_mm2")) == "39"


def test_a_letter_chooses_and_the_score_follows(doppler: Page) -> None:
    doppler.focus(CELL.format("R_VV_supine", "flow"))
    for letter in "nn":
        doppler.keyboard.press(letter)
        doppler.keyboard.press("Enter")
    criterion = doppler.locator("#computed div", has_text="VH4").last
    criterion.get_by_text("positive").wait_for()
    assert "right vertebral" in criterion.inner_text()
