"""Registering a patient, and the two ways out of the trial: screening failure and withdrawal."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from enrollment.models import Patient, PatientCounter, PatientStatus, WithdrawalScope
from enrollment.outs import (
    FailureReport,
    Whereabouts,
    WithdrawalReport,
    check_reopening,
    check_screening_failure,
    check_withdrawal,
)
from enrollment.refusal import RefusedError
from enrollment.selectors.facts import get_patient_facts
from trialsite.audit.actor import Actor
from trialsite.audit.gate import open_gate
from trialsite.lib import clock
from trialsite.lib.findings import Finding
from trialsite.protocol.model import Phase, Protocol
from trialsite.records.actions import correct_record, create_record


def register_patient(
    *, site_code: str, phase_number: int, patient_id: UUID, protocol: Protocol, actor: Actor
) -> tuple[Patient, bool]:
    """Give a new patient the next number of the phase; return the patient, and whether they are new.

    `patient_id` names the request: sent twice, it registers one patient. Numbers have no gap, however many register at once.
    """
    phase = protocol.phase(phase_number)
    with open_gate():
        counter = _lock_counter(phase_number)
        known = Patient.objects.filter(pk=patient_id).first()
        if known is not None:
            return known, False
        patient = Patient(
            id=patient_id,
            number=_take_number(counter, phase, site_code),
            site_code=site_code,
            phase_number=phase_number,
            registered_on=clock.today(protocol.site(site_code).time_zone),
        )
        return create_record(patient, actor=actor, action="register"), True


def _lock_counter(phase_number: int) -> PatientCounter:
    PatientCounter.objects.get_or_create(phase_number=phase_number)
    return PatientCounter.objects.select_for_update().get(phase_number=phase_number)


def _take_number(counter: PatientCounter, phase: Phase, site_code: str) -> str:
    counter.last_n += 1
    counter.save(update_fields=["last_n"])
    return phase.patient_number(counter.last_n, site_code)


def record_screening_failure(
    patient: Patient, *, reasons: Sequence[str], details: str, on: date, protocol: Protocol, actor: Actor
) -> Patient:
    """Store that the patient does not enter, and why: codes of criteria, "declined" or "other" (which needs details)."""
    with open_gate():
        locked = _lock(patient)
        report = FailureReport(reasons=tuple(reasons), details=details, on=on)
        _refuse(check_screening_failure(_whereabouts(locked, protocol), report, protocol))
        values = {
            "status": PatientStatus.SCREEN_FAILED,
            "screen_failure_reasons": list(reasons),
            "screen_failure_details": details,
            "screen_failed_on": on,
        }
        return _store(locked, values, "fail_screening", actor)


def reopen_screening(patient: Patient, *, reason: str, actor: Actor) -> Patient:
    """Take back a screening failure that was recorded by mistake; the trail keeps it, with the reason."""
    with open_gate():
        locked = _lock(patient)
        _refuse(check_reopening(locked.status, reason))
        values: dict[str, Any] = {
            "status": PatientStatus.SCREENING,
            "screen_failure_reasons": [],
            "screen_failure_details": "",
            "screen_failed_on": None,
        }
        return _store(locked, values, "reopen_screening", actor, reason)


def withdraw_patient(
    patient: Patient, *, scope: str, on: date, reason: str, protocol: Protocol, actor: Actor
) -> Patient:
    """Store what the patient no longer agrees to. Who only gives up treatment after entry stays in follow-up."""
    with open_gate():
        locked = _lock(patient)
        report = WithdrawalReport(scope=scope, on=on, reason=reason)
        _refuse(check_withdrawal(_whereabouts(locked, protocol), report))
        values = {"withdrawn_on": on, "withdrawal_scope": scope, "withdrawal_reason": reason}
        stays = scope == WithdrawalScope.TREATMENT and locked.entered_on is not None
        ends = not stays and locked.status not in (PatientStatus.SCREEN_FAILED, PatientStatus.COMPLETED)
        return _store(locked, values | ({"status": PatientStatus.WITHDRAWN} if ends else {}), "withdraw", actor)


def _lock(patient: Patient) -> Patient:
    locked: Patient = Patient._base_manager.select_for_update().get(pk=patient.pk)
    return locked


def _whereabouts(locked: Patient, protocol: Protocol) -> Whereabouts:
    return Whereabouts(
        status=locked.status,
        phase_number=locked.phase_number,
        today=clock.today(protocol.site(locked.site_code).time_zone),
        registered_on=locked.registered_on,
        consented_on=get_patient_facts(locked, protocol).consented_on,
        entered_on=locked.entered_on,
        died_on=locked.died_on,
        withdrawal_scope=locked.withdrawal_scope,
    )


def _refuse(findings: Sequence[Finding]) -> None:
    if findings:
        raise RefusedError(findings)


def _store(locked: Patient, values: Mapping[str, Any], action: str, actor: Actor, reason: str = "") -> Patient:
    return correct_record(locked, values, actor=actor, base_revision=locked.revision, action=action, reason=reason)
