"""Where made files lie: in the data directory, one per job, named by its id, readable by this program alone."""

import hashlib
import os
from contextlib import suppress
from pathlib import Path
from uuid import UUID

from django.conf import settings

_PIECE = 1 << 20


def folder() -> Path:
    """The directory of made files, made if it is not there."""
    path = Path(settings.DATA_DIR) / "made"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def path_of(job_id: UUID) -> Path:
    return folder() / str(job_id)


def draft_of(job_id: UUID) -> Path:
    """Where a file is written before it is whole."""
    return folder() / f"{job_id}.part"


def keep(draft: Path, job_id: UUID) -> None:
    """Put a whole file in its place, so that it outlives a power cut."""
    with draft.open("rb+") as written:
        os.fsync(written.fileno())
    draft.chmod(0o600)
    draft.replace(path_of(job_id))


def remove(job_id: UUID) -> None:
    for path in (path_of(job_id), draft_of(job_id)):
        with suppress(FileNotFoundError):
            path.unlink()


def measure(path: Path) -> tuple[int, str]:
    """Bytes and SHA-256 of a file."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
            size += len(piece)
    return size, digest.hexdigest()
