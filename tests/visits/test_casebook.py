"""The casebook and the agenda: what each cell says, what blinded people are not told, and that size costs no queries."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from enrollment.models import Patient
from tests.cast import SignIn
from tests.records.conftest import ANNA, give_consent, make_patient
from tests.visits.test_visit import see
from trialsite.accounts.models import User
from trialsite.lib.clock import held_at
from trialsite.records.actions import correct_record, create_record
from visits.crfs.registry import CRFS
from visits.models import DopplerFinding, Intervention, Relapse, VitalSigns
from visits.visit import Visit

DAY_0 = date(2011, 2, 8)


def make_treated(number: str) -> Patient:
    patient = make_patient(number)
    give_consent(patient)
    correct_record(patient, {"entered_on": DAY_0, "status": "randomized"}, actor=ANNA, base_revision=1)
    see(patient, "procedure", DAY_0)
    return Patient.objects.get(pk=patient.pk)


def write(visit: Visit, status: str) -> VitalSigns:
    return create_record(VitalSigns(patient=visit.patient, visit=visit, status=status, heart_rate_bpm=70), actor=ANNA)


@pytest.fixture
def treated(db: None) -> Patient:
    return make_treated("P2-001")


@pytest.fixture
def site(coordinator: User, sign_in: SignIn) -> Client:
    return sign_in(coordinator)


def row_of(text: str, title: str) -> list[str]:
    """The states of one form across the visits, as the classes of its cells."""
    row = text.split(f'<th scope="row">{title}</th>')[1].split("</tr>", maxsplit=1)[0]
    return [part.split('"')[0].split(" ")[0] for part in row.split("cell cell-")[1:]]


@pytest.mark.conformance(14)
def test_each_cell_says_how_far_its_form_is(treated: Patient, site: Client) -> None:
    write(see(treated, "screening", date(2011, 1, 10)), "complete")
    write(see(treated, "baseline", date(2011, 2, 1)), "draft")
    see(treated, "hour_24", None, status="missed", missed_reason="left early")
    with held_at(datetime(2011, 3, 20, 15, tzinfo=UTC)):
        text = site.get(f"/patients/{treated.pk}/").content.decode()
    assert row_of(text, "Vital signs") == ["complete", "draft", "empty", "missed", "overdue", "later", "later"]


def test_blinded_people_see_no_trace_of_the_operators_form(treated: Patient, site: Client) -> None:
    before = site.get(f"/patients/{treated.pk}/").content
    procedure = Visit.objects.get(planned_key="procedure")
    create_record(Intervention(patient=treated, visit=procedure, status="draft"), actor=ANNA)
    after = site.get(f"/patients/{treated.pk}/").content
    assert b"ntervention" not in after
    assert strip_tokens(before) == strip_tokens(after)


def strip_tokens(body: bytes) -> list[bytes]:
    return [line for line in body.splitlines() if b"csrf" not in line.lower()]


def test_a_fuller_casebook_costs_no_more_queries(
    treated: Patient, site: Client, django_assert_num_queries: Any
) -> None:
    site.get(f"/patients/{treated.pk}/")  # the first page of a session notes that somebody is there
    with django_assert_num_queries(8):
        site.get(f"/patients/{treated.pk}/")
    for key, on in (("screening", date(2011, 1, 10)), ("baseline", date(2011, 2, 1)), ("month_1", date(2011, 3, 10))):
        write(see(treated, key, on), "complete")
    for day in range(1, 9):
        write(see(treated, "unscheduled", date(2011, 4, day), unscheduled_reason="dizzy"), "draft")
    with django_assert_num_queries(8):
        site.get(f"/patients/{treated.pk}/")


def test_the_agenda_tells_overdue_due_and_incomplete_at_the_same_cost_for_many_patients(
    coordinator: User, site: Client, django_assert_num_queries: Any
) -> None:
    make_treated("P2-001")
    with held_at(datetime(2011, 3, 20, 15, tzinfo=UTC)):
        site.get("/")  # the first page of a session notes that somebody is there
        with django_assert_num_queries(6):
            text = site.get("/").content.decode()
        assert "3 days past the window" in text
        assert "Visits with incomplete forms" in text
        for number in range(2, 8):
            make_treated(f"P2-00{number}")
        make_patient("P2-900", "XX")
        with django_assert_num_queries(6):
            text = site.get("/").content.decode()
    assert "P2-007" in text
    assert "P2-900" not in text


def test_the_agenda_of_an_empty_site_says_so(site: Client) -> None:
    assert "Nothing is due" in site.get("/").content.decode()


def test_before_the_procedure_the_agenda_names_the_step_of_entry(site: Client) -> None:
    patient = make_patient()
    give_consent(patient)
    see(patient, "screening", date(2011, 1, 10))
    see(patient, "baseline", date(2011, 2, 1))
    text = site.get("/").content.decode()
    assert f'href="/patients/{patient.pk}/eligibility/">Eligibility' in text
    correct_record(patient, {"status": "eligible"}, actor=ANNA, base_revision=1)
    text = site.get("/").content.decode()
    assert f'href="/patients/{patient.pk}/draw/">Entry into treatment' in text


def test_who_may_not_have_a_patient_enter_is_not_sent_there(assessor: User, sign_in: SignIn) -> None:
    patient = make_patient()
    give_consent(patient)
    see(patient, "screening", date(2011, 1, 10))
    see(patient, "baseline", date(2011, 2, 1))
    assert "Eligibility" not in sign_in(assessor).get("/").content.decode()


def test_an_unscheduled_visit_stands_where_it_happened(treated: Patient, site: Client) -> None:
    see(treated, "month_1", date(2011, 3, 10))
    see(treated, "unscheduled", date(2011, 2, 20), unscheduled_reason="dizzy")
    text = site.get(f"/patients/{treated.pk}/").content.decode()
    heads = [text.index(f">{label}</a>") for label in ("Procedure", "Unscheduled 1", "24 hours", "Month 1")]
    assert heads == sorted(heads)


def test_a_suspected_relapse_asks_for_an_examination_at_the_unscheduled_visit(treated: Patient, site: Client) -> None:
    visit = see(treated, "unscheduled", date(2011, 2, 20), unscheduled_reason="new weakness")
    name = "Neurological examination"
    before = required_forms(site.get(f"/visits/{visit.pk}/").content.decode())
    create_record(Relapse(patient=treated, onset_on=date(2011, 2, 18)), actor=ANNA)
    after = required_forms(site.get(f"/visits/{visit.pk}/").content.decode())
    assert not any(name in title for title in before)
    assert any(name in title for title in after)


def required_forms(text: str) -> list[str]:
    """Titles of the forms that a visit page marks as required."""
    rows = text.split("<tr>")[1:]
    return [row.split("</a>")[0].rsplit(">", 1)[-1] for row in rows if "required at this visit" in row]


def test_the_rows_of_a_grid_cost_the_same_for_many_as_for_few(treated: Patient, site: Client) -> None:
    visit = see(treated, "month_1", date(2011, 3, 10))
    url = f"/visits/{visit.pk}/forms/doppler/"
    grid = CRFS["doppler"].grid
    cells = [name for name, column in grid.inputs() if column == "flow"] if grid else []

    def cost(base: int, flows: dict[str, str]) -> int:
        with CaptureQueriesContext(connection) as asked:
            response = site.post(url, {"base_revision": str(base), "assessed_on": "2011-03-10", **flows})
            assert response.status_code == 302, response.content.decode()
        return len(asked)

    site.get(url)
    one = cost(0, dict.fromkeys(cells[:1], "antegrade"))
    many = cost(1, dict.fromkeys(cells, "antegrade"))
    again = cost(2, dict.fromkeys(cells, "absent"))
    assert DopplerFinding.objects.count() == len(cells) > 8
    assert max(one, many, again) <= 26  # 20 rows and the queries of the checks they set off
