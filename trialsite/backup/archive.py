"""The file of a backup: the database and its manifest in one ZIP archive, written whole or not at all, and checked before it is believed."""

import hashlib
import json
import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from trialsite.backup.database import MEMBER, BackupRefusedError
from trialsite.backup.sealing import NotOpenedError, Sealing, is_sealed, unseal

FORMAT = 1
MANIFEST = "manifest.json"
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a backup holds. `heads` are those of the audit chains, `migrations` name the shape of the tables, `sha256` is of the database."""

    made_at: str
    vendor: str
    version: str
    protocol: Mapping[str, str]
    migrations: list[str]
    tables: Mapping[str, int]
    heads: Mapping[str, list[Any]]
    sha256: str
    size: int
    holds_allocation_key: bool = False
    format: int = FORMAT


def write_archive(target: Path, database: Path, manifest: Manifest, keys: Sequence[str]) -> None:
    """Write beside the target and put it there at one stroke; only its owner may read it. With `keys` it is encrypted by the first."""
    near = target.with_name(f".{target.name}.part")
    try:
        with os.fdopen(os.open(near, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as raw:
            with ExitStack() as files:
                file: Any = files.enter_context(Sealing(raw, keys)) if keys else raw
                archive = files.enter_context(zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED))
                archive.writestr(MANIFEST, json.dumps(asdict(manifest), indent=1) + "\n")
                archive.write(database, MEMBER[manifest.vendor])
            raw.flush()
            os.fsync(raw.fileno())
        near.rename(target)
    except OSError as error:
        raise BackupRefusedError(f"{target} cannot be written: {error.strerror or error}.") from error
    finally:
        near.unlink(missing_ok=True)


@contextmanager
def open_archive(source: Path, folder: Path, keys: Sequence[str]) -> Iterator[tuple[Manifest, Path]]:
    """The manifest and the database of a backup, unpacked into a folder of its own; refused when one bit of it differs."""
    with tempfile.TemporaryDirectory(dir=folder, prefix="restore-") as unpacked:
        try:
            with zipfile.ZipFile(_opened(source, Path(unpacked), keys)) as archive:
                manifest = _read_manifest(archive.read(MANIFEST))
                database = Path(unpacked) / MEMBER[manifest.vendor]
                with archive.open(database.name) as packed, database.open("wb") as plain:
                    shutil.copyfileobj(packed, plain, _CHUNK)
        except (
            OSError,
            KeyError,
            ValueError,
            TypeError,
            EOFError,
            NotImplementedError,
            zipfile.BadZipFile,
            NotOpenedError,
        ) as error:
            raise BackupRefusedError(f"{source} is no backup, or it is damaged: {error}") from error
        except Exception as error:
            if type(error).__module__ != "zlib":  # a damaged stream; the class has no public name to import on its own
                raise
            raise BackupRefusedError(f"{source} is damaged: {error}") from error
        if (database.stat().st_size, digest_of_file(database)) != (manifest.size, manifest.sha256):
            raise BackupRefusedError(f"{source} is damaged: the database in it is not the one its manifest speaks of.")
        yield manifest, database


def _opened(source: Path, folder: Path, keys: Sequence[str]) -> Path:
    """The archive itself: what was encrypted is decrypted into the folder first."""
    if not is_sealed(source):
        return source
    if not keys:
        raise BackupRefusedError(f"{source} is encrypted. Set TRIALSITE_BACKUP_KEY to the key it was made with.")
    plain = folder / "archive"
    unseal(source, plain, keys)
    return plain


def _read_manifest(text: bytes) -> Manifest:
    told = json.loads(text)
    if told.get("format") != FORMAT:
        raise ValueError(f"its format is {told.get('format')}, this version reads {FORMAT}")
    return Manifest(**told)


def digest_of_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
