"""What a stored form means for the patient's course, written in the same transaction."""

from enrollment.models import Patient, PatientStatus
from trialsite.audit.actor import Actor
from trialsite.audit.gate import open_gate
from trialsite.protocol.model import Protocol
from trialsite.records.actions import correct_record
from trialsite.records.models import CaseReportForm, FormStatus
from visits.models import AdverseEvent, Disposition
from visits.related import find_death_day

COMPLETED, SCREEN_FAILURE = "completed", "screen_failure"
ENDED = (PatientStatus.COMPLETED, PatientStatus.DISCONTINUED)
# Screening failures and withdrawals are recorded on the patient, with their criteria and their scope.
OWN = (PatientStatus.SCREEN_FAILED, PatientStatus.WITHDRAWN)


def follow_course(record: CaseReportForm, *, protocol: Protocol, actor: Actor) -> None:
    """Death and the end of participation belong to the patient too: keep them as the forms tell, also after a correction."""
    if not isinstance(record, AdverseEvent | Disposition):
        return
    with open_gate():
        patient: Patient = Patient._base_manager.select_for_update().get(pk=record.patient_id)
        end = Disposition.objects.filter(patient=patient, status=FormStatus.COMPLETE).first()
        values = {
            "died_on": find_death_day(patient.pk),
            "ended_on": end.ended_on if end else None,
            "status": _status(patient, end, protocol),
        }
        reason = f"Follows from: {record._meta.verbose_name}."
        correct_record(patient, values, actor=actor, base_revision=patient.revision, reason=reason)


def _status(patient: Patient, end: Disposition | None, protocol: Protocol) -> str:
    """What the complete form says; as before it once there is none any more."""
    if end is not None and end.disposition_status == COMPLETED:
        return PatientStatus.COMPLETED
    if end is not None and end.disposition_status != SCREEN_FAILURE and patient.status not in OWN:
        return PatientStatus.DISCONTINUED
    return _status_before(patient, protocol) if patient.status in ENDED else str(patient.status)


def _status_before(patient: Patient, protocol: Protocol) -> str:
    """Who had not entered is in screening; eligibility is signed again on what is stored then."""
    if patient.entered_on is None:
        return PatientStatus.SCREENING
    is_randomized = protocol.phase(patient.phase_number).is_randomized
    return PatientStatus.RANDOMIZED if is_randomized else PatientStatus.ENROLLED
