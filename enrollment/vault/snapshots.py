"""Snapshots of the trial's facts with their arms, kept encrypted. What is in them is for the statistician alone."""

import base64
import json
import zlib
from dataclasses import dataclass
from uuid import UUID

from enrollment.vault.cipher import close, open_at
from enrollment.vault.keys import get_key_number
from enrollment.vault.models import DataSnapshot
from enrollment.vault.refusal import VaultRefusedError
from trialsite.accounts.actor import actor_of
from trialsite.accounts.models import User
from trialsite.accounts.roles import Permission, Role
from trialsite.audit.gate import open_gate
from trialsite.audit.write import Subject, write_event
from trialsite.lib import clock

SNAPSHOT_BYTES = 4096
LONGEST_NOTE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What is frozen: a text without arms, the arms as digits, and the digest over both."""

    text: str
    arms: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """What a list of snapshots says of one."""

    row: DataSnapshot
    note: str


def store_snapshot(content: Content, *, note: str, protocol_digest: str, code_version: str, user: User) -> DataSnapshot:
    """Keep a snapshot for ever, with its event in the restricted trail."""
    _refuse_others(user)
    actor = actor_of(user)
    with open_gate():
        newest = DataSnapshot.objects.select_for_update().order_by("-serial").first()
        made = DataSnapshot(
            serial=newest.serial + 1 if newest else 1,
            sha256=content.sha256,
            protocol_digest=protocol_digest,
            code_version=code_version,
            key_number=get_key_number(),
            appended_at=clock.now(),
            appended_by=user.username,
        )
        packed = base64.b64encode(zlib.compress(content.text.encode())).decode()
        kept = json.dumps({"text": packed, "arms": content.arms})
        made.sealed_facts = close(kept, place_of_facts(made), size=SNAPSHOT_BYTES)
        made.sealed_note = close(note, place_of_note(made), size=SNAPSHOT_BYTES)
        made.save(force_insert=True)
        write_event("make_snapshot", actor=actor, subject=about_snapshot(made), detail=say_made(made))
    return made


def say_made(row: DataSnapshot) -> str:
    """What the trail keeps of a snapshot."""
    return f"Snapshot {row.serial}, SHA-256 {row.sha256}."


def list_snapshots(*, user: User) -> list[Described]:
    """All snapshots, the newest first. No arm is opened for it."""
    _refuse_others(user)
    rows = DataSnapshot.objects.defer("sealed_facts").order_by("-serial")
    return [Described(row=row, note=_read_note(row)) for row in rows]


def _read_note(row: DataSnapshot) -> str:
    """A note that was altered must not hide the other snapshots."""
    try:
        return open_at(row.sealed_note, place_of_note(row))
    except VaultRefusedError as refused:
        return f"The note cannot be opened. {refused}"


def find_snapshot(snapshot_id: UUID) -> DataSnapshot | None:
    """The row of a snapshot, closed."""
    return DataSnapshot.objects.filter(pk=snapshot_id).first()


def open_snapshot(row: DataSnapshot, *, user: User, purpose: str) -> Content:
    """The content of a snapshot; an event in the restricted trail, since arms are in it."""
    _refuse_others(user)
    with open_gate():
        kept = json.loads(open_at(row.sealed_facts, place_of_facts(row)))
        said = f"Snapshot {row.serial}. {purpose}."
        write_event("read_snapshot", actor=actor_of(user), subject=about_snapshot(row), detail=said)
    text = zlib.decompress(base64.b64decode(kept["text"])).decode()
    return Content(text=text, arms=kept["arms"], sha256=row.sha256)


def _refuse_others(user: User) -> None:
    if not user.may(Permission.VIEW_ARM_REPORTS) or user.role_set != {Role.STATISTICIAN}:
        raise VaultRefusedError("Snapshots hold arms: they are for the statistician only.")


def about_snapshot(row: DataSnapshot) -> Subject:
    return Subject(record_kind="vault.datasnapshot", record_id=row.id, is_restricted=True)


def place_of_facts(row: DataSnapshot) -> dict[str, str | int]:
    return {"snapshot": str(row.id), "digest": row.sha256}


def place_of_note(row: DataSnapshot) -> dict[str, str | int]:
    return {"snapshot": str(row.id), "part": "note"}
