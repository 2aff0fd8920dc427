"""A day at work of those who rate, verify and lock: each in a browser of their own, with a coordinator at the site to answer."""

import re
from datetime import date

import pytest
from playwright.sync_api import expect

from enrollment.models import Patient, PatientStatus
from tests.cast import PASSWORD, make_user
from tests.journeys import papers
from tests.journeys.conftest import MoveTo, SitDown
from tests.journeys.desk import Desk
from tests.marks.conftest import make_edss, make_vital_signs
from tests.records.conftest import ANNA, give_consent, make_patient, make_visit
from trialsite.accounts.models import User
from trialsite.accounts.roles import Role
from trialsite.queries.models import DataQuery
from trialsite.records.actions import correct_record, create_record
from visits.models import Edss, Intervention, VitalSigns
from visits.visit import Visit

# The name of phase 2 says "sham-controlled" to everybody.
ARM_WORDS = re.compile(r"angioplasty|sham(?!-controlled)|balloon|inflat", re.IGNORECASE)
STEP = "EDSS step by the rater"


@pytest.fixture
def visit(transactional_db: None, move_to: MoveTo) -> Visit:
    """The baseline visit of a patient who consented, with complete vital signs."""
    move_to("2011-02-02T16:00")
    patient = make_patient()
    give_consent(patient)
    made = make_visit(patient)
    make_vital_signs(made)
    return made


@pytest.fixture
def treated(visit: Visit, move_to: MoveTo) -> Patient:
    """The same patient, treated, on the day of the visit after a month; what the operator wrote is stored."""
    days = {"entered_on": date(2011, 2, 3), "procedure_on": date(2011, 2, 8), "randomization_code": "R-TEST"}
    patient: Patient = correct_record(
        visit.patient, {"status": PatientStatus.RANDOMIZED, **days}, actor=ANNA, base_revision=1
    )
    procedure = make_visit(patient, "procedure", date(2011, 2, 8))
    create_record(Intervention(patient=patient, visit=procedure, assessed_on=procedure.visited_on), actor=ANNA)
    move_to("2011-03-10T16:00")
    return patient


def open_patient(desk: Desk, patient: Patient) -> None:
    desk.go("/patients/")
    desk.follow(patient.number)


def reads_no_arm(desk: Desk) -> None:
    assert not ARM_WORDS.search(desk.page.content())


def test_an_assessor_rates_and_never_reads_what_unblinds(
    sit_down: SitDown, treated: Patient, visit: Visit, assessor: User
) -> None:
    desk = sit_down(assessor)
    desk.look("home-assessor")
    reads_no_arm(desk)
    desk.follow("Month 1")
    desk.enter({"visited_on": "2011-03-10"})
    desk.press("Record visit")
    desk.hears("Month 1 recorded.")
    for title in ("Vital signs", "Laboratory", "Relapse check", "Guess of the treatment"):
        expect(desk.page.get_by_role("link", name=title)).to_have_count(0)
    desk.look("visit-assessor")
    desk.follow("Neurological examination (EDSS)")
    desk.enter(papers.EDSS)
    expect(desk.page.locator("#computed")).to_contain_text("agree")
    desk.enter({"fs_pyramidal": "7"})
    desk.press("Complete")
    desk.sees("Not saved. What you typed is still here")
    desk.look("edss-refused")
    desk.complete({"fs_pyramidal": "3"})
    assert Edss.objects.get().is_complete
    desk.follow(treated.number)
    desk.look("casebook-assessor")
    reads_no_arm(desk)
    # What is not theirs is not there for them, also by its address.
    procedure = Visit.objects.get(planned_key="procedure")
    for path in (
        f"/visits/{visit.pk}/forms/vital_signs/",
        f"/visits/{procedure.pk}/forms/procedure/",
        f"/visits/{procedure.pk}/restricted/intervention/",
        f"/patients/{treated.pk}/logs/adverse_event/",
        "/worklist/",
        "/reports/",
    ):
        desk.go(path)
        expect(desk.page.get_by_role("heading", level=1)).to_have_text("There is nothing here for you")
        reads_no_arm(desk)


def test_a_monitor_verifies_asks_and_follows_the_answer(
    sit_down: SitDown, visit: Visit, coordinator: User, monitor: User
) -> None:
    make_edss(visit)
    desk = sit_down(monitor)
    desk.look("home-monitor")
    open_patient(desk, visit.patient)
    desk.look("casebook-monitor")
    desk.follow("Verify casebook")
    desk.look("verify")
    edss_box = desk.page.get_by_role("checkbox", name=f"Baseline, {STEP}: agrees with the source")
    edss_box.check()
    desk.press("Mark what is ticked as verified")
    desk.hears("1 marked as verified.")
    desk.sees("verified by The monitor")
    desk.look("verify-marked")

    desk.follow("Vital signs")
    desk.look("form-monitor")
    desk.leave_by(desk.page.get_by_role("link", name="Data query about Heart rate"))
    desk.press("Ask")
    desk.look("new-query-refused")
    desk.page.get_by_label("Question").fill("The source says 74. Which is right?")
    desk.press("Ask")
    desk.go("/queries/")
    desk.look("queries-monitor")

    site = sit_down(coordinator)
    site.sees("Queries to answer")
    site.follow("Heart rate")
    site.page.get_by_label("Message").fill("The source. Corrected.")
    site.press("Answer")
    site.go(f"/visits/{visit.pk}/forms/edss/")
    site.enter({"rater_step": "4.0", "reason_code": "transcription"})
    site.press("Save correction")

    desk.go("/")
    desk.sees("Queries to close")
    desk.look("home-monitor-answered")
    desk.follow("Heart rate")
    desk.look("query-answered")
    desk.page.get_by_label("Message").fill("Thank you.")
    desk.press("Close the query")
    assert DataQuery.objects.get().is_closed
    open_patient(desk, visit.patient)
    desk.follow("Verify casebook")
    # The correction took the mark away, and the page says so.
    desk.sees("no longer verified")
    desk.look("verify-no-longer")


def test_a_data_manager_freezes_reads_what_is_unfinished_and_locks(
    sit_down: SitDown, visit: Visit, coordinator: User, data_manager: User
) -> None:
    desk = sit_down(data_manager)
    desk.look("home-data-manager")
    open_patient(desk, visit.patient)
    desk.follow("Baseline")
    desk.follow("Freeze or lock visit")
    desk.look("pre-lock")
    desk.press("Freeze")
    desk.look("frozen")

    site = sit_down(coordinator)
    site.go(f"/visits/{visit.pk}/forms/vital_signs/")
    site.look("form-frozen")
    expect(site.page.get_by_role("button", name="Save correction")).to_have_count(0)

    desk.go("/locks/")
    desk.look("locks")
    desk.follow("P2-001, Baseline")
    desk.enter({"reason": "the site has to correct"})
    desk.press("End the freeze")
    site.page.reload()
    site.enter({"heart_rate_bpm": "74", "reason_code": "transcription"})
    site.press("Save correction")
    assert VitalSigns.objects.get().heart_rate_bpm == 74

    open_patient(desk, visit.patient)
    desk.follow("Freeze or lock casebook")
    desk.sees("Unsigned forms")
    desk.look("pre-lock-casebook")
    desk.press("Lock nonetheless")
    desk.look("lock-refused")
    desk.enter({"reason": "agreed with the sponsor"})
    desk.press("Lock nonetheless")
    desk.look("locked")
    desk.go("/locks/")
    desk.follow("P2-001, casebook")
    desk.enter({"reason": "a query came late"})
    desk.press("Ask to unlock")
    desk.look("unlock-asked")

    second = sit_down(make_user("second_manager", Role.DATA_MANAGER))
    second.go("/locks/")
    second.look("locks-asked")
    second.follow("P2-001, casebook")
    second.look("unlock-to-approve")
    second.enter({"password": PASSWORD})
    second.press("Unlock")
    second.look("unlocked")
    second.go("/trail/")
    second.look("trail")
