"""Plain values of a record, their differences and their digest. Pure."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

Plain = Mapping[str, Any]


def to_plain(value: Any) -> Any:
    """A value as JSON can carry it. Equal values give equal results: 7.0 and 7.00 are the same number, moments are UTC."""
    if isinstance(value, Mapping):
        return {str(key): to_plain(value[key]) for key in sorted(value)}
    if isinstance(value, list | tuple):
        return [to_plain(item) for item in value]
    return _plain_scalar(value)


def _plain_scalar(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(trim(value), "f")
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


def trim(value: Decimal) -> Decimal:
    """The same number without zeros that say nothing: 7.50 gives 7.5, 500.000 gives 500 (and not 5E+2)."""
    shortest = value.normalize() + 0  # a zero has no sign: a database stores none
    return Decimal(int(shortest)) if shortest == shortest.to_integral_value() else shortest


def is_blank(value: Any) -> bool:
    return value is None or value in ("", [], {})


def diff(old: Plain, new: Plain) -> dict[str, tuple[Any, Any]]:
    """Field -> (old, new) where they differ. None, "" and empty lists all mean: nothing there."""
    names = [*old, *(name for name in new if name not in old)]
    pairs = {name: (old.get(name), new.get(name)) for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1] and not all(map(is_blank, pair))}


def digest_of(plain: Plain) -> str:
    """SHA-256 of a record's plain values, in hexadecimal."""
    text = json.dumps(to_plain(plain), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
