"""Many people at the same moment, each with a connection of their own: nothing is lost, nothing doubled, nobody meets an error page."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from enrollment.models import Patient
from tests.cast import SignIn, make_user
from tests.records.conftest import ANNA, give_consent, make_patient, make_visit
from trialsite.accounts.roles import Role
from trialsite.audit.models import AuditEvent
from trialsite.records.actions import create_record
from visits.models import AdverseEvent, VitalSigns
from visits.visit import Visit

pytestmark = pytest.mark.django_db(transaction=True)
AT_ONCE = 8
TYPED = {"assessed_on": "2011-02-01", "intent": "save", "base_revision": "0"}
ITEMS = {
    "systolic_mmhg": "120",
    "diastolic_mmhg": "80",
    "heart_rate_bpm": "72",
    "oxygen_saturation_pct": "98",
    "temperature_c": "36.6",
    "height_cm": "170.5",
    "weight_kg": "64.5",
    "assessed_by": "A nurse",
}


@pytest.fixture
def patient(db: None) -> Patient:
    made = make_patient()
    give_consent(made)
    return made


@pytest.fixture
def browsers(sign_in: SignIn) -> list[Client]:
    """As many coordinators, each in a browser."""
    return [sign_in(make_user(f"coordinator_{n}", Role.COORDINATOR)) for n in range(AT_ONCE)]


def run_at_once(acts: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run the acts in as many threads, all starting together; give what each returned."""
    gate = threading.Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        try:
            gate.wait(timeout=60)
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def send_at_once(browsers: Sequence[Client], urls: Sequence[str], sent: Sequence[dict[str, str]]) -> list[Any]:
    """Each browser sends its values to its address; a server error would be raised here."""
    return run_at_once(
        [partial(browser.post, url, values) for browser, url, values in zip(browsers, urls, sent, strict=True)]
    )


def statuses(answers: Sequence[Any]) -> list[int]:
    return sorted(answer.status_code for answer in answers)


def vital_signs_of(patient: Patient) -> list[str]:
    """The address of one form, for everybody."""
    return [reverse("visit_form", args=(make_visit(patient).pk, "vital_signs"))] * AT_ONCE


def test_different_items_of_a_new_form_are_all_kept(patient: Patient, browsers: list[Client]) -> None:
    sent = [TYPED | {name: value} for name, value in ITEMS.items()]
    answers = send_at_once(browsers, vital_signs_of(patient), sent)
    stored = VitalSigns.objects.get()
    assert statuses(answers) == [302] * AT_ONCE
    assert {name: str(getattr(stored, name)) for name in ITEMS} == ITEMS
    assert stored.revision == AT_ONCE


def test_the_same_item_of_a_new_form_is_stored_once_and_shown_to_the_others(
    patient: Patient, browsers: list[Client]
) -> None:
    sent = [TYPED | {"heart_rate_bpm": str(60 + n)} for n in range(AT_ONCE)]
    answers = send_at_once(browsers, vital_signs_of(patient), sent)
    stored = VitalSigns.objects.get()
    assert statuses(answers) == [302] + [409] * (AT_ONCE - 1)
    assert stored.revision == 1
    refused = [(n, answer.content.decode()) for n, answer in enumerate(answers) if answer.status_code == 409]
    assert all(f"stored {stored.heart_rate_bpm} here" in page for _, page in refused)
    assert all(f'value="{60 + n}"' in page for n, page in refused)


def test_the_same_item_of_a_stored_form_is_never_overwritten_silently(patient: Patient, browsers: list[Client]) -> None:
    urls = vital_signs_of(patient)
    browsers[0].post(urls[0], TYPED | {"heart_rate_bpm": "55"})
    sent = [TYPED | {"heart_rate_bpm": str(60 + n), "base_revision": "1"} for n in range(AT_ONCE)]
    assert statuses(send_at_once(browsers, urls, sent)) == [302] + [409] * (AT_ONCE - 1)
    assert VitalSigns.objects.get().revision == 2


def test_one_entry_of_a_log_sent_many_times_is_one(patient: Patient, browsers: list[Client]) -> None:
    urls = [reverse("patient_record", args=(patient.pk, "adverse_event", uuid4()))] * AT_ONCE
    sent = [{"term": "Headache", "intent": "save", "base_revision": "0"}] * AT_ONCE
    assert statuses(send_at_once(browsers, urls, sent)) == [302] * AT_ONCE
    assert AdverseEvent.objects.get().revision == 1


def test_events_that_tell_of_one_death_are_all_stored(patient: Patient, browsers: list[Client]) -> None:
    """Each entry also changes the patient's row."""
    urls = [reverse("patient_record", args=(patient.pk, "adverse_event", uuid4())) for _ in browsers]
    values = {"term": "Stroke", "outcome": "fatal", "died_on": "2011-05-10", "intent": "save", "base_revision": "0"}
    assert statuses(send_at_once(browsers, urls, [values] * AT_ONCE)) == [302] * AT_ONCE
    assert AdverseEvent.objects.count() == AT_ONCE
    assert Patient.objects.get(pk=patient.pk).died_on == date(2011, 5, 10)


def test_one_planned_visit_recorded_by_many_is_one(patient: Patient, browsers: list[Client]) -> None:
    urls = [reverse("planned_visit", args=(patient.pk, "baseline"))] * AT_ONCE
    sent = [{"status": "attended", "visited_on": f"2011-02-0{1 + n}"} for n in range(AT_ONCE)]
    answers = send_at_once(browsers, urls, sent)
    assert {answer["Location"] for answer in answers} == {f"/visits/{Visit.objects.get().pk}/"}
    assert Visit.objects.get().revision == 1


def make_unscheduled(patient: Patient) -> Visit:
    visit = Visit(patient=patient, planned_key="unscheduled", visited_on=date(2011, 1, 20), unscheduled_reason="pain")
    return create_record(visit, actor=ANNA)


def test_one_unscheduled_visit_sent_many_times_is_one(patient: Patient, browsers: list[Client]) -> None:
    earlier = make_unscheduled(patient)
    urls = [reverse("new_unscheduled_visit", args=(patient.pk, uuid4()))] * AT_ONCE
    sent = [{"visited_on": "2011-02-01", "unscheduled_reason": "new symptoms"}] * AT_ONCE
    answers = send_at_once(browsers, urls, sent)
    made = Visit.objects.exclude(pk=earlier.pk).get()
    assert {answer["Location"] for answer in answers} == {f"/visits/{made.pk}/"}


def test_many_unscheduled_visits_at_once_are_all_stored(patient: Patient, browsers: list[Client]) -> None:
    urls = [reverse("new_unscheduled_visit", args=(patient.pk, uuid4())) for _ in browsers]
    sent = [{"visited_on": "2011-02-01", "unscheduled_reason": "new symptoms"}] * AT_ONCE
    assert statuses(send_at_once(browsers, urls, sent)) == [302] * AT_ONCE
    assert sorted(Visit.objects.values_list("occasion", flat=True)) == list(range(1, AT_ONCE + 1))


def make_drawn_patient() -> Patient:
    drawn = Patient(
        number="P2-009",
        site_code="UB",
        phase_number=2,
        status="randomized",
        registered_on=date(2011, 1, 3),
        entered_on=date(2011, 2, 1),
    )
    return create_record(drawn, actor=ANNA)


def test_day_0_moves_while_visits_are_recorded(db: None, browsers: list[Client]) -> None:
    """Every one of them follows the windows of all the others: they wait for each other, none fails."""
    patient = make_drawn_patient()
    give_consent(patient)
    procedure = make_visit(patient, "procedure", date(2011, 2, 2))
    planned = [reverse("planned_visit", args=(patient.pk, key)) for key in ("month_1", "month_3", "month_6")]
    urls = [reverse("visit", args=(procedure.pk,))] * 4 + planned
    moved = {"status": "attended", "visited_on": "2011-02-03", "reason_code": "transcription", "base_revision": "1"}
    sent = [moved] * 4 + [{"status": "attended", "visited_on": "2011-07-01"}] * 3
    answers = send_at_once(browsers[: len(urls)], urls, sent)
    assert statuses(answers[:4]) == [302, 422, 422, 422]
    assert statuses(answers[4:]) == [302, 302, 302]
    assert Visit.objects.filter(patient=patient).count() == 4
    assert Patient.objects.get(pk=patient.pk).procedure_on == date(2011, 2, 3)
    assert AuditEvent.objects.filter(action="correct", record_id=procedure.pk).count() == 1


def test_one_patient_registered_by_a_double_click_is_one(browsers: list[Client]) -> None:
    url = reverse("register_patient")
    sent = {"site": "UB", "phase": "2", "token": browsers[0].get(url).context["form"]["token"].value()}
    answers = send_at_once([browsers[0]] * AT_ONCE, [url] * AT_ONCE, [sent] * AT_ONCE)
    assert statuses(answers) == [302] * AT_ONCE
    assert Patient.objects.count() == 1
