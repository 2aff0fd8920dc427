"""Generating a list, sealing it, and finding out whether it is still the list that was sealed."""

import json
import secrets
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError

from enrollment.models import ListCommitment
from enrollment.strata import LONGEST_STRATUM, list_strata
from enrollment.vault.blocks import Sequenced, make_sequence
from enrollment.vault.cipher import ARM_BYTES, PARAMETERS_BYTES, close, made_in, open_at
from enrollment.vault.commitment import Head, Slot, commit
from enrollment.vault.keys import get_key_number
from enrollment.vault.models import AllocationList, AllocationSeal, AllocationSlot, AllocationStratum
from enrollment.vault.refusal import VaultRefusedError
from enrollment.vault.schemes import Scheme
from enrollment.vault.used import refuse_used, register_used
from trialsite.accounts.actor import Actor
from trialsite.audit.gate import open_gate
from trialsite.audit.write import Subject, write_event
from trialsite.lib import clock
from trialsite.protocol.model import Allocation, Phase, Protocol

Parameters = dict[str, Any]
SALT_BYTES = 32
UPLOADED = "uploaded"  # in place of a scheme, for a list that was made elsewhere


def generate_list(
    phase: Phase, protocol: Protocol, *, scheme: Scheme, least_per_stratum: int, actor: Actor
) -> AllocationList:
    """Make a new list by chance of the operating system. It takes the place of an earlier one that nobody sealed."""
    allocation = allocation_of(phase)
    if not 1 <= least_per_stratum <= LONGEST_STRATUM:
        raise VaultRefusedError(f"A stratum takes 1 to {LONGEST_STRATUM} slots.")
    chance = secrets.SystemRandom()
    drawn = {key: make_sequence(scheme, least_per_stratum, chance) for key in list_strata(allocation, protocol)}
    return store_list(phase, protocol, to_slots(drawn), describe_scheme(scheme, drawn), actor=actor)


def store_list(
    phase: Phase, protocol: Protocol, slots: Sequence[Slot], parameters: Parameters, *, actor: Actor
) -> AllocationList:
    """Encrypt and keep a new list, with what is to be known of how it was made."""
    try:
        with open_gate():
            lists = _lock_lists(phase.number)
            refuse_second_seal(phase.number)
            made = _store_list(phase, protocol, slots, parameters, serial=len(lists) + 1, actor=actor)
            action = "upload_list" if parameters["method"] == UPLOADED else "generate_list"
            write_event(action, actor=actor, subject=about_list(made.id), detail=f"Phase {phase.number}.")
    except IntegrityError:
        raise VaultRefusedError("A colleague made a list at the same moment. Look at that one.") from None
    return made


def seal_list(list_id: UUID, protocol: Protocol, *, actor: Actor) -> AllocationSeal:
    """Let the newest list of its phase serve from now on, and publish its digest. There is no way back."""
    with open_gate():
        found = AllocationList.objects.filter(pk=list_id).first()
        if found is None:
            raise VaultRefusedError("There is no such list.")
        _lock_lists(found.phase_number)
        refuse_second_seal(found.phase_number)
        _refuse_unfit(found, protocol)
        verify_against_itself(found)
        _take_order(found, actor)
        return _store_seal(found, actor)


def allocation_of(phase: Phase) -> Allocation:
    """How the list of a phase is made; an open-label phase has none."""
    if phase.allocation is None:
        raise VaultRefusedError(f"Phase {phase.number} is open label and has no list.")
    return phase.allocation


def _lock_lists(phase_number: int) -> list[AllocationList]:
    """Two people who generate or seal at once follow each other; the unique serial, and phase of a seal, are the last line."""
    return list(AllocationList.objects.select_for_update().filter(phase_number=phase_number))


def refuse_second_seal(phase_number: int) -> None:
    """A phase whose list is sealed takes no other."""
    if AllocationSeal.objects.filter(phase_number=phase_number).exists():
        raise VaultRefusedError(f"Phase {phase_number} has its sealed list; there is one only.")


def _refuse_unfit(found: AllocationList, protocol: Protocol) -> None:
    newest = AllocationList.objects.filter(phase_number=found.phase_number).last()
    if newest != found:
        raise VaultRefusedError("A newer list was generated since. Look at that one.")
    if found.protocol_digest != protocol.digest:
        raise VaultRefusedError("The protocol file changed since the list was generated. Generate it again.")


def _take_order(found: AllocationList, actor: Actor) -> None:
    """Refuse an uploaded list that served before, and keep this one from serving again."""
    slots = open_slots(found)
    if read_parameters(found)["method"] == UPLOADED:
        refuse_used(slots)
    register_used(slots, f"Phase {found.phase_number}, {made_in()}", actor=actor)


def _store_list(
    phase: Phase,
    protocol: Protocol,
    slots: Sequence[Slot],
    parameters: Parameters,
    *,
    serial: int,
    actor: Actor,
) -> AllocationList:
    made = AllocationList(
        phase_number=phase.number,
        serial=serial,
        protocol_digest=protocol.digest,
        is_demo=not settings.IS_PRODUCTION,
        key_number=get_key_number(),
        appended_at=clock.now(),
        appended_by=actor.username,
    )
    salt = secrets.token_hex(SALT_BYTES)
    described = json.dumps({**parameters, "salt": salt}, sort_keys=True)
    made.sealed_parameters = close(described, place_of_parameters(made.id), size=PARAMETERS_BYTES)
    made.commitment = commit(head_of(made, salt), slots)
    made.save(force_insert=True)
    _store_slots(made, slots)
    return made


def to_slots(drawn: dict[str, Sequenced]) -> list[Slot]:
    """The strata one after the other, each in its order."""
    return [Slot(key, n, arm) for key, made_of in drawn.items() for n, arm in enumerate(made_of.arms, start=1)]


def describe_scheme(scheme: Scheme, drawn: dict[str, Sequenced]) -> Parameters:
    """What is kept, encrypted, of how a list was made."""
    return {
        "method": scheme.method,
        "ratio": dict(scheme.ratio),
        "block sizes allowed": list(scheme.block_sizes),
        "imbalance limit": scheme.imbalance_limit,
        "block sizes drawn": {key: list(made_of.block_sizes) for key, made_of in drawn.items()},
        "source of chance": "operating system",
    }


def _store_slots(made: AllocationList, slots: Iterable[Slot]) -> None:
    added = {"appended_at": made.appended_at, "appended_by": made.appended_by}
    key_number = made.key_number
    strata: dict[str, AllocationStratum] = {}
    rows = []
    for slot in slots:
        if slot.stratum not in strata:
            strata[slot.stratum] = AllocationStratum.objects.create(list=made, key=slot.stratum, **added)
        row = AllocationSlot(
            stratum=strata[slot.stratum], position=slot.position, code=slot.code, key_number=key_number, **added
        )
        row.sealed_arm = close(slot.arm, place_of_slot(made.id, row), size=ARM_BYTES)
        rows.append(row)
    AllocationSlot.objects.bulk_create(rows)


def _store_seal(found: AllocationList, actor: Actor) -> AllocationSeal:
    added = {"appended_at": clock.now(), "appended_by": actor.username}
    seal = AllocationSeal.objects.create(
        list=found, phase_number=found.phase_number, commitment=found.commitment, **added
    )
    ListCommitment.objects.create(
        phase_number=found.phase_number,
        sha256=found.commitment,
        protocol_digest=found.protocol_digest,
        is_demo=found.is_demo,
        **added,
    )
    write_event("seal_list", actor=actor, subject=about_list(found.id), detail=f"Phase {found.phase_number}.")
    said = f"The allocation list of phase {found.phase_number} was sealed. SHA-256 {found.commitment}"
    write_event("publish_commitment", actor=actor, detail=said)
    return seal


def place_of_slot(list_id: UUID, row: AllocationSlot) -> dict[str, str | int]:
    """Where the ciphertext of a slot belongs; a code that the list brought is bound to it as well."""
    code = {"code": row.code} if row.code else {}
    return {"list": str(list_id), "stratum": row.stratum.key, "position": row.position, **code}


def place_of_parameters(list_id: UUID) -> dict[str, str | int]:
    return {"list": str(list_id), "part": "parameters"}


def about_list(list_id: UUID) -> Subject:
    """The subject of audit events about a list; restricted, as everything of the vault."""
    return Subject(record_kind="vault.allocationlist", record_id=list_id, is_restricted=True)


def head_of(found: AllocationList, salt: str) -> Head:
    return Head(
        list_id=str(found.id),
        protocol_digest=found.protocol_digest,
        phase_number=found.phase_number,
        made_in=made_in(),
        salt=salt,
    )


def read_parameters(found: AllocationList) -> Parameters:
    """How a list was made, with the salt of its commitment; for the keeper of the list only."""
    parameters: Parameters = json.loads(open_at(found.sealed_parameters, place_of_parameters(found.id)))
    return parameters


def open_slots(found: AllocationList) -> list[Slot]:
    rows = AllocationSlot.objects.filter(stratum__list=found).select_related("stratum").order_by("pk")
    return [open_slot(found.id, row) for row in rows]


def open_slot(list_id: UUID, row: AllocationSlot) -> Slot:
    """One slot in the clear; refused when its ciphertext is not what was put there."""
    return Slot(row.stratum.key, row.position, open_at(row.sealed_arm, place_of_slot(list_id, row)), row.code)


def verify_against_itself(found: AllocationList) -> None:
    """Refuse a list that is not the one generated, or that was made for another kind of installation."""
    if found.is_demo == settings.IS_PRODUCTION:
        raise VaultRefusedError("A list made in a demo never serves in production, nor the other way round.")
    if commit(head_of(found, read_parameters(found)["salt"]), open_slots(found)) != found.commitment:
        raise VaultRefusedError("The list does not give its commitment any more: slots were altered, added or removed.")


def get_sealed_list(phase_number: int) -> AllocationList:
    """The list that serves a phase, after making sure that it is the one that was sealed and published."""
    seal = AllocationSeal.objects.select_related("list").filter(phase_number=phase_number).first()
    if seal is None:
        raise VaultRefusedError(f"Phase {phase_number} has no sealed list.")
    published = ListCommitment.objects.filter(phase_number=phase_number).first()
    if published is None or not published.sha256 == seal.commitment == seal.list.commitment:
        raise VaultRefusedError(f"The list of phase {phase_number} is not the one whose commitment was published.")
    verify_against_itself(seal.list)
    return seal.list
