"""Words in a blinded form that may tell an arm: noted for those who may know one, and a message for them in place of such words."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from enrollment.models import Patient
from trialsite.accounts.actor import actor_of
from trialsite.accounts.models import User
from trialsite.audit.gate import open_gate
from trialsite.audit.write import write_event
from trialsite.records.crf import CrfDefinition
from trialsite.records.entry import Think
from trialsite.records.models import CaseReportForm
from visits.unblinded_message import UnblindedMessage


def ask_to_think(definition: CrfDefinition, patient: Patient, user: User) -> Think | None:
    """For every form that blinded people read; None for the operator's."""
    if definition.is_restricted:
        return None
    return Think(partial(_keep, title=definition.title, patient=patient, user=user))


def _keep(
    record: CaseReportForm, words: Sequence[str], message: str, *, title: str, patient: Patient, user: User
) -> None:
    """Restricted events beside that of the save: which words were left in the form after thinking, and that a message was written."""
    subject, actor = replace(record.subject(), revision=None, is_restricted=True), actor_of(user)
    with open_gate():
        if words:
            detail = f"Left in the form after thinking: {', '.join(words)}."
            write_event("telling_words", actor=actor, subject=subject, detail=detail)
        if message:
            write_event("tell_unblinded", actor=actor, subject=subject)
            UnblindedMessage.objects.create(
                patient_id=patient.pk,
                patient_number=patient.number,
                site_code=patient.site_code,
                form_title=title,
                record_id=record.pk,
                text=message,
                by_username=user.username,
                by_name=user.full_name,
            )
