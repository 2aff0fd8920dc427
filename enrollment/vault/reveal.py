"""Telling arms: to the operator for the patient on the table, in an emergency to one investigator, and to the statistician for
analysis. Each telling is an audit event.
"""

from uuid import UUID

from django.db.models import QuerySet

from enrollment.models import Patient
from enrollment.selectors.worklist import is_on_worklist
from enrollment.vault.breaks import Asked, store_break
from enrollment.vault.lists import open_slot
from enrollment.vault.models import Draw
from enrollment.vault.refusal import VaultRefusedError
from enrollment.vault.slots import about_patient
from trialsite.accounts.actor import actor_of
from trialsite.accounts.models import User
from trialsite.accounts.roles import Permission, Role
from trialsite.audit.gate import open_gate
from trialsite.audit.write import Subject, write_event
from trialsite.protocol.model import Protocol
from trialsite.records.actions import log_event

_ABOUT_ALL = Subject(record_kind="vault.draw", is_restricted=True)


def reveal_to_operator(patient: Patient, protocol: Protocol, *, user: User) -> str:
    """The key of the arm of a drawn patient on the operator's own worklist. The caller has asked for the password again."""
    if not user.may(Permission.VIEW_WORKLIST) or not user.may_see_site(patient.site_code):
        raise VaultRefusedError("The vault opens for an operator of the patient's site only.")
    if not is_on_worklist(patient, protocol):
        raise VaultRefusedError("The patient is not on the operator's list today.")
    with open_gate():
        arm = _open_arms(Draw.objects.filter(patient=patient)).get(patient.id)
        if arm is None:
            raise VaultRefusedError("The patient was not drawn.")
        write_event("reveal_arm", actor=actor_of(user), subject=about_patient(patient), detail="To the operator.")
    return arm


def break_code(patient: Patient, asked: Asked, *, user: User) -> str:
    """The key of the arm of one drawn patient, for an emergency. The caller has asked for the password again.

    The break is stored in the transaction that opens the slot: who is told the arm has left a row. Raises
    `AlreadyShownError` when this occasion was used.
    """
    if not user.may(Permission.BREAK_CODE) or not user.may_see_site(patient.site_code):
        raise VaultRefusedError("The code is broken by an investigator of the patient's site only.")
    with open_gate():
        arm = _open_arms(Draw.objects.filter(patient=patient)).get(patient.id)
        if arm is None:
            raise VaultRefusedError("The patient was not drawn.")
        made = store_break(patient, asked, user=user)
        write_event(
            "break_code", actor=actor_of(user), subject=about_patient(patient), detail=f"{made.get_reason_display()}."
        )
    return arm


def get_arm_to_check(patient: Patient, *, user: User) -> str | None:
    """The key of the arm for the checks of the operator's own form, which may then say that the entries do not fit it; None before a draw.

    It is kept apart in the trail: nobody is shown the arm, but a refusal can tell it.
    """
    if not user.may(Permission.ENTER_INTERVENTION) or not user.may_see_site(patient.site_code):
        raise VaultRefusedError("The vault opens for an operator of the patient's site only.")
    with open_gate():
        arm = _open_arms(Draw.objects.filter(patient=patient)).get(patient.id)
        if arm is not None:
            write_event("check_against_arm", actor=actor_of(user), subject=about_patient(patient))
    return arm


def get_arms_for_analysis(*, user: User, purpose: str) -> dict[UUID, str]:
    """Patient id -> key of the arm, for every patient ever drawn. `purpose` names the report and goes into the audit."""
    if not user.may(Permission.VIEW_ARM_REPORTS) or user.role_set != {Role.STATISTICIAN}:
        raise VaultRefusedError("Arms are for the statistician's reports only.")
    with open_gate():
        arms = _open_arms(Draw.objects.all())
        write_event("read_arms", actor=actor_of(user), subject=_ABOUT_ALL, detail=f"{purpose}: {len(arms)} patients.")
    return arms


def _open_arms(draws: QuerySet[Draw]) -> dict[UUID, str]:
    rows = draws.select_related("slot__stratum")
    return {draw.patient_id: open_slot(draw.slot.stratum.list_id, draw.slot).arm for draw in rows}


def note_refusal(patient: Patient, detail: str, *, user: User) -> None:
    """Keep for the statistician why an arm was not shown; call it outside of any transaction that is rolled back."""
    log_event("refuse_reveal", actor=actor_of(user), subject=about_patient(patient), detail=detail)
