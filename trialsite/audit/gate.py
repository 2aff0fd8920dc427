"""The gate: the only time the database accepts a write to the trail or to a clinical table.

Triggers (`trialsite.audit.guards`) ask the database session whether the gate is open. On PostgreSQL the answer is a setting that ends with
the transaction; on SQLite it is a function that this process lends to its connection, so that any other program that opens the file fails closed.

Gates nest, and share one transaction: there are no savepoints between them, so whoever catches an exception inside a gate cannot go on writing.
When the outermost closes, the events written inside it are bound to their chains (`trialsite.audit.chain`).
"""

import sqlite3
from collections.abc import Collection, Iterator, Sequence
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
        self.shared: frozenset[int] = frozenset()
        self.asked_by: sqlite3.Connection | None = None

    def lend_to(self, raw: sqlite3.Connection) -> None:
        if self.asked_by is not raw:
            raw.create_function("trialsite_gate", 0, lambda: int(self.depth > 0))
            self.asked_by = raw


@contextmanager
def open_gate(*, sharing: Collection[int] = ()) -> Iterator[None]:
    """One transaction in which records may be written together with their audit.

    `sharing` are numbers of advisory locks that PostgreSQL takes, shared, until the transaction ends: in the same statement that opens the gate,
    before anything else is waited for.
    """
    is_whole = not connection.in_atomic_block  # then the end of the transaction closes the gate of PostgreSQL
    with transaction.atomic(savepoint=not is_nested()):
        gate = _gate()
        outside, had = len(gate.written), gate.shared
        _open(gate, frozenset(sharing))
        gate.depth += 1
        try:
            yield
            if gate.depth == 1:
                bind(gate.written)
                gate.written.clear()
                if not is_whole:
                    _close()
        except BaseException:
            del gate.written[outside:]  # the database forgets them, too
            gate.shared = had
            raise
        finally:
            gate.depth -= 1
            if gate.depth == 0:
                gate.shared = frozenset()


def is_nested() -> bool:
    """Whether a gate of this connection is open around what runs now."""
    known = _gates.get(connections[DEFAULT_DB_ALIAS])
    return known is not None and known.depth > 0


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


def _open(gate: _Gate, sharing: frozenset[int]) -> None:
    """Tell a PostgreSQL session, and take the locks it does not share yet; SQLite asks this process, and knows one writer at a time."""
    if connection.vendor == "sqlite":
        return
    new = sorted(sharing - gate.shared)
    asked: list[tuple[str, list[Any]]] = [("pg_advisory_xact_lock_shared(%s)", [number]) for number in new]
    if gate.depth == 0:
        asked.append(("set_config(%s, 'open', true)", [_SETTING]))
    if asked:
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {', '.join(sql for sql, _ in asked)}",  # made of the two words above
                [value for _, values in asked for value in values],
            )
    gate.shared |= sharing


def _close() -> None:
    if connection.vendor != "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config(%s, '', true)", [_SETTING])
