"""A careful reader of TOML tables: takes typed values out, notes every fault with its key.

After a fault it hands back a stand-in of the right type, so that the rest of the file is read and
all faults come out together. Stand-ins never leave the loader: a file with one problem is refused.
"""

import datetime as dt
import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import TypeVar

from trialsite.protocol.problems import Findings

Built = TypeVar("Built")
Choice = TypeVar("Choice", bound=str)

LARGEST_WHOLE = 1_000_000
LONGEST_TEXT = 300
MARK = re.compile(r"S[1-9][0-9]*|K-high|K-med|K-low|D|P|U")
KEY = re.compile(r"[A-Za-z0-9_]+")

MISSING = "is missing"


class Reader:
    """One table of the file. `key` is its dotted path, empty for the whole document."""

    def __init__(self, table: Mapping[str, object], key: str, findings: Findings) -> None:
        self.table = table
        self.key = key
        self.findings = findings
        self._known: set[str] = set()

    def key_of(self, name: str) -> str:
        return f"{self.key}.{name}" if self.key else name

    def refuse(self, name: str, reason: str) -> None:
        self.findings.add(self.key_of(name), reason)

    def has(self, name: str) -> bool:
        self._known.add(name)
        return name in self.table

    def names(self) -> tuple[str, ...]:
        """All keys of a table whose keys are free, such as the names of forms."""
        self._known.update(self.table)
        return tuple(self.table)

    def touched(self, name: str) -> bool:
        """Whether this key already has a problem, so that what follows from it need not be said."""
        return self.findings.touch(self.key_of(name))

    def finish(self) -> None:
        """Refuse every key that nothing has asked for."""
        for name in self.table:
            if name not in self._known:
                self.refuse(name, f"is not a key of the protocol{self._suggestion(name)}")

    def _suggestion(self, name: str) -> str:
        near = difflib.get_close_matches(name, sorted(self._known - set(self.table)), n=1)
        return f"; did you mean {near[0]}?" if near else ""

    def _take(self, name: str) -> object:
        """The raw value, or None (which TOML cannot hold) when the key is absent: then refused."""
        if not self.has(name):
            self.refuse(name, MISSING)
        return self.table.get(name)

    # ------------------------------------------------------------------------------ one value

    def text(self, name: str) -> str:
        return _text(self.findings, self.key_of(name), self._take(name))

    def identifier(self, name: str) -> str:
        """A short name in letters, digits and underscores."""
        text = self.text(name)
        if text and not KEY.fullmatch(text):
            self.refuse(name, f"must be letters, digits and underscores, not {show(text)}")
        return text

    def choice(self, name: str, options: tuple[Choice, ...]) -> Choice:
        value = self._take(name)
        for option in options:
            if value == option:
                return option
        if value is not None:
            self.refuse(name, f"must be one of {', '.join(options)}, not {show(value)}")
        return options[0]

    def flag(self, name: str) -> bool:
        value = self._take(name)
        if value is not None and not isinstance(value, bool):
            self.refuse(name, f"must be true or false, not {show(value)}")
        return value is True

    def whole(self, name: str, least: int = 0, most: int = LARGEST_WHOLE) -> int:
        return _whole(self.findings, self.key_of(name), self._take(name), least, most)

    def optional_whole(self, name: str, least: int = 0, most: int = LARGEST_WHOLE) -> int | None:
        return self.whole(name, least, most) if self.has(name) else None

    def number(self, name: str, least: Decimal | None = Decimal(0)) -> Decimal:
        value = self._take(name)
        number = _as_number(value)
        if number is None:
            if value is not None:
                self.refuse(name, f"must be a number, not {show(value)}")
            return Decimal(0)
        if least is not None and number < least:
            self.refuse(name, f"must be {least} or more, not {number}")
        return number

    def optional_number(self, name: str, least: Decimal | None = Decimal(0)) -> Decimal | None:
        return self.number(name, least) if self.has(name) else None

    def day(self, name: str) -> dt.date:
        value = self._take(name)
        if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
            return value
        if value is not None:
            self.refuse(name, f"must be a date such as 2010-06-01 without quotes, not {show(value)}")
        return dt.date.min

    def optional_day(self, name: str) -> dt.date | None:
        return self.day(name) if self.has(name) else None

    def basis(self) -> str:
        """What this table rests on; `basis_of` says it for single keys."""
        marks = self.text("basis")
        if marks:
            self._check_marks("basis", marks)
        if self.has("basis_of"):
            self._check_basis_of()
        return marks

    def optional_basis(self) -> None:
        """A basis that differs from that of the table around."""
        if self.has("basis"):
            self.basis()

    def _check_basis_of(self) -> None:
        single = self.child("basis_of")
        for name in single.table:
            if name in self.table and not name.startswith("basis"):
                single._check_marks(name, single.text(name))
            else:
                single.refuse(name, "is not a key of the table it stands in")

    def _check_marks(self, name: str, marks: str) -> None:
        for mark in marks.split(","):
            if not MARK.fullmatch(mark.strip()):
                self.refuse(name, f"{show(mark.strip())} is not a mark (S1, K-high, K-med, K-low, D, P, U)")

    # ------------------------------------------------------------------------------ many values

    def _list(self, name: str, least: int) -> list[object]:
        value = self._take(name)
        if not isinstance(value, list):
            if value is not None:
                self.refuse(name, f"must be a list, not {show(value)}")
            return []
        if len(value) < least:
            self.refuse(name, f"needs {least} or more entries, has {len(value)}")
        return value

    def texts(self, name: str, least: int = 0) -> tuple[str, ...]:
        """A list of different texts."""
        items = enumerate(self._list(name, least))
        found = tuple(_text(self.findings, f"{self.key_of(name)}[{i}]", item) for i, item in items)
        self.refuse_twice(name, found)
        return found

    def choices(self, name: str, options: Iterable[str], least: int = 0) -> tuple[str, ...]:
        """A list of different texts out of `options`."""
        allowed = tuple(options)
        found = self.texts(name, least)
        for i, text in enumerate(found):
            if text and text not in allowed:
                self.refuse(f"{name}[{i}]", f"must be one of {', '.join(allowed)}, not {show(text)}")
        return found

    def wholes(self, name: str, least: int = 0, smallest: int = 0) -> tuple[int, ...]:
        """A list of different whole numbers."""
        items = enumerate(self._list(name, least))
        found = tuple(
            _whole(self.findings, f"{self.key_of(name)}[{i}]", item, smallest, LARGEST_WHOLE) for i, item in items
        )
        self.refuse_twice(name, found)
        return found

    def refuse_twice(self, name: str, values: Iterable[object], part: str = "") -> None:
        """Refuse a value that already stands earlier in this list."""
        seen: set[object] = set()
        for i, value in enumerate(values):
            key = f"{name}[{i}]{part}"
            if value in seen and not self.findings.touch(self.key_of(key)):
                self.refuse(key, f"{show(value)} is there twice")
            seen.add(value)

    # ------------------------------------------------------------------------------ tables

    def child(self, name: str) -> "Reader":
        """A reader of the table under this key; a silent one when there is no such table."""
        value = self._take(name)
        if isinstance(value, dict):
            return Reader(value, self.key_of(name), self.findings)
        if value is not None:
            self.refuse(name, f"must be a table, not {show(value)}")
        return Reader({}, self.key_of(name), Findings())

    def one(self, name: str, build: Callable[["Reader"], Built]) -> Built:
        """What `build` makes of the table under this key."""
        return _build(self.child(name), build)

    def many(self, name: str, build: Callable[["Reader"], Built], identity: str = "") -> tuple[Built, ...]:
        """What `build` makes of each table in the list under this key; `identity` must differ in each."""
        items = enumerate(self._list(name, least=1))
        readers = (self._item(f"{name}[{i}]", item) for i, item in items)
        built = tuple(_build(reader, build) for reader in readers)
        if identity:
            self.refuse_twice(name, (getattr(item, identity) for item in built), f".{identity}")
        return built

    def _item(self, name: str, value: object) -> "Reader":
        if isinstance(value, dict):
            return Reader(value, self.key_of(name), self.findings)
        self.refuse(name, f"must be a table, not {show(value)}")
        return Reader({}, self.key_of(name), Findings())


def _build(reader: Reader, build: Callable[[Reader], Built]) -> Built:
    built = build(reader)
    reader.finish()
    return built


def show(value: object) -> str:
    """A value as it may stand in a message: on one line, and short."""
    text = repr(str(value)) if isinstance(value, Decimal | dt.date) else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _text(findings: Findings, key: str, value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        findings.add(key, f"must be a text in quotes, not {show(value)}")
    elif not value.strip():
        findings.add(key, "must not be empty")
    elif len(value) > LONGEST_TEXT:
        findings.add(key, f"must have {LONGEST_TEXT} characters or fewer, has {len(value)}")
    elif not value.isprintable() or value != value.strip():
        findings.add(key, f"must not hold line breaks, control characters or outer spaces: {show(value)}")
    else:
        return value
    return ""


def _whole(findings: Findings, key: str, value: object, least: int, most: int) -> int:
    if value is None:
        return least
    if isinstance(value, bool) or not isinstance(value, int):
        findings.add(key, f"must be a whole number, not {show(value)}")
    elif not least <= value <= most:
        findings.add(key, f"must be between {least} and {most}, not {show(value)}")
    else:
        return value
    return least


def _as_number(value: object) -> Decimal | None:
    """A finite number of reasonable size, or None."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    number = Decimal(value)
    return number if number.is_finite() and abs(number) <= LARGEST_WHOLE else None
