"""Protocol files to read and to spoil."""

import copy
import tomllib
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from trialsite.protocol.load import read_protocol
from trialsite.protocol.model import Protocol
from trialsite.protocol.problems import ProtocolError

ROOT = Path(__file__).parents[2]
PREMISE = ROOT / "trialsite" / "protocol" / "premise.toml"
BRAVE = ROOT / "tests" / "data" / "brave_dreams_shape.toml"

Table = dict[str, Any]
Path_ = tuple[str | int, ...]

_PARSED = {path: tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal) for path in (PREMISE, BRAVE)}


def parsed(path: Path = PREMISE) -> Table:
    """A fresh copy of a good file's tables."""
    return copy.deepcopy(_PARSED[path])


def read(table: Table) -> Protocol:
    return read_protocol(table, source="spoiled.toml", digest="")


def problems_of(table: Table) -> list[tuple[str, str]]:
    """Key and reason of each problem; empty when the protocol is good."""
    try:
        read(table)
    except ProtocolError as error:
        return [(problem.key, problem.reason) for problem in error.problems]
    return []


def problems_after(spoil: Callable[[Table], object], path: Path = PREMISE) -> list[tuple[str, str]]:
    table = parsed(path)
    spoil(table)
    return problems_of(table)


def walk(value: object, path: Path_ = ()) -> Iterator[Path_]:
    """The path of every key in a table, lists walked through."""
    if isinstance(value, dict):
        for name, below in value.items():
            yield (*path, name)
            yield from walk(below, (*path, name))
    elif isinstance(value, list):
        for i, below in enumerate(value):
            yield from walk(below, (*path, i))


def one_of_each_kind(table: Table) -> list[Path_]:
    """Paths of keys, only the first among those that differ by a place in a list or a free name."""
    kinds: dict[Path_, Path_] = {}
    for path in walk(table):
        kinds.setdefault(_kind(path), path)
    return list(kinds.values())


def _kind(path: Path_) -> Path_:
    above = ("", *path)
    free = ("limits", "fields", "basis_of")
    return tuple("*" if isinstance(step, int) or above[i] in free else step for i, step in enumerate(path))


def holder_of(table: Table, path: Path_) -> Any:
    """The table or list that holds the last step of a path."""
    below: Any = table
    for step in path[:-1]:
        below = below[step]
    return below


def dotted(path: Path_) -> str:
    """A path as messages write it."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")
