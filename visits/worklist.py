"""The operator's worklist, line by line: the patient, how far the procedure is, and the forms the operator fills in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.urls import reverse

from enrollment.models import Patient
from trialsite.accounts.models import User
from trialsite.protocol.current import get_protocol
from trialsite.protocol.model import Phase, PlannedVisit
from visits.conditions import get_conditions
from visits.crfs.registry import CRFS
from visits.presenters import FormLine, present_visit_forms
from visits.selectors import get_form_states
from visits.visit import Visit, VisitStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class WorklistLine:
    """One patient. `open_treatment` is the arm of an open-label phase; an arm of a blinded phase never stands here."""

    patient: Patient
    phase: Phase
    open_treatment: str
    procedure_on: date | None
    forms: Sequence[FormLine]
    arm_url: str
    start_url: str


def find_procedure_plan(patient: Patient) -> PlannedVisit:
    """The visit of the patient's phase at which the procedure is done."""
    visits = get_protocol().visits_of_phase(patient.phase_number)
    return next(visit for visit in visits if visit.kind == "procedure")


def get_lines(patients: Sequence[Patient], user: User) -> list[WorklistLine]:
    """The lines of some patients, in their order; the same number of queries however many they are."""
    keys = {find_procedure_plan(patient).key for patient in patients}
    found = Visit.objects.filter(patient__in=patients, planned_key__in=keys, status=VisitStatus.ATTENDED)
    visits: dict[UUID, Visit] = {visit.patient_id: visit for visit in found}
    definitions = [definition for definition in CRFS.values() if definition.may_view(user)]
    states = get_form_states([patient.pk for patient in patients], definitions)
    conditions = get_conditions(patients, get_protocol())
    lines = []
    for patient in patients:
        visit, plan, about = visits.get(patient.pk), find_procedure_plan(patient), conditions[patient.pk]
        forms = present_visit_forms(visit, plan, about, states[patient.pk], definitions, {}) if visit else []
        lines.append(_line(patient, visit, forms))
    return lines


def _line(patient: Patient, visit: Visit | None, forms: Sequence[FormLine]) -> WorklistLine:
    phase = get_protocol().phase(patient.phase_number)
    arms = get_protocol().arms_of_phase(phase.number)
    return WorklistLine(
        patient=patient,
        phase=phase,
        open_treatment="" if phase.is_randomized else ", ".join(arm.label for arm in arms),
        procedure_on=visit.visited_on if visit else None,
        forms=forms,
        arm_url=reverse("worklist_arm", args=(patient.pk,)) if phase.is_randomized else "",
        start_url="" if visit else reverse("start_procedure", args=(patient.pk,)),
    )
