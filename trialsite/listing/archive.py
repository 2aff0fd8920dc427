"""The file itself: a ZIP archive whose bytes follow from what stands in it, written as it is read.

No member bears a time of its own making: all bear the day on which ZIP begins to count. So the same members give the same bytes.
"""

import csv
import hashlib
import zipfile
from collections.abc import Callable, Iterable
from io import TextIOWrapper
from pathlib import Path
from typing import IO, Any, Self

from endpoints.exports.csv_file import make_safe

BEGINNING = (1980, 1, 1, 0, 0, 0)
_OWNER_MAY_READ_AND_WRITE = 0o600 << 16


class Hashed:
    """Where a member is written: it passes bytes on, and keeps their digest and number."""

    def __init__(self, target: IO[bytes]) -> None:
        self._target, self._digest, self.size = target, hashlib.sha256(), 0

    def write(self, data: bytes) -> int:
        self._digest.update(data)
        self.size += len(data)
        return self._target.write(data)

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    # What a text wrapper asks of a file.
    def readable(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def flush(self) -> None:
        self._target.flush()

    def close(self) -> None:
        """The archive closes its member itself."""

    closed = False


class Archive:
    """An archive on its way. `members` tells of each file so far: rows (lines without headings), bytes and SHA-256."""

    def __init__(self, target: Path) -> None:
        self._zip = zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=6)
        self.members: dict[str, dict[str, Any]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    def add_table(
        self, name: str, headings: list[str], rows: Iterable[list[str]], on_row: Callable[[], None] = lambda: None
    ) -> int:
        """A CSV file: UTF-8 with the mark by which spreadsheets know it, every cell made safe for them. Says how many rows it has."""

        def write(text: IO[str]) -> int:
            count = 0
            writer = csv.writer(text, lineterminator="\r\n")
            writer.writerow(headings)
            for row in rows:
                count += 1
                writer.writerow([make_safe(cell) for cell in row])
                on_row()
            return count

        return self._add(name, write, encoding="utf-8-sig")

    def add_lines(self, name: str, lines: Iterable[str], count: Callable[[], int]) -> int:
        """A text file; `count` is asked at its end how many rows it has."""

        def write(text: IO[str]) -> int:
            text.writelines(lines)
            return count()

        return self._add(name, write, encoding="utf-8-sig" if name.endswith(".csv") else "utf-8")

    def _add(self, name: str, write: Callable[[IO[str]], int], encoding: str) -> int:
        member = zipfile.ZipInfo(name, BEGINNING)
        member.compress_type, member.external_attr = zipfile.ZIP_DEFLATED, _OWNER_MAY_READ_AND_WRITE
        member.create_system = 3  # written alike on every system
        with self._zip.open(member, "w", force_zip64=True) as raw:
            hashed: Any = Hashed(raw)
            text = TextIOWrapper(hashed, encoding=encoding, newline="")
            rows = write(text)
            text.flush()
            text.detach()
        self.members[name] = {"rows": rows, "bytes": hashed.size, "sha256": hashed.sha256}
        return rows
