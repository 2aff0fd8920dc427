"""The gate: the only time the database accepts a write to the trail or to a clinical table.

Triggers (`trialsite.audit.guards`) ask the database session whether the gate is open. On PostgreSQL the answer is a setting that ends with
the transaction; on SQLite it is a function that this process lends to its connection, so that any other program that opens the file fails closed.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction

_SETTING = "trialsite.gate"
_open_on: "WeakKeyDictionary[Any, _Latch]" = WeakKeyDictionary()


class _Latch:
    """How many gates are open on one SQLite connection."""

    def __init__(self, raw: sqlite3.Connection) -> None:
        self.raw = raw
        self.depth = 0
        raw.create_function("trialsite_gate", 0, lambda: int(self.depth > 0))


@contextmanager
def open_gate() -> Iterator[None]:
    """One transaction in which records may be written together with their audit."""
    with transaction.atomic():
        if connection.vendor == "sqlite":
            latch = _latch()
            latch.depth += 1
            try:
                yield
            finally:
                latch.depth -= 1
        else:
            was = _set("open")
            yield
            _set(was)


def is_gate_open() -> bool:
    """Whether this connection may write records now."""
    if connection.vendor == "sqlite":
        return connection.connection is not None and _latch().depth > 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(current_setting(%s, true), '')", [_SETTING])
        return bool(cursor.fetchone()[0] == "open")


def _latch() -> _Latch:
    wrapper = connections[DEFAULT_DB_ALIAS]
    wrapper.ensure_connection()
    raw = wrapper.connection
    latch = _open_on.get(wrapper)
    if latch is None or latch.raw is not raw:
        latch = _open_on[wrapper] = _Latch(raw)
    return latch


def _set(state: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(current_setting(%s, true), ''), set_config(%s, %s, true)", [_SETTING, _SETTING, state]
        )
        return str(cursor.fetchone()[0])
