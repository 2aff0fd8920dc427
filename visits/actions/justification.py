"""Outcomes entered by somebody who knows the arm: why, kept where only those read who may know that a code was broken."""

from dataclasses import replace
from functools import partial

from enrollment.models import Patient
from enrollment.selectors.unblinding import find_shown_moment
from trialsite.accounts.actor import actor_of
from trialsite.accounts.models import User
from trialsite.audit.actor import Actor
from trialsite.audit.write import write_event
from trialsite.records.crf import CrfDefinition
from trialsite.records.entry import Justify
from trialsite.records.models import CaseReportForm


def ask_justification(definition: CrfDefinition, patient: Patient, user: User) -> Justify | None:
    """What to ask this account at each change of the form; None where it knows no arm, or where the form holds no outcome."""
    shown_at = find_shown_moment(patient, user.username) if definition.is_outcome else None
    return Justify(shown_at, partial(keep_justification, actor=actor_of(user))) if shown_at else None


def keep_justification(record: CaseReportForm, why: str, *, actor: Actor) -> None:
    """Add a restricted event beside the event of the change, inside its gate: neither is stored without the other."""
    subject = replace(record.subject(), revision=None, is_restricted=True)
    detail = f"Changed after a code break, at revision {record.revision}."
    write_event("justify_change", actor=actor, subject=subject, reason=why, detail=detail)
