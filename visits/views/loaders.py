"""Finding what a URL names, for the person who asks: unknown and forbidden answer alike."""

from uuid import UUID

from django.http import Http404

from enrollment.models import Patient
from trialsite.accounts.models import User
from trialsite.protocol.current import get_protocol
from trialsite.protocol.model import PlannedVisit
from trialsite.records.crf import CrfDefinition
from visits.crfs.registry import CRFS
from visits.selectors import find_patient, find_visit
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


def visible_definitions(user: User) -> list[CrfDefinition]:
    return [definition for definition in CRFS.values() if definition.may_view(user)]
