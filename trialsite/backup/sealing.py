"""An encrypted file, of any length: lines of Fernet tokens, each of which says to which file it belongs, which part it is and whether it is the last.

So a part that is missing, doubled, moved or of another file is found, and memory holds one part at a time. The first line names the format.
"""

import io
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

HEAD = b"Trialsite backup, encrypted, 1\n"
_PART = 1 << 20
_ID_BYTES, _NUMBER_BYTES = 16, 8
_LONGEST_LINE = 2 * _PART


class NotOpenedError(Exception):
    """The file is damaged, cut off, put together of several, or was made with another key."""


class Sealing(io.RawIOBase):
    """What is written here is encrypted into `raw`; `close` writes the last part and leaves `raw` open."""

    def __init__(self, raw: IO[bytes], keys: Sequence[str]) -> None:
        super().__init__()
        self._raw, self._fernet = raw, Fernet(keys[0])
        self._id, self._number, self._waiting = secrets.token_bytes(_ID_BYTES), 0, bytearray()
        raw.write(HEAD)

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._waiting += data
        while len(self._waiting) > _PART:
            self._put(bytes(self._waiting[:_PART]), b"+")
            del self._waiting[:_PART]
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._put(bytes(self._waiting), b".")
        super().close()

    def _put(self, part: bytes, ending: bytes) -> None:
        number = self._number.to_bytes(_NUMBER_BYTES, "big")
        self._raw.write(self._fernet.encrypt(self._id + number + ending + part) + b"\n")
        self._number += 1


def is_sealed(source: Path) -> bool:
    with source.open("rb") as file:
        return file.read(len(HEAD)) == HEAD


def unseal(source: Path, target: Path, keys: Sequence[str]) -> None:
    """Decrypt a file into another. Raises `NotOpenedError`."""
    fernet = MultiFernet([Fernet(key) for key in keys])
    with source.open("rb") as sealed, target.open("wb") as plain:
        sealed.read(len(HEAD))
        wanted, is_done = b"", False
        while line := sealed.readline(_LONGEST_LINE):
            head, part = _open(fernet, line)
            wanted = wanted or head[:_ID_BYTES] + bytes(_NUMBER_BYTES)
            if is_done or head[:-1] != wanted:
                raise NotOpenedError("its parts are not those of one file in their order")
            plain.write(part)
            is_done, wanted = head[-1:] == b".", _following(wanted)
    if not is_done:
        raise NotOpenedError("its end is missing")


def _open(fernet: MultiFernet, line: bytes) -> tuple[bytes, bytes]:
    try:
        content = fernet.decrypt(line.rstrip(b"\n"))
    except InvalidToken as error:
        raise NotOpenedError("it was altered, or made with another key") from error
    size = _ID_BYTES + _NUMBER_BYTES + 1
    return content[:size], content[size:]


def _following(name: bytes) -> bytes:
    number = int.from_bytes(name[_ID_BYTES:], "big") + 1
    return name[:_ID_BYTES] + number.to_bytes(_NUMBER_BYTES, "big")
