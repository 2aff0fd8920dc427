"""Gathering what the checks of a form may look at: the patient, the visit, and what related forms say."""

from typing import Any
from uuid import UUID

from enrollment.context import PatientContext, PatientFacts
from enrollment.crfs.registry import ENROLLMENT_CRFS, definition_for
from enrollment.models import Patient
from enrollment.selectors.facts import get_form_context, get_patient_facts
from trialsite.lib import clock
from trialsite.protocol.model import Protocol
from trialsite.records.crf import CrfDefinition
from trialsite.records.models import CaseReportForm
from visits.crfs.context import VisitContext
from visits.related import Around, gather_related
from visits.selectors import Neighbors, find_neighbors
from visits.visit import Visit


def build_context(
    definition: CrfDefinition,
    patient: Patient,
    protocol: Protocol,
    *,
    visit: Visit | None = None,
    record_id: UUID | None = None,
    facts: PatientFacts | None = None,
    neighbors: Neighbors | None = None,
) -> VisitContext:
    """Everything around one form, as plain values. `record_id` keeps an entry of a log out of what it is compared with.

    `facts` and `neighbors` where they are known already.
    """
    facts = facts or get_patient_facts(patient, protocol)
    if neighbors is None and visit is not None and definition.kind == "visit":
        neighbors = find_neighbors(definition, visit, protocol)
    time_zone = protocol.site(patient.site_code).time_zone
    around = Around(patient=patient, protocol=protocol, visit=visit, record_id=record_id)
    return VisitContext(
        protocol=protocol,
        today=clock.today(time_zone),
        now=clock.now(),
        time_zone=time_zone,
        phase_number=patient.phase_number,
        sex=facts.sex,
        born_on=facts.born_on,
        consented_on=facts.consented_on,
        entered_on=patient.entered_on,
        procedure_on=patient.procedure_on,
        died_on=patient.died_on,
        visit=protocol.visit(visit.planned_key) if visit else None,
        visited_on=visit.visited_on if visit else None,
        previous=_values(neighbors.earlier) if neighbors else {},
        baseline=_values(neighbors.baseline) if neighbors else {},
        related=gather_related(definition.key, around),
    )


def context_of(
    definition: CrfDefinition, record: Any, protocol: Protocol
) -> tuple[CrfDefinition, PatientContext | VisitContext]:
    """Everything around a stored form, and the form as its patient's phase shapes it."""
    if definition.key not in ENROLLMENT_CRFS:
        visit = record.visit if definition.kind == "visit" else None
        return definition, build_context(definition, record.patient, protocol, visit=visit, record_id=record.pk)
    context = get_form_context(definition.key, record.patient, protocol, record.pk)
    return definition_for(definition, context), context


def _values(record: CaseReportForm | None) -> dict[str, Any]:
    return {field.name: getattr(record, field.attname) for field in type(record).clinical_fields()} if record else {}
