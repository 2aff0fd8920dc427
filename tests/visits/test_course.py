"""What stored forms mean for the patient: death and completion."""

from datetime import date
from typing import Any

import pytest
from django.test import Client

from enrollment.models import Patient
from tests.cast import SignIn
from tests.records.conftest import ANNA, give_consent
from trialsite.accounts.models import User
from trialsite.audit.models import AuditEvent
from trialsite.protocol.current import get_protocol
from trialsite.records.actions import correct_record, create_record
from visits.actions.course import follow_course
from visits.models import AdverseEvent, Disposition
from visits.related import find_death_day
from visits.schedule import Standing
from visits.selectors import schedule_of

DIED_ON = date(2011, 5, 10)
PROTOCOL = get_protocol()


@pytest.fixture
def patient(db: None) -> Patient:
    values: dict[str, Any] = {"site_code": "UB", "phase_number": 2, "registered_on": date(2011, 1, 3)}
    treated = {"status": "randomized", "entered_on": date(2011, 2, 8), "procedure_on": date(2011, 2, 8)}
    return create_record(Patient(number="P2-001", **values, **treated), actor=ANNA)


def follow(record: AdverseEvent | Disposition) -> Patient:
    follow_course(record, protocol=PROTOCOL, actor=ANNA)
    return Patient.objects.get(pk=record.patient_id)


def fatal(patient: Patient, on: date = DIED_ON) -> AdverseEvent:
    return create_record(AdverseEvent(patient=patient, term="Stroke", outcome="fatal", died_on=on), actor=ANNA)


def test_a_fatal_event_is_the_patients_death(patient: Patient) -> None:
    event = fatal(patient)
    assert follow(event).died_on == DIED_ON
    corrected = correct_record(event, {"outcome": "recovered", "died_on": None}, actor=ANNA, base_revision=1)
    assert follow(corrected).died_on is None


def test_a_mild_event_changes_nothing(patient: Patient) -> None:
    event = create_record(AdverseEvent(patient=patient, term="Headache", outcome="recovered"), actor=ANNA)
    assert follow(event).revision == patient.revision


def test_the_end_of_participation_tells_of_a_death_too(patient: Patient) -> None:
    ended = create_record(Disposition(patient=patient, disposition_status="death", ended_on=DIED_ON), actor=ANNA)
    assert follow(ended).died_on == DIED_ON
    assert find_death_day(patient.pk, but=ended.pk) is None
    assert find_death_day(patient.pk) == DIED_ON


def test_only_a_complete_form_ends_the_course_and_a_correction_takes_it_back(patient: Patient) -> None:
    ended_on = date(2011, 7, 30)
    draft = Disposition(patient=patient, disposition_status="completed", ended_on=ended_on)
    ended = create_record(draft, actor=ANNA)
    assert (follow(ended).status, follow(ended).left_on) == ("randomized", None)
    ended = correct_record(ended, {"status": "complete"}, actor=ANNA, base_revision=1)
    assert (follow(ended).status, follow(ended).left_on) == ("completed", ended_on)
    ended = correct_record(ended, {"disposition_status": "lost"}, actor=ANNA, base_revision=2)
    assert (follow(ended).status, follow(ended).left_on) == ("discontinued", ended_on)
    ended = correct_record(ended, {"status": "draft"}, actor=ANNA, base_revision=3)
    assert (follow(ended).status, follow(ended).left_on) == ("randomized", None)


def test_who_ended_is_expected_at_no_later_visit(patient: Patient) -> None:
    today = date(2011, 9, 1)
    lost = Disposition(
        patient=patient, disposition_status="lost", ended_on=date(2011, 3, 1), end_reason="Moved.", status="complete"
    )
    assert find_standing(patient, "month_3", today) == Standing.OVERDUE
    gone = follow(create_record(lost, actor=ANNA))
    assert find_standing(gone, "month_3", today) == Standing.NOT_EXPECTED
    assert find_standing(gone, "hour_24", today) == Standing.OVERDUE


def find_standing(patient: Patient, key: str, today: date) -> Standing:
    schedule = schedule_of(patient, (), PROTOCOL, today, frozenset())
    return next(one.standing for one in schedule if one.planned.key == key)


@pytest.mark.parametrize("status", ["screen_failed", "withdrawn"])
def test_a_failure_and_a_withdrawal_keep_their_own_status(patient: Patient, status: str) -> None:
    patient = correct_record(patient, {"status": status}, actor=ANNA, base_revision=1)
    end = Disposition(patient=patient, disposition_status="other", end_reason="As told.", status="complete")
    assert follow(create_record(end, actor=ANNA)).status == status


def test_a_patient_has_one_end(patient: Patient, coordinator: User, sign_in: SignIn) -> None:
    """Through the pages: the form stores the death of the patient in the same go."""
    give_consent(patient)
    browser: Client = sign_in(coordinator)
    page = browser.get(f"/patients/{patient.pk}/logs/disposition/", follow=True)
    url = page.redirect_chain[-1][0]
    sent = {"disposition_status": "death", "ended_on": "2011-05-10", "last_contact_on": "2011-05-01"}
    response = browser.post(url, {**sent, "intent": "complete", "base_revision": "0"})
    assert response.status_code == 302
    assert Patient.objects.get(pk=patient.pk).died_on == DIED_ON
    assert Disposition.objects.get().status == "complete"
    event = AuditEvent.objects.filter(record_id=patient.pk).latest("id")
    assert (event.actor_username, event.reason) == ("coordinator", "Follows from: end of participation.")
