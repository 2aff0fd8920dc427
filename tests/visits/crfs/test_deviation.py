"""Deviations: what a log entry must hold, and the ones the system raises once, updates, withdraws and opens again."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from enrollment.models import Patient
from tests.visits.crfs.conftest import keys_of, make_context
from trialsite.audit.actor import Actor
from trialsite.audit.models import AuditEntry, AuditEvent
from trialsite.protocol.current import get_protocol
from trialsite.records.actions import correct_record, create_record
from visits.actions.deviations import Cause, follow_visit_windows, raise_deviation, withdraw_deviation
from visits.crfs.context import VisitContext
from visits.crfs.deviation.checks import check_deviation, compute_deviation
from visits.models import Deviation, Visit

ANNA = Actor(user_id="1", username="anna", full_name="Anna A", roles="coordinator")
LATE = Cause(key="window:month_1:1", category="window", happened_on=date(2011, 3, 20), description="Three days late.")  # type: ignore[arg-type]  # as read back from the database


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({}, None),
        ({"state": "withdrawn"}, "withdrawn_without_reason"),
        ({"state": "withdrawn", "withdrawn_reason": "wrong date"}, None),
        ({"withdrawn_reason": "wrong date"}, "reason_without_withdrawal"),
        ({"state": "resolved"}, "resolved_without_action"),
        ({"state": "resolved", "corrective_action": "training"}, None),
        ({"category": "eligibility"}, "usually_major"),
        ({"category": "eligibility", "severity": "major"}, None),
        ({"happened_on": date(2011, 8, 2)}, "happened_on_future"),
        ({"happened_on": date(2011, 1, 2)}, "happened_on_before_consent"),
        ({"happened_on": date(2011, 1, 2), "category": "consent", "severity": "major"}, None),
    ],
)
def test_what_a_deviation_must_hold(around: VisitContext, changes: dict[str, Any], key: str | None) -> None:
    values = {"category": "window", "severity": "minor", "happened_on": date(2011, 3, 20), "state": "open"}
    assert keys_of(check_deviation({**values, **changes}, around)) == ({key} if key else set())


@pytest.mark.parametrize(
    ("now", "is_overdue"),
    [(datetime(2011, 3, 9, 4, 59, tzinfo=UTC), False), (datetime(2011, 3, 9, 5, 0, tzinfo=UTC), True)],
)
def test_an_emergency_is_reported_within_five_working_days(now: datetime, is_overdue: bool) -> None:
    """From Tuesday 1 March 2011 the fifth working day is Tuesday 8 March; it ends at 5:00 UTC."""
    values = {"is_emergency": True, "happened_on": date(2011, 3, 1)}
    (due,) = compute_deviation(values, make_context(now=now))
    assert (due.value, due.is_alert) == ("Due by 2011-03-08 23:59", is_overdue)
    assert compute_deviation({**values, "is_emergency": False}, make_context(now=now)) == []


@pytest.fixture
def patient(db: None) -> Patient:
    values: dict[str, Any] = {"site_code": "UB", "phase_number": 2, "registered_on": date(2011, 1, 3)}
    return create_record(Patient(number="P2-001", procedure_on=date(2011, 2, 8), **values), actor=ANNA)


def see(patient: Patient, key: str, on: date) -> Visit:
    return create_record(Visit(patient=patient, planned_key=key, visited_on=on), actor=ANNA)


def test_one_cause_is_one_deviation(patient: Patient) -> None:
    first = raise_deviation(patient, LATE, actor=ANNA)
    again = raise_deviation(patient, LATE, actor=ANNA)
    assert first.pk == again.pk
    assert Deviation.objects.count() == 1
    assert again.revision == 1
    assert (again.raised_by_system, again.state, again.severity) == (True, "open", "minor")
    assert AuditEvent.objects.filter(record_id=first.pk).count() == 1


def test_the_database_itself_refuses_a_second_one(patient: Patient) -> None:
    raise_deviation(patient, LATE, actor=ANNA)
    second = Deviation(patient=patient, origin_key=LATE.key)
    with pytest.raises(IntegrityError), transaction.atomic():
        create_record(second, actor=ANNA)


def test_deviations_written_by_people_have_no_cause_and_do_not_collide(patient: Patient) -> None:
    create_record(Deviation(patient=patient), actor=ANNA)
    create_record(Deviation(patient=patient), actor=ANNA)
    assert Deviation.objects.count() == 2


def test_a_changed_cause_updates_what_the_system_knows_and_nothing_else(patient: Patient) -> None:
    raised = raise_deviation(patient, LATE, actor=ANNA)
    correct_record(raised, {"severity": "major", "corrective_action": "called"}, actor=ANNA, base_revision=1)
    later = Cause(key=LATE.key, category=LATE.category, happened_on=date(2011, 3, 21), description="Four days late.")
    stored = raise_deviation(patient, later, actor=ANNA)
    assert (stored.happened_on, stored.description) == (date(2011, 3, 21), "Four days late.")
    assert (stored.severity, stored.corrective_action) == ("major", "called")


def test_a_withdrawn_deviation_stays_with_its_reason_and_opens_again(patient: Patient) -> None:
    raised = raise_deviation(patient, LATE, actor=ANNA)
    withdrawn = withdraw_deviation(patient, LATE.key, reason="The date was wrong.", actor=ANNA)
    assert withdrawn is not None
    assert (withdrawn.pk, withdrawn.state, withdrawn.withdrawn_reason) == (
        raised.pk,
        "withdrawn",
        "The date was wrong.",
    )
    event = AuditEvent.objects.filter(record_id=raised.pk).latest("id")
    assert event.reason == "The date was wrong."
    opened = raise_deviation(patient, LATE, actor=ANNA)
    assert (opened.pk, opened.state, opened.withdrawn_reason) == (raised.pk, "open", "")
    states = AuditEntry.objects.filter(record_id=raised.pk, field="state").order_by("id").values_list("new", flat=True)
    assert list(states) == ['"open"', '"withdrawn"', '"open"']


def test_withdrawing_twice_or_nothing_changes_nothing(patient: Patient) -> None:
    assert withdraw_deviation(patient, "window:month_3:1", reason="none", actor=ANNA) is None
    raise_deviation(patient, LATE, actor=ANNA)
    first = withdraw_deviation(patient, LATE.key, reason="wrong", actor=ANNA)
    second = withdraw_deviation(patient, LATE.key, reason="another", actor=ANNA)
    assert first is not None
    assert second is not None
    assert (second.revision, second.withdrawn_reason) == (first.revision, "wrong")


@pytest.mark.parametrize(
    ("on", "is_outside"),
    [
        (date(2011, 3, 2), True),  # day 22
        (date(2011, 3, 3), False),  # day 23
        (date(2011, 3, 17), False),  # day 37
        (date(2011, 3, 18), True),  # day 38
    ],
)
def test_a_visit_outside_its_window_is_a_deviation(patient: Patient, on: date, is_outside: bool) -> None:
    see(patient, "month_1", on)
    follow_visit_windows(patient, get_protocol(), actor=ANNA)
    follow_visit_windows(patient, get_protocol(), actor=ANNA)
    assert Deviation.objects.count() == int(is_outside)


def test_a_corrected_date_withdraws_the_deviation(patient: Patient) -> None:
    visit = see(patient, "month_1", date(2011, 3, 20))
    follow_visit_windows(patient, get_protocol(), actor=ANNA)
    assert Deviation.objects.get().description == "Month 1 on 2011-03-20; its window is 2011-03-03 to 2011-03-17."
    correct_record(visit, {"visited_on": date(2011, 3, 10)}, actor=ANNA, base_revision=1)
    follow_visit_windows(patient, get_protocol(), actor=ANNA)
    assert Deviation.objects.get().state == "withdrawn"


def test_when_day_0_moves_all_windows_move(patient: Patient) -> None:
    see(patient, "month_1", date(2011, 3, 20))
    follow_visit_windows(patient, get_protocol(), actor=ANNA)
    moved = correct_record(patient, {"procedure_on": date(2011, 2, 15)}, actor=ANNA, base_revision=1)
    follow_visit_windows(moved, get_protocol(), actor=ANNA)
    assert Deviation.objects.get().state == "withdrawn"


def test_missed_and_unscheduled_visits_have_no_window(patient: Patient) -> None:
    create_record(Visit(patient=patient, planned_key="month_1", status="missed"), actor=ANNA)
    see(patient, "unscheduled", date(2011, 6, 1))
    follow_visit_windows(patient, get_protocol(), actor=ANNA)
    assert Deviation.objects.count() == 0
