"""Two people on one form: what each changed since both started from the same revision. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trialsite.records.diff import is_blank


@dataclass(frozen=True, slots=True)
class Clash:
    """A field both changed, differently."""

    field: str
    base: Any
    theirs: Any
    mine: Any


@dataclass(frozen=True, slots=True)
class Merge:
    """`take_theirs`: fields only they changed. `clashes`: fields both changed, differently."""

    take_theirs: frozenset[str]
    clashes: tuple[Clash, ...]


def merge(base: Mapping[str, Any], theirs: Mapping[str, Any], mine: Mapping[str, Any]) -> Merge:
    """Compare plain values field by field; blank values of any kind count as the same."""
    take, clashes = set(), []
    for name, my_value in mine.items():
        base_value, their_value = base.get(name), theirs.get(name)
        if _same(their_value, base_value) or _same(their_value, my_value):
            continue
        if _same(my_value, base_value):
            take.add(name)
        else:
            clashes.append(Clash(name, base_value, their_value, my_value))
    return Merge(frozenset(take), tuple(clashes))


def flatten(values: Mapping[str, Any], nested: tuple[str, ...]) -> dict[str, Any]:
    """Spread the named dictionaries, so that two people's answers inside them do not collide as one value."""
    flat = {name: value for name, value in values.items() if name not in nested}
    for outer in nested:
        flat |= {f"{outer}.{key}": value for key, value in (values.get(outer) or {}).items()}
    return flat


def _same(one: Any, other: Any) -> bool:
    return bool(one == other) or (is_blank(one) and is_blank(other))
