"""A copy of an installation's database, in which arms may be exchanged; the original is read once, to be copied."""

import hashlib
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import Error, connection

from trialsite.audit.verify import get_heads
from trialsite.backup.database import BackupRefusedError, count_rows, dump, load, looking_at, same_moment

# What web workers write of their own accord, whoever works.
RESTLESS = ("django_session", "accounts_unblindedsession", "jobs_worker")


class NoCopyError(Exception):
    """The database cannot be copied as things stand; the sentence says why, and what to do."""


def digest_database() -> str:
    """SHA-256 over the number of rows of every table and the heads of the audit trail's chains: nothing is written without one of them moving."""
    with same_moment():
        told = {"rows": {table: n for table, n in count_rows().items() if table not in RESTLESS}, "heads": get_heads()}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


@contextmanager
def working_on_a_copy(folder: Path) -> Iterator[None]:
    """Inside the block every statement goes to a copy, which is gone afterwards."""
    with tempfile.TemporaryDirectory(dir=folder, prefix=".proof-") as made:
        file = Path(made) / "database"
        try:
            with same_moment() as moment:
                dump(file, moment)
            with looking_at(file) if connection.vendor == "sqlite" else _database_of(file):
                yield
        except BackupRefusedError as refused:
            raise NoCopyError(str(refused)) from refused


@contextmanager
def _database_of(file: Path) -> Iterator[None]:
    """On PostgreSQL: a new database on the same server."""
    was = str(connection.settings_dict["NAME"])
    name = f"{was}_proof"
    quoted = connection.ops.quote_name(name)
    _on_server(
        f"CREATE DATABASE {quoted}",
        f"The role of the database may not create the database {name}, in which the arms would be exchanged.",
    )
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        load(file)
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = was
        _on_server(f"DROP DATABASE {quoted} WITH (FORCE)", f"The database {name} could not be removed.")


def _on_server(statement: str, otherwise: str) -> None:
    try:
        with connection._nodb_cursor() as cursor:
            cursor.execute(statement)
    except Error as error:
        raise NoCopyError(
            f"{otherwise} Run the proof as a role that may (CREATEDB), or on a database restored from a backup. ({type(error).__name__})"
        ) from error
