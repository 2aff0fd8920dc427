"""Entering treatment: by the draw of a slot in a randomized phase, by plain enrollment in an open one."""

from collections.abc import Callable

from enrollment.models import Patient, PatientStatus
from enrollment.readiness import PatientState, Readiness, Requirement, check_entry, unmet
from enrollment.refusal import RefusedError
from enrollment.strata import name_stratum
from enrollment.vault.refusal import VaultRefusedError
from enrollment.vault.slots import about_patient, take_next_slot
from trialsite.accounts.actor import Actor
from trialsite.audit.gate import open_gate
from trialsite.lib import clock
from trialsite.lib.findings import hard
from trialsite.marks.still import writers_of
from trialsite.protocol.current import get_protocol
from trialsite.protocol.model import Allocation, Phase
from trialsite.records.actions import correct_record, log_event

# Asked for the readiness of a patient whose row is locked, so that nothing it rests on is older than the lock.
Gather = Callable[[Patient], Readiness]

# One sentence for whatever keeps the vault shut: who reads it may not know how the list stands.
NOT_POSSIBLE_NOW = "Randomization is not possible now. The statistician has been informed; please ask the statistician."
OPEN_LABEL = "This phase is open label: the patient is enrolled, not drawn."
BY_DRAW = "This phase is randomized: the patient enters by a draw."


def check_patient(patient: Patient, readiness: Readiness) -> list[Requirement]:
    """Every condition of entry for this patient, met or not."""
    state = PatientState(
        status=patient.status,
        has_entered=patient.entered_on is not None or bool(patient.randomization_code),
        is_withdrawn=patient.status == PatientStatus.WITHDRAWN or patient.left_on is not None,
        has_died=patient.died_on is not None,
    )
    return check_entry(state, readiness)


def draw_allocation(patient: Patient, gather: Gather, actor: Actor) -> Patient:
    """Draw the next slot for the patient; return the patient with status, code and day of entry, never an arm.

    Everything happens in one transaction or not at all. Raises `RefusedError` with all reasons at once. What keeps the vault
    shut is one neutral reason; its detail goes to the restricted trail, so call this outside of any transaction.
    """
    phase = get_protocol().phase(patient.phase_number)
    allocation = phase.allocation
    if allocation is None:
        raise RefusedError([hard("entry_open_label", "", OPEN_LABEL)])
    try:
        with open_gate(sharing=writers_of(patient.pk)):
            return _draw(patient, phase, allocation, gather, actor)
    except VaultRefusedError as refused:
        log_event("refuse_draw", actor=actor, subject=about_patient(patient), detail=str(refused))
        raise RefusedError([hard("entry_vault", "", NOT_POSSIBLE_NOW)]) from None


def enroll_open_label(patient: Patient, gather: Gather, actor: Actor) -> Patient:
    """Let a patient of an open-label phase enter treatment; everybody knows the arm, so no list is asked."""
    if get_protocol().phase(patient.phase_number).is_randomized:
        raise RefusedError([hard("entry_by_draw", "", BY_DRAW)])
    with open_gate(sharing=writers_of(patient.pk)):
        locked = _lock_ready(patient, gather)
        return _enter(locked, {"status": PatientStatus.ENROLLED}, "enroll", actor)


def _draw(patient: Patient, phase: Phase, allocation: Allocation, gather: Gather, actor: Actor) -> Patient:
    locked = _lock_ready(patient, gather)
    code = take_next_slot(locked, name_stratum(allocation, locked.site_code), phase.arms, actor=actor)
    return _enter(locked, {"status": PatientStatus.RANDOMIZED, "randomization_code": code}, "randomize", actor)


def _lock_ready(patient: Patient, gather: Gather) -> Patient:
    """The patient's row as it is now, locked; a second draw for the same patient waits here and then finds the first."""
    locked: Patient = Patient._base_manager.select_for_update().get(pk=patient.pk)
    reasons = unmet(check_patient(locked, gather(locked)))
    if reasons:
        raise RefusedError(reasons)
    return locked


def _enter(locked: Patient, values: dict[str, str], action: str, actor: Actor) -> Patient:
    entered_on = clock.today(get_protocol().site(locked.site_code).time_zone)
    return correct_record(
        locked, {**values, "entered_on": entered_on}, actor=actor, base_revision=locked.revision, action=action
    )
