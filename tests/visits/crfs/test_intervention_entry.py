"""The operator's form through its page: a grid of veins with several codes in a cell, held against the arm, merged with a colleague's."""

from datetime import date
from typing import Any

import pytest
from django.test import Client

from enrollment.models import Patient
from tests.cast import SignIn
from tests.records.conftest import ANNA, give_consent
from trialsite.accounts.models import User
from trialsite.audit.models import AuditEvent
from trialsite.records.actions import create_record
from visits.models import Intervention, InterventionVein, Visit

FINDINGS: dict[str, Any] = {
    "veins.L_IJV.is_examined": "yes",
    "veins.L_IJV.venography_stenosis_pct": "70",
    "veins.L_IJV.lesions": ["stenosis", "septum"],
}


@pytest.fixture
def visit(db: None) -> Visit:
    on = date(2011, 2, 8)
    values: dict[str, Any] = {"site_code": "UB", "registered_on": date(2011, 1, 3), "entered_on": on}
    patient = create_record(
        Patient(number="P1-001", phase_number=1, status="enrolled", procedure_on=on, **values), actor=ANNA
    )
    give_consent(patient)
    return create_record(Visit(patient=patient, planned_key="procedure", visited_on=on), actor=ANNA)


@pytest.fixture
def browser(operator: User, sign_in: SignIn) -> Client:
    return sign_in(operator)


def url(visit: Visit) -> str:
    return f"/visits/{visit.pk}/restricted/intervention/"


def send(browser: Client, visit: Visit, base: int = 0, intent: str = "save", **values: Any) -> Any:
    return browser.post(url(visit), {"intent": intent, "base_revision": str(base), **values})


def test_several_codes_of_one_cell_are_stored_with_their_row(browser: Client, visit: Visit) -> None:
    assert 'type="checkbox" name="veins.L_IJV.lesions"' in browser.get(url(visit)).content.decode()
    assert send(browser, visit, **FINDINGS).status_code == 302
    row = InterventionVein.objects.get(key="L_IJV")
    assert (row.key, row.is_examined, row.venography_stenosis_pct) == ("L_IJV", True, 70)
    assert row.lesions == ["stenosis", "septum"]
    assert row.parent == Intervention.objects.get()


def test_every_trace_of_it_is_marked_as_restricted(browser: Client, visit: Visit) -> None:
    send(browser, visit, **FINDINGS)
    kinds = {"visits.intervention", "visits.interventionvein"}
    events = AuditEvent.objects.filter(record_kind__in=kinds)
    assert {event.record_kind for event in events} == kinds
    assert all(event.is_restricted and event.patient_id == visit.patient_id for event in events)


def test_an_open_phase_expects_an_inflation(browser: Client, visit: Visit) -> None:
    response = send(browser, visit, **(FINDINGS | {"veins.L_IJV.inflation_count": "0"}))
    assert response.status_code == 422
    assert "No inflation is recorded" in response.content.decode()
    assert Intervention.objects.count() == 0


def test_the_codes_of_a_cell_do_not_clash_with_themselves(browser: Client, visit: Visit) -> None:
    """One operator changes the amount of contrast, the other, on an older page, only a vein."""
    send(browser, visit, **FINDINGS)
    base: dict[str, Any] = {
        "base-veins.L_IJV.is_examined": "yes",
        "base-veins.L_IJV.venography_stenosis_pct": "70",
        "base-veins.L_IJV.lesions": "stenosis,septum",
    }
    page = browser.get(url(visit)).content.decode()
    assert 'name="base-veins.L_IJV.lesions" value="stenosis,septum"' in page
    assert send(browser, visit, 1, contrast_ml="80", **FINDINGS, **base).status_code == 302
    mine = {**FINDINGS, "veins.L_IJV.lesions": ["stenosis"]}
    assert send(browser, visit, 1, **mine, **base).status_code == 302
    assert Intervention.objects.get().contrast_ml == 80
    assert InterventionVein.objects.get(key="L_IJV").lesions == ["stenosis"]


@pytest.mark.parametrize("who", ["coordinator", "investigator", "assessor", "monitor", "data_manager", "admin"])
def test_for_everyone_else_there_is_no_such_page(
    visit: Visit, browser: Client, sign_in: SignIn, request: pytest.FixtureRequest, who: str
) -> None:
    send(browser, visit, **FINDINGS)
    other = sign_in(request.getfixturevalue(who))
    assert other.get(url(visit)).status_code == 404
    assert send(other, visit).status_code == 404
