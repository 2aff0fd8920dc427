"""What a report is made of, as one JSON text and back again, so that another process need not compute it. Pure.

Every value says what it is where JSON could not tell: a tuple from a list, bytes, a day, an id, and each class of `endpoints.layout` and
`endpoints.flow` by its name. What comes out equals what went in.
"""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from typing import Any
from uuid import UUID

from endpoints import flow, layout

_CLASSES = {
    name: made
    for module in (layout, flow)
    for name, made in vars(module).items()
    if isinstance(made, type) and is_dataclass(made)
}


def pack(value: object) -> str:
    """The text. Raises `TypeError` for what no report is made of."""
    return json.dumps(_encode(value), ensure_ascii=False, separators=(",", ":"))


def unpack(text: str) -> object:
    """What was packed."""
    return _decode(json.loads(text))


def _encode(value: object) -> object:
    if value is None or isinstance(value, str | int | float):  # a bool is an int
        return value
    if is_dataclass(value) and type(value).__name__ in _CLASSES:
        return {
            "of": type(value).__name__,
            "is": {one.name: _encode(getattr(value, one.name)) for one in fields(value)},
        }
    if isinstance(value, Mapping):
        return {"of": "dict", "is": [[_encode(key), _encode(part)] for key, part in value.items()]}
    if isinstance(value, tuple | list):
        return {"of": type(value).__name__, "is": [_encode(part) for part in value]}
    return _encode_plain(value)


def _encode_plain(value: object) -> object:
    if isinstance(value, bytes):
        return {"of": "bytes", "is": base64.b64encode(value).decode()}
    if type(value) in (UUID, date):  # a moment is a date too, and is none of these
        return {"of": type(value).__name__, "is": str(value)}
    raise TypeError(f"A report holds no {type(value).__name__}.")


_PLAIN: Mapping[str, Callable[[str], object]] = {"bytes": base64.b64decode, "UUID": UUID, "date": date.fromisoformat}


def _decode(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    name, held = value["of"], value["is"]
    if name in _PLAIN:
        return _PLAIN[name](held)
    if name == "dict":
        return {_decode(key): _decode(part) for key, part in held}
    if name in ("tuple", "list"):
        parts = [_decode(part) for part in held]
        return tuple(parts) if name == "tuple" else parts
    return _CLASSES[name](**{field: _decode(part) for field, part in held.items()})
