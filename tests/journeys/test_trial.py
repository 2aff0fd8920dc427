"""The trial's main job, once through: screen, randomize, treat, follow up; each person at a browser of their own."""

import re

from playwright.sync_api import expect

from enrollment.models import Patient
from tests.cast import PASSWORD, SignIn
from tests.journeys import papers
from tests.journeys.conftest import FileForm, MoveTo, SitDown
from tests.journeys.desk import Desk, Sheet
from tests.vault.conftest import make_sealed_list
from trialsite.accounts.models import User
from trialsite.protocol.current import get_protocol

# The name of phase 2 says "sham-controlled" to everybody.
ARM_WORDS = re.compile(r"angioplasty|sham(?!-controlled)", re.IGNORECASE)


def test_from_screening_to_the_first_month(
    sit_down: SitDown,
    sign_in: SignIn,
    file_form: FileForm,
    move_to: MoveTo,
    coordinator: User,
    investigator: User,
    operator: User,
) -> None:
    move_to("2011-02-01T16:00")
    make_sealed_list(4)
    desk = sit_down(coordinator)
    number = register(desk)
    take_consent(desk)
    describe_patient(desk)

    move_to("2011-02-22T16:00")
    desk.sign_in()
    screen(desk, number)

    move_to("2011-03-01T16:00")
    desk.sign_in()
    measure_baseline(desk, number, file_form, coordinator)
    answer_criteria(desk, number)
    sign_eligibility(sit_down(investigator), number)
    code = randomize(desk, number)

    move_to("2011-03-08T16:30")
    treat(sit_down(operator), number, code)

    move_to("2011-03-09T16:30")
    desk.sign_in()
    see_after_a_day(desk, number)

    move_to("2011-04-07T20:00")
    desk.sign_in()
    see_after_a_month(desk, number, file_form, coordinator)
    correct_a_value(desk)


def open_patient(desk: Desk, number: str) -> None:
    desk.go("/patients/")
    desk.follow(number)


def attend(desk: Desk, visit: str, on: str) -> None:
    """From the casebook: record a visit."""
    desk.follow(visit)
    desk.enter({"visited_on": on})
    desk.press("Record visit")
    desk.hears(f"{visit} recorded.")


def fill_in(desk: Desk, form: str, sheet: Sheet) -> None:
    """From the page of a visit: complete a form, which leads back there."""
    desk.follow(form)
    desk.complete(sheet)


def register(desk: Desk) -> str:
    desk.look("home-empty")
    desk.go("/patients/")
    desk.look("patients-empty")
    desk.follow("Register a patient")
    desk.enter({"phase": "2"})
    desk.look("register")
    desk.press("Register")
    desk.hears("registered. Begin with consent.")
    desk.look("casebook-new")
    return Patient.objects.get().number


def take_consent(desk: Desk) -> None:
    # Whoever begins elsewhere is led to consent, with the reason.
    desk.follow("Demographics 0")
    expect(desk.page.get_by_role("heading", level=1)).to_have_text("Consent")
    desk.look("consent-first")
    desk.follow("Add an entry")
    desk.look("consent")
    desk.complete(papers.CONSENT)


def describe_patient(desk: Desk) -> None:
    desk.follow("Back to the casebook")
    desk.follow("Demographics 0")
    desk.enter(papers.DEMOGRAPHICS)
    expect(desk.page.locator("#computed")).to_contain_text("22.7 kg/m²")
    desk.look("demographics")
    desk.complete({})
    desk.follow("MS history 0")
    desk.enter(papers.MS_HISTORY)
    desk.press("Complete")
    desk.sees("Saved as a draft. 1 item needs your attention before MS history is complete.")
    desk.look("ms-history-incomplete")
    desk.page.locator("details", has=desk.page.locator('[name="absent-last_steroid_on"]')).locator("summary").click()
    desk.complete(papers.NEVER_STEROIDS)


def screen(desk: Desk, number: str) -> None:
    desk.look("home-screening")
    open_patient(desk, number)
    desk.follow("Screening")
    desk.look("visit-new")
    desk.page.go_back()
    attend(desk, "Screening", "2011-02-22")
    desk.look("visit")
    desk.follow("Vital signs")
    desk.enter(papers.VITAL_SIGNS)
    desk.enter({"heart_rate_bpm": "400"})
    desk.press("Complete")
    desk.sees("Not saved. What you typed is still here")
    desk.look("vital-signs-refused")
    desk.enter({"heart_rate_bpm": "135"})
    desk.press("Complete")
    desk.sees("Is it right?")
    desk.look("vital-signs-asked")
    desk.page.get_by_label("In your words, if you like").fill("measured twice")
    desk.complete({})
    desk.follow("Laboratory")
    desk.enter(papers.laboratory("2011-02-22"))
    expect(desk.page.locator("#computed")).to_contain_text("mL/min")
    desk.look("laboratory")
    desk.complete({})
    examine_veins(desk)
    desk.follow("Neurological examination (EDSS)")
    desk.enter(papers.EDSS)
    expect(desk.page.locator("#computed")).to_contain_text("3.5")
    desk.look("edss")
    desk.complete({})
    fill_in(desk, "Relapse check", papers.RELAPSE_CHECK)
    desk.look("visit-complete")


def examine_veins(desk: Desk) -> None:
    desk.follow("Doppler examination")
    desk.enter(papers.DOPPLER_HEAD | papers.segments())  # type: ignore[operator]  # both are dicts
    expect(desk.page.locator("#computed")).to_contain_text("VHISS total")
    expect(desk.page.locator("#computed")).to_contain_text("2 of 5")
    desk.look("doppler")
    desk.complete({})
    desk.follow("Doppler examination")
    desk.follow("history of this form")
    desk.sees("Right internal jugular J2, supine: Reflux lasts")
    desk.look("history-of-doppler")
    desk.page.go_back()
    desk.follow("Back")


def measure_baseline(desk: Desk, number: str, file_form: FileForm, coordinator: User) -> None:
    open_patient(desk, number)
    attend(desk, "Baseline", "2011-03-01")
    fill_in(desk, "Vital signs", papers.VITAL_SIGNS)
    file_form(coordinator, "baseline", "laboratory", papers.laboratory("2011-03-01"))
    file_form(coordinator, "baseline", "edss", papers.EDSS)
    file_form(coordinator, "baseline", "relapse_check", papers.RELAPSE_CHECK)
    file_form(coordinator, "baseline", "cognition", papers.COGNITION)
    file_form(coordinator, "baseline", "quality_of_life", papers.QUALITY_OF_LIFE)
    desk.follow("MRI")
    desk.enter(papers.MRI)
    desk.enter({"scanned_at": "2011-03-01T10:00"})
    desk.look("mri")
    desk.complete({})
    desk.follow("Quality of life")
    desk.look("quality-of-life")


def answer_criteria(desk: Desk, number: str) -> None:
    open_patient(desk, number)
    desk.follow("Eligibility")
    desk.look("eligibility-open")
    desk.follow("Answer the criteria")
    desk.enter(papers.ELIGIBILITY)
    desk.enter({"assessed_on": "2011-03-01"})
    desk.look("eligibility-answers")
    desk.complete({})


def sign_eligibility(desk: Desk, number: str) -> None:
    open_patient(desk, number)
    desk.follow("Eligibility")
    desk.enter({"password": "not my password"})
    desk.press("Sign eligibility")
    desk.sees("This is not your password.")
    desk.look("eligibility-refused")
    desk.enter({"password": PASSWORD})
    desk.press("Sign eligibility")
    desk.hears(f"Eligibility of {number} signed.")


def randomize(desk: Desk, number: str) -> str:
    """The code that the coordinator sees. Nothing on the way says an arm."""
    open_patient(desk, number)
    desk.follow("Randomization")
    desk.look("draw")
    desk.press(f"Randomize {number} now")
    desk.sees("Randomized on")
    desk.look("drawn")
    assert not ARM_WORDS.search(desk.page.content())
    code = desk.page.locator("code.digest").inner_text()
    desk.follow("Back to the casebook")
    desk.sees(f"code {code}")
    assert not ARM_WORDS.search(desk.page.content())
    return code


def treat(desk: Desk, number: str, code: str) -> None:
    expect(desk.page.get_by_role("heading", level=1)).to_have_text("Worklist")
    desk.sees(code)
    assert not ARM_WORDS.search(desk.page.locator("main").inner_text())
    desk.look("worklist")
    desk.leave_by(desk.page.get_by_role("button", name="Takes place today"))
    desk.hears("its forms are open now")
    desk.follow(f"Open the treatment of {number}")
    desk.look("arm-closed")
    desk.enter({"password": PASSWORD})
    desk.press("Show the treatment")
    shown = desk.page.locator(".arm-shown").inner_text()
    arms = {arm.label: arm.is_sham for arm in get_protocol().arms_of_phase(2)}
    assert shown in arms
    desk.look("arm-shown")
    desk.follow("Close and go back to the worklist")
    fill_in(desk, "Procedure", papers.PROCEDURE)
    desk.follow("Intervention")
    desk.enter(papers.INTERVENTION)
    desk.enter(papers.NOT_INFLATED if arms[shown] else papers.INFLATED)
    leave_the_tab_to_others(desk)
    desk.look("intervention")
    desk.complete({})
    desk.look("worklist-treated")


def leave_the_tab_to_others(desk: Desk) -> None:
    """The session ends while the operator is at the table: whoever sits down next reads nothing of it, and the operator goes on."""
    typed, url = desk.page.locator('main [name="contrast_ml"]').input_value(), desk.page.url
    desk.page.context.clear_cookies(name="sessionid")
    desk.page.reload()
    expect(desk.page.get_by_role("heading", name="Sign in")).to_be_visible()
    kept = desk.page.evaluate("JSON.stringify([{...sessionStorage}, {...localStorage}])")
    assert "trialsite.kept." in kept
    assert not re.search("contrast_ml|inflation|script", kept)
    desk.page.go_back()
    assert not desk.page.locator('[name="contrast_ml"]').count()
    desk.page.goto(url)
    desk.sign_in_here()
    desk.sees("This is what you typed before, not stored yet.")
    expect(desk.page.locator('main [name="contrast_ml"]')).to_have_value(typed)


def see_after_a_day(desk: Desk, number: str) -> None:
    desk.look("home-due")
    open_patient(desk, number)
    attend(desk, "24 hours", "2011-03-09")
    fill_in(desk, "Vital signs", papers.VITAL_SIGNS)
    desk.follow("Guess of the treatment")
    desk.look("guess")
    desk.complete(papers.GUESS)


def see_after_a_month(desk: Desk, number: str, file_form: FileForm, coordinator: User) -> None:
    open_patient(desk, number)
    attend(desk, "Month 1", "2011-04-07")
    file_form(coordinator, "month_1", "edss", papers.EDSS)
    file_form(coordinator, "month_1", "relapse_check", papers.RELAPSE_CHECK)
    file_form(coordinator, "month_1", "laboratory", papers.laboratory("2011-04-07"))
    fill_in(desk, "Vital signs", papers.VITAL_SIGNS)
    desk.follow("MRI")
    # What every scan is compared with: the one at baseline, which the page offers.
    first = desk.page.locator('select[name="reference_scan"] option').nth(1).get_attribute("value")
    desk.complete({**papers.MRI_AFTER, "scanned_at": "2011-04-07T10:00", "reference_scan": str(first)})
    open_patient(desk, number)
    desk.look("casebook")


def correct_a_value(desk: Desk) -> None:
    desk.follow("Month 1")
    desk.follow("Vital signs")
    desk.enter({"systolic_mmhg": "132"})
    desk.press("Save correction")
    desk.sees("Choose why the form is changed.")
    desk.look("correction-without-reason")
    desk.enter({"reason_code": "transcription", "reason_text": "read from the wrong line"})
    desk.press("Save correction")
    desk.hears("Vital signs corrected.")
    desk.follow("Vital signs")
    desk.leave_by(desk.page.get_by_role("link", name="History of Systolic blood pressure"))
    line = desk.page.get_by_role("row").last
    for words in ("122", "132", "coordinator", "Transcription error: read from the wrong line"):
        expect(line).to_contain_text(words)
    desk.look("history-of-value")
    desk.page.go_back()
    desk.follow("history of this form")
    desk.look("history-of-form")
