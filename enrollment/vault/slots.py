"""Taking the next slot, or voiding it. Of the doors of the vault the first is the draw: it never returns an arm."""

import secrets
from uuid import UUID

from django.db.models import Max, Q

from enrollment.models import Patient
from enrollment.vault.lists import about_list, get_sealed_list, open_slot
from enrollment.vault.models import AllocationSlot, AllocationStratum, Draw, VoidedSlot
from enrollment.vault.refusal import VaultRefusedError
from trialsite.accounts.actor import Actor
from trialsite.audit.gate import is_gate_open, open_gate
from trialsite.audit.write import Subject, write_event
from trialsite.lib import clock
from trialsite.protocol.model import Phase

# No vowels, so that no code is a word; no character that is taken for another.
CODE_CHARACTERS = "BCDFGHJKMPQRTVWXY2346789"
CODE_LENGTH = 7


def take_next_slot(patient: Patient, stratum: str, arms: tuple[str, ...], *, actor: Actor) -> str:
    """Give the patient the next slot of their stratum and return the code. Call it inside the gate, the patient's row locked.

    Raises `VaultRefusedError` when no slot can be given. Nothing taken is ever given back, except by the rollback of the
    whole transaction, and then the next draw takes that very slot.
    """
    if not is_gate_open():
        raise RuntimeError("a slot is taken inside the gate only")
    sealed = get_sealed_list(patient.phase_number)
    slot = _next_slot(_lock_stratum(sealed.id, stratum))
    if open_slot(sealed.id, slot).arm not in arms:
        raise VaultRefusedError(f"The protocol no longer has the arm of a slot in stratum {stratum}.")
    draw = Draw.objects.create(
        slot=slot, patient=patient, code=slot.code or _new_code(), appended_at=clock.now(), appended_by=actor.username
    )
    write_event(
        "draw_slot", actor=actor, subject=about_patient(patient), detail=f"Slot {slot.position} of stratum {stratum}."
    )
    return draw.code


def void_next_slot(phase: Phase, stratum: str, reason: str, *, actor: Actor) -> VoidedSlot:
    """Let the next slot of a stratum go to nobody, for ever, so that the next draw takes the one after it."""
    with open_gate():
        sealed = get_sealed_list(phase.number)
        slot = _next_slot(_lock_stratum(sealed.id, stratum))
        void = VoidedSlot.objects.create(slot=slot, reason=reason, appended_at=clock.now(), appended_by=actor.username)
        write_event(
            "void_slot",
            actor=actor,
            subject=about_list(sealed.id),
            reason=reason,
            detail=f"Slot {slot.position} of stratum {stratum}.",
        )
    return void


def _lock_stratum(list_id: UUID, key: str) -> AllocationStratum:
    """Draws of one stratum queue here until the one before has ended."""
    stratum = AllocationStratum.objects.select_for_update().filter(list_id=list_id, key=key).first()
    if stratum is None:
        raise VaultRefusedError(f"The list has no stratum {key}.")
    return stratum


def _next_slot(stratum: AllocationStratum) -> AllocationSlot:
    is_spent = Q(draw__isnull=False) | Q(void__isnull=False)
    last = stratum.slots.filter(is_spent).aggregate(position=Max("position"))["position"] or 0
    slot = stratum.slots.select_related("stratum").filter(position=last + 1).first()
    if slot is None:
        raise VaultRefusedError(f"Stratum {stratum.key} is exhausted: all {last} slots are used.")
    return slot


def _new_code() -> str:
    while True:
        code = "R-" + "".join(secrets.choice(CODE_CHARACTERS) for _ in range(CODE_LENGTH))
        if not Draw.objects.filter(code=code).exists() and not AllocationSlot.objects.filter(code=code).exists():
            return code


def about_patient(patient: Patient) -> Subject:
    """The subject of vault events about a patient: restricted, and no record's revision."""
    return Subject(site_code=patient.site_code, patient_id=patient.id, record_kind="vault.draw", is_restricted=True)
