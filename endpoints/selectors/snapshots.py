"""Snapshots as the statistician reads them: each reading is an event in the restricted trail."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from endpoints.code_version import get_code_version
from endpoints.frozen import FrozenTrial, digest, thaw
from enrollment.vault.refusal import VaultRefusedError
from enrollment.vault.snapshots import Described, find_snapshot, list_snapshots, open_snapshot
from trialsite.accounts.models import User
from trialsite.protocol.problems import ProtocolError

__all__ = ["Described", "OpenedSnapshot", "find_serial", "get_snapshot", "list_snapshots"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedSnapshot:
    """A snapshot in the clear."""

    id: UUID
    serial: int
    sha256: str
    trial: FrozenTrial
    frozen_with: str
    frozen_at: datetime

    @property
    def manifest(self) -> list[tuple[str, str]]:
        """What every report and file of the snapshot says of itself: the same whenever and by whomever it is opened."""
        return [
            ("Snapshot", f"number {self.serial}, SHA-256 {self.sha256}"),
            *self.trial.manifest,
            ("Code that froze it", self.frozen_with),
            ("Code that computed this", get_code_version()),
        ]


def find_serial(snapshot_id: UUID) -> int | None:
    """The number of a snapshot, without opening it; None where there is none."""
    row = find_snapshot(snapshot_id)
    return None if row is None else row.serial


def get_snapshot(snapshot_id: UUID, *, user: User, purpose: str) -> OpenedSnapshot | None:
    """The snapshot with this id, checked against its digest; None where there is none.

    Raises `VaultRefusedError` where the content is not what was frozen, or cannot be read by this version.
    """
    row = find_snapshot(snapshot_id)
    if row is None:
        return None
    content = open_snapshot(row, user=user, purpose=purpose)
    if digest(content.text, content.arms) != row.sha256:
        raise VaultRefusedError(f"Snapshot {row.serial} does not give its digest any more. Tell the sponsor.")
    try:
        trial = thaw(content.text, content.arms)
        _ = trial.protocol
    except (ValueError, ProtocolError) as error:
        raise VaultRefusedError(
            f"Snapshot {row.serial} is sound, and this version cannot read it ({error}). Open it with the version that froze it: {row.code_version}."
        ) from error
    return OpenedSnapshot(
        id=row.id,
        serial=row.serial,
        sha256=row.sha256,
        trial=trial,
        frozen_with=row.code_version,
        frozen_at=row.appended_at,
    )
