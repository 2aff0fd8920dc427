"""Answering a question beside the form, in a real browser: sent at once, without touching what is being typed."""

import pytest
from playwright.sync_api import expect

from tests.journeys import papers
from tests.journeys.conftest import MoveTo, SitDown
from tests.journeys.desk import Desk
from tests.records.conftest import ANNA, give_consent, make_patient, make_visit
from trialsite.accounts.models import User
from trialsite.queries.actions import open_query
from trialsite.queries.models import DataQuery
from visits.actions.questions import target_of
from visits.crfs.registry import CRFS
from visits.models import VitalSigns
from visits.visit import Visit

pytestmark = pytest.mark.browser


@pytest.fixture
def visit(transactional_db: None, move_to: MoveTo) -> Visit:
    move_to("2011-02-01T16:00")
    patient = make_patient()
    give_consent(patient)
    return make_visit(patient)


def ask(desk: Desk, visit: Visit) -> None:
    """Store the form, have somebody ask about the pressure, and open the form again."""
    address = f"/visits/{visit.pk}/forms/vital_signs/"
    desk.go(address)
    desk.complete(papers.VITAL_SIGNS)
    target = target_of(CRFS["vital_signs"], VitalSigns.objects.get(), "systolic_mmhg")
    open_query(target, "Lying or sitting?", actor=ANNA)
    desk.go(address)


def test_an_answer_is_sent_at_once_and_what_was_typed_stays(visit: Visit, sit_down: SitDown, coordinator: User) -> None:
    desk = sit_down(coordinator)
    ask(desk, visit)
    desk.enter({"heart_rate_bpm": "77"})
    desk.page.get_by_label("Answer to the query").fill("Lying.")
    desk.page.get_by_role("button", name="Send the answer").click()
    expect(desk.page.locator(".thread .tag")).to_have_text("Answered")
    expect(desk.page.locator(".messages li")).to_have_count(2)
    assert desk.page.locator('main [name="heart_rate_bpm"]').input_value() == "77"
    assert (DataQuery.objects.get().state, VitalSigns.objects.get().revision) == ("answered", 1)


def test_an_answer_is_sent_without_javascript_too(visit: Visit, sit_down: SitDown, coordinator: User) -> None:
    desk = sit_down(coordinator, has_scripts=False)
    ask(desk, visit)
    desk.page.get_by_label("Answer to the query").fill("Lying.")
    desk.page.get_by_role("button", name="Send the answer").click()
    expect(desk.page.get_by_text("Answer sent.")).to_be_visible()
    assert DataQuery.objects.get().last_message == "Lying."
