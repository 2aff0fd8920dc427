"""The register of lists that served: in this installation, and elsewhere as far as they were made known to it."""

import uuid
from collections.abc import Iterable, Sequence

from enrollment.vault.cipher import close, open_at
from enrollment.vault.commitment import Slot, digest_order
from enrollment.vault.keys import get_key_number
from enrollment.vault.models import UsedList
from enrollment.vault.refusal import VaultRefusedError
from trialsite.accounts.actor import Actor
from trialsite.audit.gate import open_gate
from trialsite.audit.write import Subject, write_event
from trialsite.lib import clock

DIGEST_BYTES = 512


def refuse_used(slots: Iterable[Slot]) -> None:
    """Refuse an order of arms that served before, naming where."""
    digest = digest_order(slots)
    for row in UsedList.objects.all():
        if open_digest(row) == digest:
            raise VaultRefusedError(f"This list was used already ({row.note}). Nobody may be drawn from it again.")


def register_used(slots: Iterable[Slot], note: str, *, actor: Actor) -> UsedList:
    """Keep the digest of an order of arms; call it inside the gate."""
    row = UsedList(id=uuid.uuid4(), note=note, key_number=get_key_number())
    row.sealed_digest = close(digest_order(slots), place_of_digest(row), size=DIGEST_BYTES)
    row.appended_at, row.appended_by = clock.now(), actor.username
    row.save(force_insert=True)
    return row


def open_digest(row: UsedList) -> str:
    return open_at(row.sealed_digest, place_of_digest(row))


def place_of_digest(row: UsedList) -> dict[str, str | int]:
    return {"used list": str(row.id)}


def register_list(slots: Sequence[Slot], note: str, *, actor: Actor) -> None:
    """Make known that a list served elsewhere."""
    with open_gate():
        refuse_used(slots)
        row = register_used(slots, note[:200], actor=actor)
        about = Subject(record_kind="vault.usedlist", record_id=row.id, is_restricted=True)
        write_event("register_used_list", actor=actor, subject=about, detail=row.note)
