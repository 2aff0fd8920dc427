"""The databases of the tests: migrated once a run, brought back after each test.

* One worker migrates a database, the others copy it.
* Most tests run in a transaction that is rolled back. A module whose tests all start from the same rows stores them once, in
  a fixture of its own that asks for `module_db`; each test is then rolled back to these rows.
* A test that really commits (several threads, a live server) is followed by the removal of its rows. Tables that only grow
  refuse that, on PostgreSQL and on SQLite, and the product has no way around its own triggers. The owner of a test
  database has: `session_replication_role = replica`, which a superuser sets for one session, or triggers that are dropped
  and made again from their own text.
"""

import fcntl
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import TransactionTestCase
from pytest_django.plugin import DjangoDbBlocker

# What migrations themselves store; it stays.
STANDING = frozenset({"django_content_type", "auth_permission"})


# --- Copies ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder that all workers of this run have in common."""
    own = tmp_path_factory.getbasetemp()
    return own if worker_id == "master" else own.parent


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_blocker: DjangoDbBlocker, run_folder: Path, worker_id: str
) -> Iterator[None]:
    """The migrated, empty database of this worker; takes the place of pytest-django's fixture of this name."""
    connection = connections["default"]
    real = name_of(connection)
    own = name_in(connection, run_folder, f"test_{worker_id}")
    with django_db_blocker.unblock():
        copy_database(connection, make_once(connection, run_folder, "migrated", _migrate), own)
        switch_database(connection, own)
    yield
    with django_db_blocker.unblock():
        switch_database(connection, real)
        drop_database(connection, own)


def _migrate(connection: BaseDatabaseWrapper, name: str) -> None:
    create_database(connection, name)
    with using_database(connection, name):
        call_command("migrate", verbosity=0)


def create_database(connection: BaseDatabaseWrapper, name: str) -> None:
    """One without tables."""
    drop_database(connection, name)  # of a run that was killed
    if connection.vendor == "postgresql":
        with connection._nodb_cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {connection.ops.quote_name(name)}")


def make_once(
    connection: BaseDatabaseWrapper, folder: Path, name: str, make: Callable[[BaseDatabaseWrapper, str], None]
) -> str:
    """The name of a database that the first worker makes, while the others wait for it."""
    made = name_in(connection, folder, name)
    with _alone(folder / f"{name}.lock"):
        if not (folder / f"{name}.made").exists():
            make(connection, made)
            connection.close()  # a database that is copied has no visitors
            (folder / f"{name}.made").touch()
    return made


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


@contextmanager
def using_database(connection: BaseDatabaseWrapper, name: str) -> Iterator[None]:
    was = switch_database(connection, name)
    try:
        yield
    finally:
        switch_database(connection, was)


def switch_database(connection: BaseDatabaseWrapper, name: str) -> str:
    """Let this connection, and those that other threads open from now on, lead to another database; say which it was."""
    was = name_of(connection)
    connection.close()
    connection.settings_dict["NAME"] = name
    return was


def name_of(connection: BaseDatabaseWrapper) -> str:
    return str(connection.settings_dict["NAME"])


def name_in(connection: BaseDatabaseWrapper, folder: Path, name: str) -> str:
    return (
        str(folder / f"{name}.sqlite3") if connection.vendor == "sqlite" else f"{folder.name}_{name}".replace("-", "_")
    )


def copy_database(connection: BaseDatabaseWrapper, source: str, target: str) -> None:
    """Make a new database `target` with all that is in `source`."""
    if connection.vendor == "sqlite":
        with using_database(connection, source), connection.cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [target])
        return
    connection.close()  # a database that is copied has no visitors
    with connection._nodb_cursor() as cursor:
        names = [connection.ops.quote_name(name) for name in (target, source)]
        cursor.execute(f"DROP DATABASE IF EXISTS {names[0]}")  # of a run that was killed
        cursor.execute("CREATE DATABASE {} TEMPLATE {}".format(*names))


def drop_database(connection: BaseDatabaseWrapper, name: str) -> None:
    if connection.vendor == "sqlite":
        return  # pytest clears its folders
    connection.close()
    with connection._nodb_cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {connection.ops.quote_name(name)} WITH (FORCE)")


# --- Rows that all tests of a module start from ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def module_db(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """What fixtures of the module store while they ask for this stays until its last test, and is then rolled back.

    Every test of such a module meets these rows, and none may commit (no `transaction=True`, no live server).
    """
    with django_db_blocker.unblock():
        rows = transaction.atomic()
        rows._from_testcase = True  # type: ignore[attr-defined] # as Django marks those of its own test cases
        with rows:
            yield
            transaction.set_rollback(True)


# --- Tests that commit -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="session", autouse=True)
def flush_without_triggers() -> Iterator[None]:
    """Take the place of the flush that ends every committing test, also those of pytest-django and of the live server."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda test: empty_tables(connections["default"]))
        yield


def empty_tables(connection: BaseDatabaseWrapper) -> None:
    """Remove every row that migrations did not store. Tables that are empty anyway cost nothing."""
    filled = _filled_tables(connection) - STANDING
    if not filled:
        return
    with (
        connection.constraint_checks_disabled(),
        transaction.atomic(),
        triggers_off(connection, filled),
        connection.cursor() as cursor,
    ):
        for table in sorted(filled):
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(table)}")  # noqa: S608


def _filled_tables(connection: BaseDatabaseWrapper) -> set[str]:
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    asked = [
        f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {connection.ops.quote_name(table)})"  # noqa: S608 - our own tables
        for table in tables
    ]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(asked))
        return {table for (table,) in cursor.fetchall()}


@contextmanager
def triggers_off(connection: BaseDatabaseWrapper, tables: Collection[str] = ()) -> Iterator[None]:
    """No trigger of these tables, or of the whole database, fires for this connection inside the block."""
    if connection.vendor == "postgresql":
        with _triggers_off_postgresql(connection):
            yield
    else:
        with _triggers_off_sqlite(connection, tables):
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
def _triggers_off_sqlite(connection: BaseDatabaseWrapper, tables: Collection[str]) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger'")
        triggers = [(name, sql) for name, table, sql in cursor.fetchall() if not tables or table in tables]
        for name, _ in triggers:
            cursor.execute(f"DROP TRIGGER {connection.ops.quote_name(name)}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            for _, sql in triggers:
                cursor.execute(sql)


# --- What runs on PostgreSQL -----------------------------------------------------------------------------------------

_LEFT_OUT = pytest.StashKey[str]()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL only what SQL decides runs; docs/how_to/keep_tests_fast.md says what that is."""
    if not settings.DATABASES["default"]["ENGINE"].endswith("postgresql"):
        return
    without = [item for item in items if not _meets_database(item)]
    marked = [item for item in items if _meets_database(item) and item.get_closest_marker("one_database")]
    left_out = {*without, *marked}
    config.hook.pytest_deselected(items=[*without, *marked])
    items[:] = [item for item in items if item not in left_out]
    config.stash[_LEFT_OUT] = f"{len(without)} tests meet no database, {len(marked)} are marked one_database"


def _meets_database(item: pytest.Item) -> bool:
    is_marked = item.get_closest_marker("django_db") is not None
    return is_marked or "django_db_setup" in getattr(item, "fixturenames", ())


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workeroutput") and _LEFT_OUT in session.config.stash:
        session.config.workeroutput["left_out"] = session.config.stash[_LEFT_OUT]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """The main process hears from its workers what they left out: the same, for all collect the same."""
    if "left_out" in getattr(node, "workeroutput", {}):
        node.config.stash[_LEFT_OUT] = node.workeroutput["left_out"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if _LEFT_OUT in config.stash:
        terminalreporter.write_line(f"Run on SQLite only: {config.stash[_LEFT_OUT]}.")
