"""The whole synthetic trial, for tests that read it: built once a run, in a database of its own.

    pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("demo_trial")]

A module that asks for `demo_trial` finds the trial in the default database. What its tests write is rolled back after each, so they must not
commit (no `transaction=True`). Building takes half a minute; several workers of one run build it once and take copies.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from pytest_django.plugin import DjangoDbBlocker

from trialsite.demo.build import build_trial, plan_trial
from trialsite.lib import clock
from trialsite.protocol.current import get_protocol


@pytest.fixture(scope="session")
def demo_database(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> Iterator[str]:
    """The name of this worker's own copy of the database that holds the trial."""
    own_folder = tmp_path_factory.getbasetemp()
    folder = own_folder if worker_id == "master" else own_folder.parent  # the parent is common to all workers
    with django_db_blocker.unblock(), _alone(folder / "demo.lock"):
        connection = connections["default"]
        template = _name_in(connection, folder, "demo_template")
        if not (folder / "demo.built").exists():
            copy_database(connection, _name_of(connection), template)
            with _using(connection, template):
                build_trial(plan_trial(clock.today(), get_protocol()), get_protocol())
            (folder / "demo.built").touch()
        copy = _name_in(connection, own_folder, f"demo_{worker_id}")
        copy_database(connection, template, copy)
    yield copy
    with django_db_blocker.unblock():
        _drop(connection, copy)


@pytest.fixture(scope="module")
def demo_trial(demo_database: str, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The default database is the one with the synthetic trial, for the tests of one module."""
    with django_db_blocker.unblock():
        connection = connections["default"]
        was = switch_database(connection, demo_database)
    yield
    with django_db_blocker.unblock():
        switch_database(connection, was)


@pytest.fixture
def empty_database(django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path: Path) -> Iterator[None]:
    """The default database is one that only this test uses, migrated and empty."""
    with django_db_blocker.unblock():
        connection = connections["default"]
        name = _name_in(connection, tmp_path, "own")
        copy_database(connection, _name_of(connection), name)
        was = switch_database(connection, name)
        yield
        switch_database(connection, was)
        _drop(connection, name)


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


@contextmanager
def _using(connection: BaseDatabaseWrapper, name: str) -> Iterator[None]:
    was = switch_database(connection, name)
    try:
        yield
    finally:
        switch_database(connection, was)


def switch_database(connection: BaseDatabaseWrapper, name: str) -> str:
    """Let this connection, and those that other threads open from now on, lead to another database; say which it was."""
    was = _name_of(connection)
    connection.close()
    connection.settings_dict["NAME"] = name
    return was


def _name_of(connection: BaseDatabaseWrapper) -> str:
    return str(connection.settings_dict["NAME"])


def _name_in(connection: BaseDatabaseWrapper, folder: Path, name: str) -> str:
    return (
        str(folder / f"{name}.sqlite3") if connection.vendor == "sqlite" else f"{folder.name}_{name}".replace("-", "_")
    )


def copy_database(connection: BaseDatabaseWrapper, source: str, target: str) -> None:
    """Make a new database `target` with all that is in `source`."""
    if connection.vendor == "sqlite":
        with _using(connection, source), connection.cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [target])
        return
    connection.close()  # a database that is copied has no visitors
    with connection._nodb_cursor() as cursor:
        names = [connection.ops.quote_name(name) for name in (target, source)]
        cursor.execute(f"DROP DATABASE IF EXISTS {names[0]}")  # of a run that was killed
        cursor.execute("CREATE DATABASE {} TEMPLATE {}".format(*names))


def _drop(connection: BaseDatabaseWrapper, name: str) -> None:
    if connection.vendor == "sqlite":
        return  # pytest clears its folders
    connection.close()
    with connection._nodb_cursor() as cursor:
        cursor.execute(f"DROP DATABASE {connection.ops.quote_name(name)}")
