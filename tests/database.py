"""Let tests that really commit end with an empty database, although triggers forbid to delete.

Most tests run in a transaction that is rolled back; they never meet this. A test that commits (several threads, a live
server) ends with Django's flush, and tables that only grow refuse it: on PostgreSQL their TRUNCATE triggers, on SQLite
their DELETE triggers. The product has no way around its own triggers, and gets none. Here, only the flush at the end of
such a test runs without triggers, as the owner of the test database may:

* PostgreSQL: `session_replication_role = replica`, which a superuser sets for one session.
* SQLite: the triggers are dropped and made again from their own text.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import settings
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import TransactionTestCase


@contextmanager
def triggers_off(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """No trigger of this database fires for this connection inside the block."""
    suspended = {"postgresql": _triggers_off_postgresql, "sqlite": _triggers_off_sqlite}[connection.vendor]
    with suspended(connection):
        yield


@contextmanager
def _triggers_off_postgresql(connection: BaseDatabaseWrapper) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET session_replication_role")


@contextmanager
def _triggers_off_sqlite(connection: BaseDatabaseWrapper) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        triggers = cursor.fetchall()
        for name, _ in triggers:
            cursor.execute(f"DROP TRIGGER {connection.ops.quote_name(name)}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            for _, sql in triggers:
                cursor.execute(sql)


@pytest.fixture(scope="session", autouse=True)
def flush_without_triggers() -> Iterator[None]:
    """Wrap the flush that ends every committing test, also those of pytest-django and of the live server."""
    flush = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined] # Django's own, not in the stubs

    def flush_quietly(test: Any) -> None:
        with triggers_off(connections["default"]):
            flush(test)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", flush_quietly)
        yield


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL only what meets a database runs: the rest would say there what it says on SQLite."""
    if not settings.DATABASES["default"]["ENGINE"].endswith("postgresql"):
        return
    left_out = [item for item in items if not _meets_database(item)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if _meets_database(item)]


def _meets_database(item: pytest.Item) -> bool:
    names = set(getattr(item, "fixturenames", ()))
    return bool(names & {"db", "transactional_db", "live_server"}) or item.get_closest_marker("django_db") is not None
