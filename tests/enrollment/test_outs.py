"""Screening failure and withdrawal: what is stored, what is refused, and the pages."""

from datetime import date
from typing import Any

import pytest

from enrollment.actions.patient import record_screening_failure, reopen_screening, withdraw_patient
from enrollment.models import Patient
from enrollment.refusal import RefusedError
from tests.cast import SignIn
from tests.enrollment.conftest import ANNA, TODAY
from tests.enrollment.screening import give_consent
from trialsite.accounts.models import User
from trialsite.audit.models import AuditEvent
from trialsite.protocol.model import Protocol
from trialsite.records import actions as record_actions
from trialsite.records.actions import correct_record


def fail_screening(patient: Patient, protocol: Protocol, **changes: Any) -> Patient:
    report: dict[str, Any] = {"reasons": ["I5", "other"], "details": "moved away", "on": TODAY}
    return record_screening_failure(patient, **report | changes, protocol=protocol, actor=ANNA)


def withdraw(patient: Patient, protocol: Protocol, **changes: Any) -> Patient:
    report: dict[str, Any] = {"scope": "follow_up", "on": TODAY, "reason": "no reason given"}
    return withdraw_patient(patient, **report | changes, protocol=protocol, actor=ANNA)


def test_a_screening_failure_keeps_its_reasons_and_is_in_the_trail(patient: Patient, protocol: Protocol) -> None:
    stored = fail_screening(patient, protocol)
    assert (stored.status, stored.screen_failure_reasons) == ("screen_failed", ["I5", "other"])
    assert (stored.screen_failure_details, stored.screen_failed_on) == ("moved away", TODAY)
    assert stored.left_on == TODAY
    event = AuditEvent.objects.get(record_id=patient.pk, revision=2)
    assert event.action == "fail_screening"
    assert "screen_failure_reasons" in {entry.field for entry in event.entries.all()}


def test_a_second_failure_is_refused_with_nothing_stored(patient: Patient, protocol: Protocol) -> None:
    fail_screening(patient, protocol)
    with pytest.raises(RefusedError) as refused:
        fail_screening(patient, protocol, reasons=["Z1"], on=date(2020, 1, 1))
    assert [finding.key for finding in refused.value.findings] == ["failure_status", "failure_reasons", "out_future"]
    assert Patient.objects.get().revision == 2


@pytest.mark.parametrize("act", [fail_screening, withdraw])
def test_a_failed_audit_write_changes_nothing(
    act: Any, patient: Patient, protocol: Protocol, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise OSError("disk full")

    give_consent(patient)
    monkeypatch.setattr(record_actions, "write_events", fail)
    with pytest.raises(OSError, match="disk full"):
        act(patient, protocol)
    stored = Patient.objects.get()
    assert (stored.status, stored.revision, stored.withdrawn_on) == ("screening", 1, None)


def test_a_failure_recorded_by_mistake_is_taken_back_with_its_reason(patient: Patient, protocol: Protocol) -> None:
    fail_screening(patient, protocol)
    with pytest.raises(RefusedError) as refused:
        reopen_screening(patient, reason=" ", actor=ANNA)
    assert [finding.key for finding in refused.value.findings] == ["reopen_reason"]
    stored = reopen_screening(patient, reason="wrong patient", actor=ANNA)
    assert (stored.status, stored.screen_failure_reasons, stored.left_on) == ("screening", [], None)
    assert AuditEvent.objects.get(record_id=patient.pk, revision=3).reason == "wrong patient"
    with pytest.raises(RefusedError):
        reopen_screening(patient, reason="again", actor=ANNA)


@pytest.mark.conformance(51)
def test_withdrawal_before_entry_ends_the_way(patient: Patient, protocol: Protocol) -> None:
    give_consent(patient)
    stored = withdraw(patient, protocol, scope="treatment")
    assert (stored.status, stored.withdrawal_scope, stored.withdrawn_on) == ("withdrawn", "treatment", TODAY)
    assert AuditEvent.objects.filter(record_id=patient.pk, action="withdraw").count() == 1


@pytest.mark.conformance(51)
def test_who_gives_up_treatment_only_stays_in_follow_up(patient: Patient, protocol: Protocol) -> None:
    give_consent(patient)
    entered = {"status": "randomized", "entered_on": TODAY}
    correct_record(patient, entered, actor=ANNA, base_revision=1)
    stays = withdraw(patient, protocol, scope="treatment")
    assert (stays.status, stays.left_on) == ("randomized", None)
    with pytest.raises(RefusedError):
        withdraw(patient, protocol, scope="treatment")
    leaves = withdraw(patient, protocol, scope="data_use")
    assert (leaves.status, leaves.left_on) == ("withdrawn", TODAY)


def test_a_completed_patient_may_still_withdraw_the_data(patient: Patient, protocol: Protocol) -> None:
    give_consent(patient)
    correct_record(patient, {"status": "completed"}, actor=ANNA, base_revision=1)
    stored = withdraw(patient, protocol, scope="data_use")
    assert (stored.status, stored.withdrawal_scope) == ("completed", "data_use")


# -- pages


def test_a_coordinator_records_a_screening_failure(patient: Patient, coordinator: User, sign_in: SignIn) -> None:
    browser = sign_in(coordinator)
    address = f"/patients/{patient.pk}/screening-failure/"
    suggested = browser.get(f"{address}?reasons=I5,E8,nonsense").content.decode()
    assert suggested.count("checked") == 2
    answer = browser.post(address, {"reasons": ["I5", "declined"], "details": "", "on": "2011-03-01"})
    assert answer.status_code == 302
    assert Patient.objects.get().screen_failure_reasons == ["I5", "declined"]


def test_the_page_of_a_failure_takes_it_back(
    patient: Patient, protocol: Protocol, coordinator: User, sign_in: SignIn
) -> None:
    fail_screening(patient, protocol)
    browser = sign_in(coordinator)
    address = f"/patients/{patient.pk}/screening-failure/"
    again = browser.post(address, {"reasons": ["I5"], "on": "2011-03-01"})
    assert "recorded already" in again.content.decode()
    assert browser.post(address, {"take_back": "yes", "reason": ""}).status_code == 422
    assert Patient.objects.get().status == "screen_failed"
    assert browser.post(address, {"take_back": "yes", "reason": "typed for the wrong patient"}).status_code == 302
    assert Patient.objects.get().status == "screening"


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({}, "Choose at least one reason."),
        ({"reasons": "I5"}, "Enter the day it happened."),
        ({"reasons": "I5", "on": "2011-02-29"}, "Enter a date that exists"),
        ({"reasons": "I5", "on": "2011-03-02"}, "is in the future"),
        ({"reasons": "other", "on": "2011-03-01"}, "Say what the other reason is."),
        ({"reasons": "I5", "on": "2011-03-01", "details": "x" * 10_001}, "at most 10000 characters"),
        ({"reasons": "I5", "on": "2011-03-01", "details": "a\x00b"}, "Null characters"),
        ({"reasons": "Z1", "on": "2011-03-01"}, "“Z1” is not in this list"),
    ],
)
def test_a_bad_screening_failure_gets_a_sentence_and_keeps_what_was_typed(
    typed: dict[str, str], sentence: str, patient: Patient, coordinator: User, sign_in: SignIn
) -> None:
    answer = sign_in(coordinator).post(f"/patients/{patient.pk}/screening-failure/", typed)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert Patient.objects.get().status == "screening"


def test_a_coordinator_records_a_withdrawal(patient: Patient, coordinator: User, sign_in: SignIn) -> None:
    give_consent(patient)
    browser = sign_in(coordinator)
    address = f"/patients/{patient.pk}/withdrawal/"
    words = "שלום 🙂 <script>"
    refused = browser.post(address, {"scope": "follow_up", "on": "2011-01-31", "reason": words})
    assert refused.status_code == 422
    assert "before consent" in refused.content.decode()
    assert "שלום 🙂 &lt;script&gt;" in refused.content.decode()
    assert browser.post(address, {"scope": "follow_up", "on": "2011-03-01", "reason": words}).status_code == 302
    assert Patient.objects.get().withdrawal_reason == words
    assert "Withdrawn on 2011-03-01" in browser.get(f"/patients/{patient.pk}/").content.decode()


@pytest.mark.parametrize("page", ["screening-failure", "withdrawal"])
def test_the_ways_out_are_shut_to_strangers(
    page: str, patient: Patient, other_coordinator: User, monitor: User, operator: User, sign_in: SignIn
) -> None:
    for user in (other_coordinator, monitor, operator):
        assert sign_in(user).get(f"/patients/{patient.pk}/{page}/").status_code == 404
        assert sign_in(user).post(f"/patients/{patient.pk}/{page}/", {}).status_code == 404
