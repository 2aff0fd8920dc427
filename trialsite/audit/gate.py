"""The gate: the only time the database accepts a write to the trail or to a clinical table.

Triggers (`trialsite.audit.guards`) ask the database session whether the gate is open. On PostgreSQL the answer is a setting that ends with
the transaction; on SQLite it is a function that this process lends to its connection, so that any other program that opens the file fails closed.

Gates nest. When the outermost closes, the events written inside it are bound to their chains (`trialsite.audit.chain`).
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction

from trialsite.audit.chain import Written, bind
from trialsite.audit.models import AuditEntry, AuditEvent

_SETTING = "trialsite.gate"
_gates: "WeakKeyDictionary[Any, _Gate]" = WeakKeyDictionary()


class _Gate:
    """How many gates are open on one connection, and what was written since the outermost opened."""

    def __init__(self) -> None:
        self.depth = 0
        self.written: list[Written] = []
        self.asked_by: sqlite3.Connection | None = None

    def lend_to(self, raw: sqlite3.Connection) -> None:
        if self.asked_by is not raw:
            raw.create_function("trialsite_gate", 0, lambda: int(self.depth > 0))
            self.asked_by = raw


@contextmanager
def open_gate() -> Iterator[None]:
    """One transaction in which records may be written together with their audit."""
    with transaction.atomic():
        gate = _gate()
        outside = len(gate.written)
        was = _set("open") if gate.depth == 0 else ""
        gate.depth += 1
        try:
            yield
            if gate.depth == 1:
                bind(gate.written)
                gate.written.clear()
                _set(was)
        except BaseException:
            del gate.written[outside:]  # the database forgets them, too
            raise
        finally:
            gate.depth -= 1


def bind_later(event: AuditEvent, entries: Sequence[AuditEntry]) -> None:
    """Have an event bound to its chain when the outermost gate closes."""
    _gate().written.append((event, entries))


def is_gate_open() -> bool:
    """Whether this connection may write records now."""
    if connection.vendor == "sqlite":
        return connection.connection is not None and _gate().depth > 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(current_setting(%s, true), '')", [_SETTING])
        return bool(cursor.fetchone()[0] == "open")


def _gate() -> _Gate:
    wrapper = connections[DEFAULT_DB_ALIAS]
    wrapper.ensure_connection()
    gate = _gates.setdefault(wrapper, _Gate())
    if wrapper.vendor == "sqlite":
        gate.lend_to(wrapper.connection)
    return gate


def _set(state: str) -> str:
    """Tell a PostgreSQL session; SQLite asks this process."""
    if connection.vendor == "sqlite":
        return ""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(current_setting(%s, true), ''), set_config(%s, %s, true)", [_SETTING, _SETTING, state]
        )
        return str(cursor.fetchone()[0])
