"""Lists the settings of a protocol with what each rests on, for the study team to confirm."""

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from trialsite.protocol.model import Protocol, Setting

# A table in a list is named by the first of these that it has.
IDENTITIES = ("key", "code", "number", "version", "criterion")
# Names and marks say nothing that needs to be confirmed.
LEFT_OUT = frozenset((*IDENTITIES, "label", "short_label", "basis", "basis_of"))

# Tables that read best as one setting each; so do the limits of each field.
ON_ONE_LINE = frozenset(("ratio", "parameters", "parts", "clocks"))

SOURCED = re.compile(r"S[0-9]+|D")


def list_open_settings(protocol: Protocol) -> tuple[Setting, ...]:
    """The settings that no public source settles, in the order of the file."""
    return tuple(setting for setting in protocol.settings if is_open(setting.basis))


def is_open(basis: str) -> bool:
    """Whether one of the marks is other than a source or arithmetic on sourced numbers."""
    marks = [mark.strip() for mark in basis.split(",")]
    return bool(basis) and not all(SOURCED.fullmatch(mark) for mark in marks)


def list_settings(document: Mapping[str, object]) -> tuple[Setting, ...]:
    """Every value of a protocol file, with the nearest basis at or above it (empty where there is none)."""
    return tuple(_settings_of_table(document, "", ""))


def _settings_of_table(table: Mapping[str, object], key: str, inherited: str) -> Iterator[Setting]:
    basis = str(table.get("basis", inherited))
    single = table.get("basis_of")
    marks = single if isinstance(single, dict) else {}
    for name, value in table.items():
        if name not in LEFT_OUT:
            below = f"{key}.{name}" if key else name
            yield from _settings_of_value(value, below, name, str(marks.get(name, basis)))


def _settings_of_value(value: object, key: str, name: str, basis: str) -> Iterator[Setting]:
    items = value if isinstance(value, list) else []
    if name == "fields" and isinstance(value, dict):
        yield from (_setting(limit, f"{key}.{field}", basis) for field, limit in value.items())
    elif isinstance(value, dict) and name not in ON_ONE_LINE:
        yield from _settings_of_table(value, key, basis)
    elif items and all(_identity(item) for item in items):
        yield from _settings_of_list(items, key, name, basis)
    else:
        yield _setting(value, key, basis)


def _settings_of_list(items: Iterable[dict[str, object]], key: str, name: str, basis: str) -> Iterator[Setting]:
    for item in items:
        item_key = f"{key}[{_identity(item)}]"
        if name in ON_ONE_LINE:
            yield _setting(item, item_key, basis)
        else:
            yield from _settings_of_table(item, item_key, basis)


def _setting(value: object, key: str, basis: str) -> Setting:
    if isinstance(value, dict):
        basis = str(value.get("basis", basis))
    return Setting(key=key, value=_as_text(value), basis=basis)


def _identity(item: object) -> str:
    if not isinstance(item, dict):
        return ""
    return next((str(item[name]) for name in IDENTITIES if name in item), "")


def _as_text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{name} {_as_text(part)}" for name, part in value.items() if name not in LEFT_OUT)
    if isinstance(value, list):
        is_flat = all(isinstance(part, str | int | Decimal | dt.date) for part in value)
        return (", " if is_flat else "; ").join(_as_text(part) for part in value) or "none"
    return str(value)
