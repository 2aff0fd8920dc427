"""What can happen at a visit. Each function is one transaction with its audit."""

from collections.abc import Mapping
from typing import Any

from enrollment.models import Patient
from trialsite.accounts.actor import Actor
from trialsite.audit.gate import open_gate
from trialsite.protocol.model import PlannedVisit
from trialsite.records.actions import correct_record, create_record
from visits.visit import Visit, VisitStatus


def record_visit(
    patient: Patient, planned: PlannedVisit, values: Mapping[str, Any], *, actor: Actor, occasion: int = 1
) -> Visit:
    """Store that a visit took place on a day, or was missed and why. Day 0 follows from the procedure visit."""
    with open_gate():
        visit = create_record(Visit(patient=patient, planned_key=planned.key, occasion=occasion, **values), actor=actor)
        _follow_procedure(patient, planned, visit, actor)
    return visit


def correct_visit(
    visit: Visit, planned: PlannedVisit, values: Mapping[str, Any], *, actor: Actor, base_revision: int, reason: str
) -> Visit:
    """Store a corrected date or state of a visit, with its reason."""
    with open_gate():
        stored = correct_record(visit, values, actor=actor, base_revision=base_revision, reason=reason)
        _follow_procedure(stored.patient, planned, stored, actor)
    return stored


def _follow_procedure(patient: Patient, planned: PlannedVisit, visit: Visit, actor: Actor) -> None:
    """Day 0 is the day of the procedure visit, and no day when it was missed."""
    if planned.kind != "procedure":
        return
    on = visit.visited_on if visit.status == VisitStatus.ATTENDED else None
    now = Patient.objects.get(pk=patient.pk)
    correct_record(
        now, {"procedure_on": on}, actor=actor, base_revision=now.revision, reason="follows the procedure visit"
    )
