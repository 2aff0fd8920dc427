"""What was computed from a snapshot, kept so that nothing is computed again: a snapshot never changes, nor does the code that runs.

It is kept in the memory of this process, and for the others as files of the data directory that only the program with the vault's key can
open: arms are in them. Each file is bound to the digest of its snapshot (which holds the protocol file), the code that computed it and
what it is; one that was altered, moved, or made by another version is not used, and is computed anew.
"""

import base64
import hashlib
import json
import logging
import zlib
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from threading import Lock
from typing import TypeVar, cast

from django.conf import settings

from endpoints.code_version import get_code_version
from endpoints.packing import pack, unpack
from enrollment.vault.cipher import close, open_at
from enrollment.vault.refusal import VaultRefusedError

Made = TypeVar("Made")

logger = logging.getLogger(__name__)

MOST = 256
MOST_FILES = 2000
FILE_BYTES = 1 << 16
"""Files are filled up to a multiple of it, so that their sizes tell little."""

_kept: "OrderedDict[Computed, object]" = OrderedDict()
_lock = Lock()


@dataclass(frozen=True, slots=True)
class Computed:
    """Which thing it is: of the snapshot with this digest, the report, on which arms and set, and what of it."""

    snapshot: str
    report: str
    what: str
    has_dummy_arms: bool
    population: str = ""

    @property
    def place(self) -> Mapping[str, str | int]:
        """What the file is bound to."""
        what = json.dumps([self.report, self.what, self.has_dummy_arms, self.population])
        return {"computed from": self.snapshot, "what": what, "code": get_code_version()}

    @property
    def path(self) -> Path:
        name = hashlib.sha256(json.dumps(self.place, sort_keys=True).encode()).hexdigest()
        return folder() / name


def folder() -> Path:
    """The directory of computed reports, made if it is not there."""
    path = Path(settings.DATA_DIR) / "computed"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def recall(one: Computed, make: Callable[[], Made]) -> Made:
    """What `make` gave for this before, in this process or another, or gives now."""
    with _lock:
        if one in _kept:
            _kept.move_to_end(one)
            return cast(Made, _kept[one])
    found = list(_read(one))
    made = cast(Made, found[0]) if found else make()
    if made is None:  # asked for what is not there: kept, it would push out what is
        return made
    with _lock:
        _kept[one] = made
        while len(_kept) > MOST:
            _kept.popitem(last=False)
    if not found:
        _write(one, made)
    return made


def forget() -> None:
    """Empty the memory of this process; the files stay."""
    with _lock:
        _kept.clear()


def remove_files() -> int:
    """Remove every file, as a rotation of the key must; how many there were."""
    paths = list(folder().iterdir())
    for path in paths:
        path.unlink(missing_ok=True)
    return len(paths)


def _read(one: Computed) -> Iterator[object]:
    """The thing, if a file of it is there and sound."""
    try:
        token = one.path.read_bytes()
    except FileNotFoundError:
        return
    except OSError:
        logger.warning("A computed report cannot be read and is computed anew.", exc_info=True)
        return
    try:
        text = open_at(token, one.place)
    except VaultRefusedError as refused:
        logger.warning("A computed report is not used. %s", refused)
        return
    yield unpack(zlib.decompress(base64.b64decode(text)).decode())


def _write(one: Computed, made: object) -> None:
    """A report that cannot be kept was made all the same."""
    try:
        text = base64.b64encode(zlib.compress(pack(made).encode())).decode()
        token = close(text, one.place, size=FILE_BYTES)
        _make_room()
        with NamedTemporaryFile(dir=folder(), prefix="part-", delete=False) as file:  # readable by this program alone
            file.write(token)
        Path(file.name).replace(one.path)
    except (OSError, TypeError):
        logger.warning("A computed report cannot be kept, and is computed again next time.", exc_info=True)


def _make_room() -> None:
    """Remove the oldest files where there are too many; another process may do the same at this moment."""
    paths = list(folder().iterdir())
    if len(paths) < MOST_FILES:
        return
    ages: list[tuple[float, Path]] = []
    for path in paths:
        with suppress(FileNotFoundError):
            ages.append((path.stat().st_mtime, path))
    for _, path in sorted(ages)[: MOST_FILES // 10]:
        path.unlink(missing_ok=True)
