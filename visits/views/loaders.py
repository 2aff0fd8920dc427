"""Finding what a URL names, for the person who asks: unknown and forbidden answer alike."""

from typing import Any
from uuid import UUID

from django.http import Http404

from enrollment.context import PatientFacts
from enrollment.models import Patient
from trialsite.accounts.models import User
from trialsite.marks.models import Scope
from trialsite.protocol.current import get_protocol
from trialsite.protocol.model import PlannedVisit
from trialsite.records.crf import CrfDefinition
from visits.crfs.registry import CRFS
from visits.reach import Reach
from visits.selectors import (
    find_patient,
    find_patient_in_course,
    find_patient_with_facts,
    find_record,
    find_visit,
    find_visit_with_facts,
)
from visits.visit import Visit


def load_patient(user: User, patient_id: UUID) -> Patient:
    patient = find_patient(user, patient_id)
    if patient is None:
        raise Http404
    return patient


def load_visit(user: User, visit_id: UUID) -> Visit:
    visit = find_visit(user, visit_id)
    if visit is None:
        raise Http404
    return visit


def load_patient_with_facts(user: User, patient_id: UUID) -> tuple[Patient, PatientFacts]:
    found = find_patient_with_facts(user, patient_id, get_protocol())
    if found is None:
        raise Http404
    return found


def load_visit_with_facts(user: User, visit_id: UUID) -> tuple[Visit, PatientFacts]:
    found = find_visit_with_facts(user, visit_id, get_protocol())
    if found is None:
        raise Http404
    return found


def load_patient_in_course(user: User, patient_id: UUID) -> tuple[Patient, frozenset[str]]:
    """The patient, and the conditions that make some forms due."""
    found = find_patient_in_course(user, patient_id, get_protocol())
    if found is None:
        raise Http404
    return found


def load_planned(patient: Patient, key: str) -> PlannedVisit:
    planned = next((visit for visit in get_protocol().visits_of_phase(patient.phase_number) if visit.key == key), None)
    if planned is None:
        raise Http404
    return planned


def load_definition(user: User, key: str) -> CrfDefinition:
    definition = CRFS.get(key)
    if definition is None or not definition.may_view(user):
        raise Http404
    return definition


def load_reach(
    user: User,
    *,
    patient_id: UUID | None = None,
    visit_id: UUID | None = None,
    key: str = "",
    record_id: UUID | None = None,
) -> Reach:
    """The form, visit or casebook that a URL names; nobody reaches a restricted form here."""
    if record_id is not None:
        return _form_reach(user, key, record_id)
    if visit_id is not None:
        return make_visit_reach(load_visit(user, visit_id))
    if patient_id is None:
        return Reach(scope=Scope.TRIAL, label="the whole trial")
    return make_casebook_reach(load_patient(user, patient_id))


def _form_reach(user: User, key: str, record_id: UUID) -> Reach:
    definition = load_definition(user, key)
    record: Any = find_record(definition, record_id)
    if record is None or definition.is_restricted or not user.may_see_site(record.patient.site_code):
        raise Http404
    return make_form_reach(definition, record)


def make_casebook_reach(patient: Patient) -> Reach:
    return Reach(scope=Scope.CASEBOOK, label=f"{patient.number}, casebook", record=patient, patient=patient)


def make_visit_reach(visit: Visit) -> Reach:
    label = f"{visit.patient.number}, {_visit_label(visit)}"
    return Reach(scope=Scope.VISIT, label=label, record=visit, patient=visit.patient, visit=visit)


def make_form_reach(definition: CrfDefinition, record: Any) -> Reach:
    visit: Visit | None = record.visit if definition.kind == "visit" else None
    where = _visit_label(visit) if visit else ""
    return Reach(
        scope=Scope.FORM,
        label=", ".join(part for part in (record.patient.number, where, definition.title) if part),
        record=record,
        patient=record.patient,
        visit=visit,
        definition=definition,
    )


def _visit_label(visit: Visit) -> str:
    label = get_protocol().visit(visit.planned_key).label
    return f"{label} {visit.occasion}" if visit.occasion > 1 else label


def visible_definitions(user: User) -> list[CrfDefinition]:
    return [definition for definition in CRFS.values() if definition.may_view(user)]
