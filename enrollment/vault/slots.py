"""Taking the next slot, or voiding it. Of the doors of the vault the first is the draw: it never returns an arm."""

import secrets
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import Max, Q

from enrollment.models import Patient
from enrollment.vault.door import draw_through_door
from enrollment.vault.lists import about_list, get_sealed_list, open_slot
from enrollment.vault.models import AllocationList, AllocationSlot, AllocationStratum, Draw, VoidedSlot
from enrollment.vault.refusal import VaultRefusedError
from trialsite.accounts.actor import Actor
from trialsite.audit.gate import is_gate_open, open_gate
from trialsite.audit.write import Subject, write_event
from trialsite.lib import clock
from trialsite.protocol.model import Phase

# No vowels, so that no code is a word; no character that is taken for another.
CODE_CHARACTERS = "BCDFGHJKMPQRTVWXY2346789"
CODE_LENGTH = 7

# The detail of a refusal by a process that cannot look; the page of the list finds the reason.
NOT_TOLD = "The process that draws has no right to know why."


def take_next_slot(patient: Patient, stratum: str, arms: tuple[str, ...], *, actor: Actor) -> str:
    """Give the patient the next slot of their stratum and return the code. Call it inside the gate, the patient's row locked.

    Raises `VaultRefusedError` when no slot can be given. Nothing taken is ever given back, except by the rollback of the
    whole transaction, and then the next draw takes that very slot. A process that has the key compares the whole list with
    its commitment first; one that has none takes the slot without being able to read it.
    """
    if not is_gate_open():
        raise RuntimeError("a slot is taken inside the gate only")
    sealed = get_sealed_list(patient.phase_number) if settings.ALLOCATION_KEYS else None
    has_door = connection.vendor == "postgresql"
    code = _take_through_door(patient, stratum, actor) if has_door else _take_here(patient, stratum, sealed, actor)
    if sealed is not None:
        _refuse_lost_arm(patient, arms)
    write_event("draw_slot", actor=actor, subject=about_patient(patient), detail=f"Code {code}.")
    return code


def _take_through_door(patient: Patient, stratum: str, actor: Actor) -> str:
    code = draw_through_door(
        patient.phase_number, stratum, patient.id, code=_new_code(), at=clock.now(), by=actor.username
    )
    if code is None:
        raise VaultRefusedError(explain(patient.phase_number, stratum) if settings.ALLOCATION_KEYS else NOT_TOLD)
    return code


def _take_here(patient: Patient, stratum: str, sealed: AllocationList | None, actor: Actor) -> str:
    """What the door does on PostgreSQL, for SQLite, where one process does everything."""
    if sealed is None:
        raise VaultRefusedError("This process has no key of the vault.")
    slot = _next_slot(_lock_stratum(sealed.id, stratum))
    added = {"appended_at": clock.now(), "appended_by": actor.username}
    return Draw.objects.create(slot=slot, patient=patient, code=slot.code or _new_code(), **added).code


def _refuse_lost_arm(patient: Patient, arms: tuple[str, ...]) -> None:
    draw = Draw.objects.select_related("slot__stratum").get(patient=patient)
    if open_slot(draw.slot.stratum.list_id, draw.slot).arm not in arms:
        raise VaultRefusedError(f"The protocol no longer has the arm of a slot in stratum {draw.slot.stratum.key}.")


def explain(phase_number: int, stratum: str) -> str:
    """Why no slot of a stratum can be given now, for the statistician; "" when one can."""
    try:
        sealed = get_sealed_list(phase_number)
        found = sealed.strata.filter(key=stratum).first()
        _next_slot(found) if found else _lock_stratum(sealed.id, stratum)
    except VaultRefusedError as refused:
        return str(refused)
    return ""


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
    """A code that no patient has. It is looked for among the patients, whom every process may read."""
    while True:
        code = "R-" + "".join(secrets.choice(CODE_CHARACTERS) for _ in range(CODE_LENGTH))
        if not Patient.objects.filter(randomization_code=code).exists():
            return code


def about_patient(patient: Patient) -> Subject:
    """The subject of vault events about a patient: restricted, and no record's revision."""
    return Subject(site_code=patient.site_code, patient_id=patient.id, record_kind="vault.draw", is_restricted=True)
