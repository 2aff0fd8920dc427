"""Gathering what the checks of a form may look at: the patient, the visit, and what related forms say."""

from typing import Any, cast
from uuid import UUID

from enrollment.context import PatientContext
from enrollment.crfs.registry import ENROLLMENT_CRFS, definition_for
from enrollment.models import Patient
from enrollment.selectors.facts import get_form_context, get_patient_facts
from trialsite.lib import clock
from trialsite.protocol.model import Protocol
from trialsite.records.crf import CrfDefinition
from trialsite.records.models import CaseReportForm
from visits.crfs.context import VisitContext
from visits.related import Around, gather_related
from visits.visit import Visit


def build_context(
    definition: CrfDefinition,
    patient: Patient,
    protocol: Protocol,
    *,
    visit: Visit | None = None,
    record_id: UUID | None = None,
) -> VisitContext:
    """Everything around one form, as plain values. `record_id` keeps an entry of a log out of what it is compared with."""
    facts = get_patient_facts(patient, protocol)
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
        previous=_values(_earlier_form(definition, visit)) if visit else {},
        baseline=_values(_baseline_form(definition, patient, protocol)) if visit else {},
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


def _earlier_form(definition: CrfDefinition, visit: Visit) -> CaseReportForm | None:
    if definition.kind != "visit" or visit.visited_on is None:
        return None
    earlier = definition.rows.filter(patient_id=visit.patient_id, visit__visited_on__lt=visit.visited_on)
    return cast("CaseReportForm | None", earlier.order_by("-visit__visited_on").first())


def _baseline_form(definition: CrfDefinition, patient: Patient, protocol: Protocol) -> CaseReportForm | None:
    if definition.kind != "visit":
        return None
    keys = [visit.key for visit in protocol.visits_of_kind(patient.phase_number, "baseline")]
    rows = definition.rows.filter(patient=patient, visit__planned_key__in=keys, visit__occasion=1)
    return cast("CaseReportForm | None", rows.first())


def _values(record: CaseReportForm | None) -> dict[str, Any]:
    return {field.name: getattr(record, field.attname) for field in type(record).clinical_fields()} if record else {}
