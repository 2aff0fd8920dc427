"""Reading visits and their forms back. Every function here costs a fixed number of queries."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from django.db.models import F, QuerySet, Value
from django.db.models.functions import Cast

from enrollment.models import Patient
from trialsite.accounts.models import User
from trialsite.protocol.model import Protocol
from trialsite.records.crf import CrfDefinition
from trialsite.records.models import CaseReportForm
from visits.schedule import Course, ScheduledVisit, Seen, plan_visits
from visits.visit import Visit, VisitStatus


@dataclass(frozen=True, slots=True)
class FormState:
    """One stored form: which, at which visit (None for a patient's log or single form), how far."""

    form_key: str
    record_id: UUID
    visit_id: UUID | None
    status: str


def find_patient(user: User, patient_id: UUID) -> Patient | None:
    """The patient, if this person may know of them."""
    patient = Patient.objects.filter(pk=patient_id).first()
    return cast(Patient, patient) if patient and user.may_see_site(patient.site_code) else None


def find_visit(user: User, visit_id: UUID) -> Visit | None:
    visit = Visit.objects.select_related("patient").filter(pk=visit_id).first()
    return cast(Visit, visit) if visit and user.may_see_site(visit.patient.site_code) else None


def get_visits(patient: Patient) -> list[Visit]:
    return list(Visit.objects.filter(patient=patient).order_by("visited_on", "occasion"))


def find_planned_visit(patient: Patient, planned_key: str, occasion: int = 1) -> Visit | None:
    return cast(
        "Visit | None", Visit.objects.filter(patient=patient, planned_key=planned_key, occasion=occasion).first()
    )


def get_form_states(patients: Iterable[UUID], definitions: Sequence[CrfDefinition]) -> dict[UUID, list[FormState]]:
    """The stored forms of some patients, over all tables in one query."""
    wanted = list(patients)
    found: dict[UUID, list[FormState]] = {patient_id: [] for patient_id in wanted}
    parts = [_states_of(definition, wanted) for definition in definitions]
    if not parts or not wanted:
        return found
    for patient_id, *state in parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]:
        found[patient_id].append(FormState(*state))
    return found


def _states_of(definition: CrfDefinition, patients: list[UUID]) -> "QuerySet[Any, Any]":
    rows = definition.rows.filter(patient_id__in=patients).order_by()
    visit = F("visit_id") if definition.kind == "visit" else Cast(Value(None), _id_field())
    states: QuerySet[Any, Any] = rows.annotate(form_key=Value(definition.key), at_visit=visit).values_list(
        "patient_id", "form_key", "id", "at_visit", "status"
    )
    return states


def _id_field() -> Any:
    return Visit._meta.get_field("id")


def course_of(patient: Patient, protocol: Protocol, conditions: frozenset[str] = frozenset()) -> Course:
    phase = protocol.phase(patient.phase_number)
    always = {"randomized"} if phase.is_randomized else set()
    return Course(
        phase_number=patient.phase_number,
        anchor_on=patient.anchor_on,
        is_treated=patient.procedure_on is not None,
        left_on=patient.left_on,
        conditions=conditions | always,
    )


def schedule_of(
    patient: Patient, visits: Iterable[Visit], protocol: Protocol, today: Any, conditions: frozenset[str]
) -> list[ScheduledVisit]:
    seen = {
        visit.planned_key: Seen(visited_on=visit.visited_on, is_missed=visit.status == VisitStatus.MISSED)
        for visit in visits
        if visit.occasion == 1
    }
    return plan_visits(protocol, course_of(patient, protocol, conditions), seen, today)


def find_visit_form(definition: CrfDefinition, visit: Visit) -> CaseReportForm | None:
    return cast("CaseReportForm | None", definition.rows.filter(visit=visit).select_related("visit", "patient").first())


def find_record(definition: CrfDefinition, record_id: UUID) -> CaseReportForm | None:
    return cast("CaseReportForm | None", definition.rows.filter(pk=record_id).select_related("patient").first())


def find_grid_rows(definition: CrfDefinition, record: CaseReportForm) -> dict[UUID, str]:
    """Id -> name of a form's rows, whose changes belong to its history."""
    if definition.grid is None:
        return {}
    stored = definition.grid.stored_rows.filter(parent_id=record.pk).values_list("pk", "key")
    labels = dict(definition.grid.rows)
    return {row_id: labels.get(key, key) for row_id, key in stored}
