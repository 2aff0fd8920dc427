"""What a stored form means for the patient's course, written in the same transaction."""

from enrollment.models import Patient, PatientStatus
from trialsite.audit.actor import Actor
from trialsite.audit.gate import open_gate
from trialsite.protocol.model import Protocol
from trialsite.records.actions import correct_record
from trialsite.records.models import CaseReportForm, FormStatus
from visits.models import AdverseEvent, Disposition
from visits.related import find_death_day

COMPLETED = "completed"


def follow_course(record: CaseReportForm, *, protocol: Protocol, actor: Actor) -> None:
    """Death and completion belong to the patient too: keep them as the forms tell, also after a correction."""
    if not isinstance(record, AdverseEvent | Disposition):
        return
    with open_gate():
        patient: Patient = Patient._base_manager.select_for_update().get(pk=record.patient_id)
        values = {"died_on": find_death_day(patient.pk), "status": _status(patient, protocol)}
        reason = f"Follows from: {record._meta.verbose_name}."
        correct_record(patient, values, actor=actor, base_revision=patient.revision, reason=reason)


def _status(patient: Patient, protocol: Protocol) -> str:
    """Completed while the complete form says so; as before entry to follow-up once it does not any more."""
    forms = Disposition.objects.filter(patient=patient, disposition_status=COMPLETED, status=FormStatus.COMPLETE)
    if forms.exists():
        return PatientStatus.COMPLETED
    if patient.status != PatientStatus.COMPLETED:
        return str(patient.status)
    is_randomized = protocol.phase(patient.phase_number).is_randomized
    return PatientStatus.RANDOMIZED if is_randomized else PatientStatus.ENROLLED
