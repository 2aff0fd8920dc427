"""The sealed list in the clear, for who checks after the release that it was never altered. Each reading is an event of the restricted trail."""

from enrollment.vault.commitment import to_canonical_text
from enrollment.vault.lists import about_list, get_sealed_list, head_of, open_slot, open_slots, read_parameters
from enrollment.vault.models import Draw, VoidedSlot
from enrollment.vault.refusal import VaultRefusedError
from trialsite.accounts.actor import actor_of
from trialsite.accounts.models import User
from trialsite.accounts.roles import Permission, Role
from trialsite.audit.gate import open_gate
from trialsite.audit.write import write_event


def read_released_list(phase_number: int, *, user: User) -> str:
    """The very text whose SHA-256 was published. The caller has made sure that the arms are released."""
    _refuse_others(user)
    with open_gate():
        found = get_sealed_list(phase_number)
        text = to_canonical_text(head_of(found, read_parameters(found)["salt"]), open_slots(found))
        write_event("read_list", actor=actor_of(user), subject=about_list(found.id), detail=f"Phase {phase_number}.")
    return text


def read_released_draws(phase_number: int, *, user: User) -> str:
    """Who took which slot, one line a slot that was taken or voided: stratum, position, patient (or "void"), code, arm; tabs between."""
    _refuse_others(user)
    with open_gate():
        found = get_sealed_list(phase_number)
        draws = Draw.objects.filter(slot__stratum__list=found).select_related("slot__stratum", "patient")
        voids = VoidedSlot.objects.filter(slot__stratum__list=found).select_related("slot__stratum")
        taken = [(open_slot(found.id, one.slot), one.patient.number, one.code) for one in draws]
        taken += [(open_slot(found.id, one.slot), "void", "") for one in voids]
        write_event("read_list", actor=actor_of(user), subject=about_list(found.id), detail="Who took which slot.")
    lines = ((slot.stratum, str(slot.position), number, code, slot.arm) for slot, number, code in sorted(taken))
    return "".join("\t".join(line) + "\n" for line in lines)


def _refuse_others(user: User) -> None:
    if not user.may(Permission.VIEW_ARM_REPORTS) or user.role_set != {Role.STATISTICIAN}:
        raise VaultRefusedError("The list is for the statistician only.")
