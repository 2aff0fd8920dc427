"""Deviations that the system notices by itself, such as a visit outside its window. Each is one transaction with its audit."""

from dataclasses import dataclass
from datetime import date

from enrollment.models import Patient
from trialsite.audit.actor import Actor
from trialsite.audit.gate import open_gate
from trialsite.protocol.model import PlannedVisit, Protocol
from trialsite.records.actions import correct_record, create_record
from visits.crfs.deviation.model import Deviation, DeviationCategory, DeviationSeverity, DeviationState
from visits.schedule import window_of
from visits.visit import Visit, VisitStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What was noticed. `key` is stable for one cause of one patient: however often it is noticed, it is one deviation."""

    key: str
    category: DeviationCategory
    happened_on: date
    description: str
    severity: DeviationSeverity = DeviationSeverity.MINOR


def raise_deviation(patient: Patient, cause: Cause, *, actor: Actor) -> Deviation:
    """Record the deviation once, bring what the system knows of it up to date, and open it again if it had been withdrawn.

    What people wrote about it (severity, corrective action) stays theirs.
    """
    with open_gate():
        known = _find(patient, cause.key)
        if known is None:
            return _create(patient, cause, actor)
        values = {"happened_on": cause.happened_on, "description": cause.description}
        if known.state == DeviationState.WITHDRAWN:
            values |= {"state": DeviationState.OPEN, "withdrawn_reason": ""}
        reason = "The cause was noticed again."
        return correct_record(known, values, actor=actor, base_revision=known.revision, reason=reason)


def withdraw_deviation(patient: Patient, key: str, *, reason: str, actor: Actor) -> Deviation | None:
    """Mark the deviation of a cause that no longer holds as withdrawn; it stays in the list. None where there is none."""
    with open_gate():
        known = _find(patient, key)
        if known is None or known.state == DeviationState.WITHDRAWN:
            return known
        values = {"state": DeviationState.WITHDRAWN, "withdrawn_reason": reason}
        return correct_record(known, values, actor=actor, base_revision=known.revision, reason=reason)


def follow_visit_windows(patient: Patient, protocol: Protocol, *, actor: Actor) -> None:
    """Hold every visit of the patient against its window: one deviation for each outside, none left open for one inside.

    To be called after any change of a visit: when day 0 moves, so do all windows.
    """
    planned = {visit.key: visit for visit in protocol.visits_of_phase(patient.phase_number)}
    with open_gate():
        for visit in Visit.objects.filter(patient=patient, planned_key__in=planned):
            _follow_window(patient, visit, planned[visit.planned_key], actor)


def _follow_window(patient: Patient, visit: Visit, planned: PlannedVisit, actor: Actor) -> None:
    window = window_of(planned, patient.anchor_on)
    key = f"window:{visit.planned_key}:{visit.occasion}"
    visited_on = visit.visited_on if visit.status == VisitStatus.ATTENDED else None
    if window is None or visited_on is None or window.holds(visited_on):
        withdraw_deviation(patient, key, reason="The visit is not outside its window any more.", actor=actor)
        return
    description = f"{planned.label} on {visited_on}; its window is {window.earliest_on} to {window.latest_on}."
    cause = Cause(key=key, category=DeviationCategory.WINDOW, happened_on=visited_on, description=description)
    raise_deviation(patient, cause, actor=actor)


def _find(patient: Patient, key: str) -> Deviation | None:
    return Deviation._base_manager.select_for_update().filter(patient=patient, origin_key=key).first()


def _create(patient: Patient, cause: Cause, actor: Actor) -> Deviation:
    deviation = Deviation(
        patient=patient,
        category=cause.category,
        severity=cause.severity,
        happened_on=cause.happened_on,
        description=cause.description,
        raised_by_system=True,
        origin_key=cause.key,
    )
    return create_record(deviation, actor=actor)
