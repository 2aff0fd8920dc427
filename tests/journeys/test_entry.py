"""How a form behaves under the hands of a person: in a real browser, because no other knows keys, tabs and lost sessions."""

import re

import pytest
from playwright.sync_api import expect

from tests.cast import SITE, make_user
from tests.journeys import papers
from tests.journeys.conftest import MoveTo, SitDown
from tests.journeys.desk import Desk
from tests.records.conftest import give_consent, make_patient, make_visit
from trialsite.accounts.models import User
from trialsite.accounts.roles import Role
from visits.models import VitalSigns
from visits.visit import Visit


@pytest.fixture
def visit(transactional_db: None, move_to: MoveTo) -> Visit:
    """A patient of phase 2 who has consented, at the baseline visit."""
    move_to("2011-02-01T16:00")
    patient = make_patient()
    give_consent(patient)
    return make_visit(patient)


@pytest.fixture
def desk(sit_down: SitDown, visit: Visit, coordinator: User) -> Desk:
    desk = sit_down(coordinator)
    open_vital_signs(desk, visit)
    return desk


def open_vital_signs(desk: Desk, visit: Visit) -> None:
    desk.go(f"/visits/{visit.pk}/forms/vital_signs/")


def lose_session(desk: Desk) -> None:
    desk.page.context.clear_cookies(name="sessionid")


def value_of(desk: Desk, name: str) -> str:
    return desk.page.locator(f'main [name="{name}"]').input_value()


@pytest.mark.conformance(7)
def test_what_was_typed_outlives_the_session(desk: Desk, visit: Visit) -> None:
    desk.enter(papers.VITAL_SIGNS)
    lose_session(desk)
    desk.press("Complete")
    expect(desk.page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert not VitalSigns.objects.exists()
    desk.sign_in_here()
    desk.sees("This is what you typed before, not stored yet.")
    assert {name: value_of(desk, name) for name in papers.VITAL_SIGNS} == papers.VITAL_SIGNS
    desk.look("kept")
    desk.complete({})
    assert VitalSigns.objects.get().systolic_mmhg == 122


def test_what_was_kept_does_not_replace_what_a_colleague_stored_meanwhile(
    desk: Desk, visit: Visit, sit_down: SitDown
) -> None:
    desk.complete(papers.VITAL_SIGNS)
    open_vital_signs(desk, visit)
    lose_session(desk)
    # Typing asks the server for computed values, and finds the session gone.
    desk.enter({"heart_rate_bpm": "72"})
    expect(desk.page.get_by_role("heading", name="Sign in")).to_be_visible()

    colleague = sit_down(make_user("second_coordinator", Role.COORDINATOR))
    open_vital_signs(colleague, visit)
    colleague.enter({"systolic_mmhg": "130", "reason_code": "transcription"})
    colleague.press("Save correction")
    colleague.hears("Vital signs corrected.")

    desk.sign_in_here()
    desk.enter({"reason_code": "transcription"})
    desk.press("Save correction")
    desk.hears("A colleague's changes to other items were kept.")
    stored = VitalSigns.objects.get()
    assert (stored.systolic_mmhg, stored.heart_rate_bpm) == (130, 72)


def test_the_browser_forgets_what_is_stored(desk: Desk, visit: Visit, sit_down: SitDown) -> None:
    """Otherwise it would show this person's older values, as not stored yet, over a colleague's correction."""
    desk.complete(papers.VITAL_SIGNS)
    colleague = sit_down(make_user("second_coordinator", Role.COORDINATOR))
    open_vital_signs(colleague, visit)
    colleague.enter({"systolic_mmhg": "130", "reason_code": "transcription"})
    colleague.press("Save correction")
    colleague.hears("Vital signs corrected.")
    open_vital_signs(desk, visit)
    expect(desk.page.locator(".kept-note")).to_have_count(0)
    assert value_of(desk, "systolic_mmhg") == "130"


def test_signing_out_takes_along_what_was_typed(desk: Desk, visit: Visit) -> None:
    desk.enter({"systolic_mmhg": "122"})
    desk.page.get_by_role("button", name="Sign out").click()
    desk.sees("You are signed out.")
    desk.sign_in(path=f"/visits/{visit.pk}/forms/vital_signs/")
    assert value_of(desk, "systolic_mmhg") == ""


def test_a_form_can_be_filled_in_with_the_keyboard_alone(desk: Desk) -> None:
    keys = desk.page.keyboard
    desk.page.locator('[name="assessed_by"]').focus()
    for words in ("Nurse Example", "122", "78", "68", "98", "36.7"):
        keys.type(words)
        keys.press("Tab")
    # Enter in a field stores as the first button does, which completes.
    keys.press("Enter")
    desk.hears("Vital signs completed.")
    stored = VitalSigns.objects.get()
    assert (stored.systolic_mmhg, stored.diastolic_mmhg, stored.heart_rate_bpm) == (122, 78, 68)


def test_the_focus_is_never_behind_the_bar_of_buttons(desk: Desk) -> None:
    desk.page.set_viewport_size({"width": 390, "height": 500})
    desk.page.emulate_media(reduced_motion="reduce")
    desk.page.locator('[name="assessed_by"]').focus()
    for _ in range(6):
        desk.page.keyboard.press("Tab")
        focused = desk.page.evaluate("document.activeElement.getBoundingClientRect().bottom")
        bar = desk.page.evaluate("document.querySelector('.crf-actions').getBoundingClientRect().top")
        assert focused <= bar


def test_two_clicks_store_once(desk: Desk) -> None:
    desk.enter(papers.VITAL_SIGNS)
    desk.page.get_by_role("button", name="Complete", exact=True).dblclick()
    desk.hears("Vital signs")
    stored = VitalSigns.objects.get()
    assert (stored.revision, stored.status) == (1, "complete")


def test_two_clicks_record_a_visit_once(desk: Desk, visit: Visit) -> None:
    desk.go(f"/patients/{visit.patient_id}/visits/unscheduled/")
    desk.enter({"visited_on": "2011-02-01", "unscheduled_reason": "dizziness"})
    desk.page.get_by_role("button", name="Record visit").dblclick()
    expect(desk.page).to_have_url(re.compile(r"//[^/]+/visits/[0-9a-f-]+/$"))
    assert Visit.objects.filter(planned_key="unscheduled").count() == 1


def test_a_form_works_without_scripts(sit_down: SitDown, visit: Visit, coordinator: User) -> None:
    desk = sit_down(coordinator, has_scripts=False)
    open_vital_signs(desk, visit)
    desk.enter(papers.VITAL_SIGNS)
    desk.enter({"heart_rate_bpm": "400"})
    desk.press("Complete")
    desk.sees("Not saved. What you typed is still here")
    desk.enter({"heart_rate_bpm": "68"})
    desk.press("Complete")
    desk.hears("Vital signs completed.")
    assert VitalSigns.objects.get().is_complete


def test_computed_values_follow_the_typing(desk: Desk, visit: Visit) -> None:
    desk.go(f"/visits/{visit.pk}/forms/edss/")
    computed = desk.page.locator("#computed")
    desk.enter(papers.EDSS)
    expect(computed).to_contain_text("agree")
    desk.enter({"fs_pyramidal": "5"})
    expect(computed).to_contain_text("differ")
    assert desk.complaints == []


def test_a_lost_session_is_noticed_while_typing(desk: Desk, visit: Visit) -> None:
    desk.go(f"/visits/{visit.pk}/forms/edss/")
    lose_session(desk)
    desk.enter({"fs_pyramidal": "2"})
    expect(desk.page.get_by_role("heading", name="Sign in")).to_be_visible()
    desk.sign_in_here()
    expect(desk.page.locator('[name="fs_pyramidal"]')).to_have_value("2")


def test_a_page_of_another_site_says_no_more_than_an_unknown_one(
    sit_down: SitDown, other_coordinator: User, visit: Visit
) -> None:
    desk = sit_down(other_coordinator)
    open_vital_signs(desk, visit)
    expect(desk.page.get_by_role("heading", name="There is nothing here for you")).to_be_visible()
    desk.look("not-found")
    assert SITE not in desk.page.locator("main").inner_text()
