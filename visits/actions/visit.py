"""What can happen at a visit. Each function is one transaction with its audit."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import Max

from enrollment.models import Patient
from enrollment.selectors.facts import get_patient_facts
from trialsite.audit.actor import SYSTEM, Actor
from trialsite.audit.gate import open_gate
from trialsite.lib import clock
from trialsite.lib.findings import Finding
from trialsite.protocol.model import PlannedVisit, Protocol
from trialsite.records.actions import correct_record, create_record
from visits.actions.deviations import follow_visit_windows
from visits.actions.questions import follow_patient
from visits.rules import VisitFacts, check_visit
from visits.visit import Visit, VisitStatus


class VisitRefusedError(Exception):
    """The patient cannot have been seen then: `findings` say why, all of them."""

    def __init__(self, findings: list[Finding]) -> None:
        self.findings = findings
        super().__init__(" ".join(finding.message for finding in findings))


def record_visit(
    patient: Patient,
    planned: PlannedVisit,
    values: Mapping[str, Any],
    *,
    protocol: Protocol,
    actor: Actor,
    visit_id: UUID | None = None,
) -> Visit:
    """Store that a visit took place on a day, or was missed and why; day 0 and deviations follow from it.

    An unscheduled visit is the next of its kind; the patient's row is locked, so that two at once do not become the same.
    """
    with open_gate():
        Patient.objects.select_for_update().get(pk=patient.pk)
        _refuse_impossible(patient, planned, values, protocol)
        occasion = _next_occasion(patient, planned) if planned.kind == "unscheduled" else 1
        made = Visit(patient=patient, planned_key=planned.key, occasion=occasion, **values)
        made.id = visit_id or made.id
        visit = create_record(made, actor=actor)
        _follow(patient, planned, visit, protocol, actor)
    return visit


def correct_visit(
    visit: Visit,
    planned: PlannedVisit,
    values: Mapping[str, Any],
    *,
    protocol: Protocol,
    actor: Actor,
    base_revision: int,
    reason: str,
) -> Visit:
    """Store a corrected date or state of a visit, with its reason; day 0 and deviations follow.

    The patient's row is locked first, as in `record_visit`: two changes that move windows wait for each other.
    """
    with open_gate():
        Patient.objects.select_for_update().get(pk=visit.patient_id)
        _refuse_impossible(visit.patient, planned, values, protocol)
        stored = correct_record(visit, values, actor=actor, base_revision=base_revision, reason=reason)
        _follow(stored.patient, planned, stored, protocol, actor)
        follow_patient(stored.patient, protocol, actor=actor)
    return stored


def _next_occasion(patient: Patient, planned: PlannedVisit) -> int:
    earlier = Visit.objects.filter(patient=patient, planned_key=planned.key)
    return 1 + int(earlier.aggregate(last=Max("occasion"))["last"] or 0)


def _refuse_impossible(patient: Patient, planned: PlannedVisit, values: Mapping[str, Any], protocol: Protocol) -> None:
    on = values.get("visited_on")
    if on is None:
        return
    now = Patient.objects.get(pk=patient.pk)
    facts = VisitFacts(
        planned=planned,
        visited_on=on,
        today=clock.today(protocol.site(now.site_code).time_zone),
        registered_on=now.registered_on,
        consented_on=get_patient_facts(now, protocol).consented_on,
        entered_on=now.entered_on,
        anchor_on=now.anchor_on,
        died_on=now.died_on,
        followed_until=now.followed_until,
        uses_data=now.uses_data,
    )
    findings = check_visit(facts)
    if findings:
        raise VisitRefusedError(findings)


def _follow(patient: Patient, planned: PlannedVisit, visit: Visit, protocol: Protocol, actor: Actor) -> None:
    """Day 0 is the day of the procedure visit, and no day when it was missed. When it moves, so do all windows."""
    now = Patient.objects.get(pk=patient.pk)
    if planned.kind == "procedure":
        on = visit.visited_on if visit.status == VisitStatus.ATTENDED else None
        reason = "Day 0 follows the procedure visit."
        now = correct_record(now, {"procedure_on": on}, actor=actor, base_revision=now.revision, reason=reason)
    follow_visit_windows(now, protocol, actor=SYSTEM)
