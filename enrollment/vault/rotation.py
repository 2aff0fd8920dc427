"""Changing the key of the vault: every ciphertext is made anew with the first key, all or none."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from django.conf import settings

from enrollment.vault.breaks import STATEMENT_BYTES, place_of_statement
from enrollment.vault.cipher import ARM_BYTES, PARAMETERS_BYTES, close, open_at, opens_with_first_key
from enrollment.vault.keys import get_key_number
from enrollment.vault.lists import place_of_parameters, place_of_slot, verify_against_itself
from enrollment.vault.models import (
    AllocationList,
    AllocationSlot,
    CodeBreak,
    CodeBreakImpact,
    DataSnapshot,
    KeyRotation,
    UsedList,
)
from enrollment.vault.refusal import VaultRefusedError
from enrollment.vault.snapshots import SNAPSHOT_BYTES, place_of_facts, place_of_note
from enrollment.vault.used import DIGEST_BYTES, place_of_digest
from trialsite.accounts.actor import Actor
from trialsite.audit.gate import open_gate
from trialsite.audit.write import Subject, write_event
from trialsite.lib import clock

# A row, its column, the place of its ciphertext, and the size it is filled up to.
Sealed = tuple[Any, str, dict[str, str | int], int]

_ABOUT_KEY = Subject(record_kind="vault.keyrotation", is_restricted=True)


def rotate_key(*, actor: Actor) -> int:
    """Encrypt everything with the first key of the settings, in one transaction; give the number of ciphertexts.

    Refused when there is no second key, for then there is nothing to change from, and when the first key is in use already.
    Afterwards the old key opens nothing, and can be taken out of the settings.
    """
    if len(settings.ALLOCATION_KEYS) < 2:
        raise VaultRefusedError(
            "Put the new key in front of the old one, with a comma between them; there is one key only."
        )
    with open_gate():
        lists = list(AllocationList.objects.select_for_update())
        found = list(_list_sealed())
        if found and all(opens_with_first_key(getattr(row, column)) for row, column, _, _ in found):
            raise VaultRefusedError("Everything is encrypted with the first key already. The other keys can go.")
        number = get_key_number() + 1
        KeyRotation.objects.create(number=number, appended_at=clock.now(), appended_by=actor.username)
        for _, of_row in groupby(found, key=lambda sealed: (type(sealed[0]), sealed[0].pk)):
            _seal_anew(list(of_row), number)
        for one in lists:
            one.refresh_from_db()
            verify_against_itself(one)
        write_event("rotate_allocation_key", actor=actor, subject=_ABOUT_KEY, detail=f"{len(found)} ciphertexts.")
    return len(found)


def _list_sealed() -> Iterator[Sealed]:
    for one in AllocationList.objects.all():
        yield one, "sealed_parameters", place_of_parameters(one.id), PARAMETERS_BYTES
    for slot in AllocationSlot.objects.select_related("stratum").order_by("pk"):
        yield slot, "sealed_arm", place_of_slot(slot.stratum.list_id, slot), ARM_BYTES
    for used in UsedList.objects.all():
        yield used, "sealed_digest", place_of_digest(used), DIGEST_BYTES
    for snapshot in DataSnapshot.objects.all():
        yield snapshot, "sealed_facts", place_of_facts(snapshot), SNAPSHOT_BYTES
        yield snapshot, "sealed_note", place_of_note(snapshot), SNAPSHOT_BYTES
    statements: tuple[type[CodeBreak | CodeBreakImpact], ...] = (CodeBreak, CodeBreakImpact)
    for model in statements:
        for row in model._default_manager.all():
            yield row, "sealed_statement", place_of_statement(row), STATEMENT_BYTES


def _seal_anew(of_row: Sequence[Sealed], key_number: int) -> None:
    """All ciphertexts of one row in one update, for it may raise the number of the key once."""
    row = of_row[0][0]
    made = {column: close(open_at(getattr(row, column), place), place, size=size) for _, column, place, size in of_row}
    type(row).objects.filter(pk=row.pk).update(**made, key_number=key_number)
