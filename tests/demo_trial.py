"""The whole synthetic trial, for tests that read it: built once a run, in a database of its own.

    pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("demo_trial")]

A module that asks for `demo_trial` finds the trial in the default database. What its tests write is rolled back after each, so they must not
commit (no `transaction=True`). Building takes half a minute; several workers of one run build it once and take copies.
"""

import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from shutil import copyfile

import pytest
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from pytest_django.plugin import DjangoDbBlocker

from tests.database import (
    copy_database,
    drop_database,
    make_once,
    name_in,
    name_of,
    switch_database,
    using_database,
)
from trialsite.demo.build import build_trial, plan_trial
from trialsite.lib import clock
from trialsite.protocol.current import get_protocol

ROOT = Path(__file__).parents[1]
KEPT = ROOT / "var" / "test"
PARTS = ("trialsite", "enrollment", "visits", "endpoints")


@pytest.fixture(scope="session")
def demo_database(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, run_folder: Path, worker_id: str
) -> Iterator[str]:
    """The name of this worker's own copy of the database that holds the trial."""
    connection = connections["default"]
    with django_db_blocker.unblock():
        copy = name_in(connection, run_folder, f"demo_{worker_id}")
        copy_database(connection, make_once(connection, run_folder, "demo", _build_or_take), copy)
    yield copy
    with django_db_blocker.unblock():
        drop_database(connection, copy)


def _build_or_take(connection: BaseDatabaseWrapper, name: str) -> None:
    """SQLite: the part of the tests in a browser takes what the part before it built from the same sources on the same day."""
    kept = KEPT / f"demo-{_digest_sources()}.sqlite3"
    if connection.vendor != "sqlite":
        _build(connection, name)
    elif kept.exists():
        copyfile(kept, name)
    else:
        _build(connection, name)
        _keep(name, kept)


def _build(connection: BaseDatabaseWrapper, name: str) -> None:
    copy_database(connection, name_of(connection), name)
    with using_database(connection, name):
        build_trial(plan_trial(clock.today(), get_protocol()), get_protocol())


def _digest_sources() -> str:
    """Of all that the trial is built from, its packages and the day."""
    digest = sha256(clock.today().isoformat().encode())
    sources = [ROOT / "requirements.txt", *(path for part in PARTS for path in sorted((ROOT / part).rglob("*.*")))]
    for path in sources:
        if path.suffix in {".py", ".toml", ".txt"}:
            digest.update(path.read_bytes())
    return digest.hexdigest()[:20]


def _keep(built: str, kept: Path) -> None:
    """In place of what older sources built. Two runs at once each write a file of their own; the last one stays."""
    KEPT.mkdir(parents=True, exist_ok=True)
    for old in KEPT.glob("demo-*.sqlite3"):
        old.unlink(missing_ok=True)
    begun = kept.with_suffix(f".{os.getpid()}")
    copyfile(built, begun)
    begun.replace(kept)


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
        name = name_in(connection, tmp_path, "own")
        copy_database(connection, name_of(connection), name)
        was = switch_database(connection, name)
        yield
        switch_database(connection, was)
        drop_database(connection, name)
