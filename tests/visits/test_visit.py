"""Recording visits: what follows from one, what is refused, and two people at once."""

import uuid
from datetime import date

import pytest
from django.test import Client

from enrollment.models import Patient
from tests.cast import SignIn
from tests.records.conftest import ANNA, give_consent, make_patient
from trialsite.accounts.models import User
from trialsite.protocol.current import get_protocol
from trialsite.records.actions import correct_record
from visits.actions.visit import VisitRefusedError, correct_visit, record_visit
from visits.models import Deviation
from visits.visit import Visit, VisitStatus

DAY_0 = date(2011, 2, 8)


@pytest.fixture
def treated(db: None) -> Patient:
    patient = make_patient()
    give_consent(patient)
    correct_record(patient, {"entered_on": DAY_0, "status": "randomized"}, actor=ANNA, base_revision=1)
    see(patient, "procedure", DAY_0)
    return Patient.objects.get(pk=patient.pk)


def see(patient: Patient, key: str, on: date | None, **values: str) -> Visit:
    protocol = get_protocol()
    about = {"status": VisitStatus.ATTENDED, "visited_on": on, **values}
    return record_visit(patient, protocol.visit(key), about, protocol=protocol, actor=ANNA)


def correct(visit: Visit, on: date) -> Visit:
    protocol = get_protocol()
    planned = protocol.visit(visit.planned_key)
    values = {"visited_on": on}
    return correct_visit(
        visit, planned, values, protocol=protocol, actor=ANNA, base_revision=visit.revision, reason="typing error"
    )


def test_the_procedure_visit_sets_day_0(treated: Patient) -> None:
    assert treated.procedure_on == DAY_0


def test_a_procedure_missed_leaves_day_0_open(db: None) -> None:
    patient = make_patient()
    see(patient, "procedure", None, status=VisitStatus.MISSED, missed_reason="refused on the table")
    assert Patient.objects.get().procedure_on is None


def test_a_visit_outside_its_window_raises_one_deviation_which_goes_when_corrected(treated: Patient) -> None:
    visit = see(treated, "month_1", date(2011, 3, 25))
    deviation = Deviation.objects.get()
    assert (deviation.raised_by_system, deviation.state) == (True, "open")
    visit = correct(visit, date(2011, 3, 26))
    assert Deviation.objects.count() == 1
    correct(visit, date(2011, 3, 10))
    assert Deviation.objects.get().state == "withdrawn"


def test_moving_day_0_moves_every_window(treated: Patient) -> None:
    see(treated, "month_1", date(2011, 3, 3))
    assert not Deviation.objects.exists()
    procedure = Visit.objects.get(planned_key="procedure")
    correct(procedure, date(2011, 2, 20))
    assert "Month 1" in Deviation.objects.get().description


@pytest.mark.parametrize(
    ("key", "on", "sentence"),
    [
        ("month_1", date(2999, 1, 1), "in the future"),
        ("baseline", date(2010, 12, 31), "before consent"),
        ("month_1", date(2011, 2, 7), "before day 0"),
    ],
)
def test_impossible_days_are_refused_with_the_reason(treated: Patient, key: str, on: date, sentence: str) -> None:
    with pytest.raises(VisitRefusedError, match=sentence):
        see(treated, key, on)
    assert Visit.objects.count() == 1


def test_no_procedure_before_entry_and_no_follow_up_before_the_procedure(db: None) -> None:
    patient = make_patient()
    give_consent(patient)
    with pytest.raises(VisitRefusedError, match="enrollment or randomization first"):
        see(patient, "procedure", DAY_0)
    with pytest.raises(VisitRefusedError, match="Record the procedure first"):
        see(patient, "month_1", date(2011, 3, 10))


def test_after_death_nobody_is_seen(treated: Patient) -> None:
    correct_record(treated, {"died_on": date(2011, 3, 1)}, actor=ANNA, base_revision=treated.revision)
    with pytest.raises(VisitRefusedError, match="after the patient's death"):
        see(treated, "month_1", date(2011, 3, 10))


@pytest.fixture
def browser(coordinator: User, sign_in: SignIn) -> Client:
    return sign_in(coordinator)


def test_a_coordinator_records_a_visit_and_meets_its_forms(treated: Patient, browser: Client) -> None:
    url = f"/patients/{treated.pk}/visits/month_1/"
    assert "2011-03-10" in browser.get(url).content.decode()
    response = browser.post(url, {"status": "attended", "visited_on": "2011-03-10"}, follow=True)
    text = response.content.decode()
    assert "Month 1 recorded." in text
    assert "Vital signs" in text
    assert "Intervention" not in text


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"status": "attended", "visited_on": ""}, "Enter the day the patient was seen."),
        ({"status": "attended", "visited_on": "2011-02-30"}, "date that exists"),
        ({"status": "attended", "visited_on": "2011-02-01"}, "before day 0"),
        ({"status": "missed", "missed_reason": ""}, "Say why the visit was missed"),
        ({"status": "missed", "missed_reason": "x", "visited_on": "2011-03-10"}, "A missed visit has no date."),
        ({"status": "sham", "visited_on": "2011-03-10"}, "is not in this list"),
        ({"status": "missed", "missed_reason": "a\x00b"}, "Null characters"),
    ],
)
def test_bad_input_stays_on_the_page(treated: Patient, browser: Client, typed: dict[str, str], sentence: str) -> None:
    response = browser.post(f"/patients/{treated.pk}/visits/month_1/", typed)
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert not Visit.objects.filter(planned_key="month_1").exists()


def test_an_unscheduled_visit_sent_twice_is_stored_once_and_the_next_has_the_next_number(
    treated: Patient, browser: Client
) -> None:
    typed = {"visited_on": "2011-04-01", "unscheduled_reason": "suspected relapse"}
    url = f"/patients/{treated.pk}/visits/unscheduled/{uuid.uuid4()}/"
    browser.post(url, typed)
    browser.post(url, typed)
    assert Visit.objects.filter(planned_key="unscheduled").count() == 1
    browser.post(f"/patients/{treated.pk}/visits/unscheduled/{uuid.uuid4()}/", typed)
    assert sorted(Visit.objects.filter(planned_key="unscheduled").values_list("occasion", flat=True)) == [1, 2]


def test_a_correction_over_a_colleagues_shows_theirs_first(treated: Patient, browser: Client) -> None:
    visit = see(treated, "month_1", date(2011, 3, 10))
    correct(visit, date(2011, 3, 11))
    typed = {"status": "attended", "visited_on": "2011-03-12", "reason_code": "transcription", "base_revision": "1"}
    response = browser.post(f"/visits/{visit.pk}/", typed)
    assert "has changed this visit meanwhile: 2011-03-11" in response.content.decode()
    browser.post(f"/visits/{visit.pk}/", {**typed, "base_revision": "2"})
    assert Visit.objects.get(pk=visit.pk).visited_on == date(2011, 3, 12)


def test_a_correction_needs_its_reason(treated: Patient, browser: Client) -> None:
    visit = see(treated, "month_1", date(2011, 3, 10))
    typed = {"status": "attended", "visited_on": "2011-03-12", "base_revision": "1"}
    assert browser.post(f"/visits/{visit.pk}/", typed).status_code == 422
    assert Visit.objects.get(pk=visit.pk).visited_on == date(2011, 3, 10)
