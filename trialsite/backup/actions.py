"""Taking a backup, and restoring one: nothing is believed before it was verified."""

import tempfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from trialsite.accounts.actor import SYSTEM
from trialsite.accounts.models import User
from trialsite.audit.models import AuditEvent
from trialsite.audit.verify import Heads, find_unbound, get_heads, verify_chains
from trialsite.audit.write import log_event
from trialsite.backup.archive import Manifest, digest_of_file, open_archive, write_archive
from trialsite.backup.database import (
    BackupRefusedError,
    can_look_first,
    check_archive,
    count_rows,
    dump,
    load,
    looking_at,
    same_moment,
)
from trialsite.backup.guards import find_missing_guards
from trialsite.lib import clock
from trialsite.lib.version import get_version
from trialsite.protocol.current import get_protocol
from trialsite.records.verify import verify_records
from trialsite.signatures.verify import verify_signatures

SESSIONS = ("django_session", "accounts_unblindedsession")
_NAMED = 5


def take_backup(target: Path, *, may_be_legible: bool = False) -> Manifest:
    """Write the database to a new file, in one state, while people go on working; and note it in the trail.

    It is encrypted with the key for backups. Without one it is legible, which production refuses unless it was said (`may_be_legible`).
    """
    keys: tuple[str, ...] = settings.BACKUP_KEYS
    if settings.IS_PRODUCTION and not keys and not may_be_legible:
        raise BackupRefusedError(
            "There is no TRIALSITE_BACKUP_KEY, and a legible backup holds the operators' forms, which tell arms. Set the key, or add --legible."
        )
    if target.exists():
        raise BackupRefusedError(f"{target} is there already. Name a new file: backups are kept, not replaced.")
    if not target.parent.is_dir():
        raise BackupRefusedError(f"The folder {target.parent} does not exist. Make it first.")
    # What is legible for a moment stays on the machine of the trial, wherever the backup goes.
    beside = Path(settings.DATA_DIR) if keys else target.parent
    beside.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=beside, prefix=".backup-") as folder:
        database = Path(folder) / "database"
        with same_moment() as moment:
            tables, heads, migrations = count_rows(), get_heads(), _list_migrations()
            dump(database, moment)
        manifest = Manifest(
            made_at=clock.now().isoformat(),
            vendor=connection.vendor,
            version=get_version(),
            protocol={key: getattr(get_protocol(), key) for key in ("key", "version", "digest")},
            migrations=migrations,
            tables=tables,
            heads={name: list(head) for name, head in heads.items()},
            sha256=digest_of_file(database),
            size=database.stat().st_size,
        )
        write_archive(target, database, manifest, keys)
    # Blinded people read this entry: no number that restricted events count in.
    log_event("backup", actor=SYSTEM, detail=f"SHA-256 {manifest.sha256}.")
    return manifest


def restore_backup(source: Path, *, may_replace: bool) -> Manifest:
    """Make the database what a backup holds: verified before anything changes, wherever that is possible, and once more afterwards."""
    folder = (
        Path(connection.settings_dict["NAME"]).parent if connection.vendor == "sqlite" else Path(tempfile.gettempdir())
    )
    with open_archive(source, folder, settings.BACKUP_KEYS) as (manifest, database):
        if manifest.vendor != connection.vendor:
            raise BackupRefusedError(f"This backup is of {manifest.vendor}, the database here is {connection.vendor}.")
        if missing := _find_later_migrations(manifest):
            raise BackupRefusedError(
                f"This backup is older than the tables of this version ({', '.join(missing[:3])}). Restore it with version {manifest.version},"
                " which made it; then install this one and run migrate."
            )
        if not may_replace and holds_something():
            raise BackupRefusedError(
                "The database here is not empty. Take a backup of it, and add --replace to put the restored one in its place."
            )
        check_archive(database)
        if can_look_first():
            with looking_at(database):
                _refuse_unsound(manifest)
        load(database)
    _refuse_unsound(manifest)
    _end_sessions()
    log_event("restore", actor=SYSTEM, detail=f"Backup of {manifest.made_at}, SHA-256 {manifest.sha256}.")
    return manifest


def holds_something() -> bool:
    """Whether anybody has an account here, or anything was ever done."""
    there = set(connection.introspection.table_names())
    known = {AuditEvent._meta.db_table, User._meta.db_table}
    if not there & known:
        return bool(there)
    return AuditEvent.objects.exists() or User.objects.exists()


def _refuse_unsound(manifest: Manifest) -> None:
    problems = list(islice(_find_problems(manifest), _NAMED))
    if problems:
        raise BackupRefusedError("What the backup holds is not sound: " + "; ".join(problems))


def _find_problems(manifest: Manifest) -> Iterator[str]:
    """Sentences about everything that is not as it was when the backup was made."""
    now, then = count_rows(), manifest.tables
    yield from (
        f"the table {table} has {now.get(table, 0)} rows, not {then[table]}"
        for table in then
        if now.get(table) != then[table]
    )
    yield from (f"the guard {name} of {table} is missing" for table, name in find_missing_guards())
    kept: Heads = {name: (int(head[0]), str(head[1])) for name, head in manifest.heads.items()}
    for problem in (*verify_chains(get_heads(), kept), *find_unbound(), *verify_records(), *verify_signatures()):
        yield f"{problem.place}: {problem.sentence}"


def _find_later_migrations(manifest: Manifest) -> list[str]:
    """Changes of the tables that this version has and the backup has not seen: it could not be verified here."""
    known = MigrationLoader(connection, ignore_no_migrations=True).disk_migrations
    return sorted({f"{app}.{name}" for app, name in known} - set(manifest.migrations))


def _end_sessions() -> None:
    """Whoever was signed in when the backup was made signs in again."""
    with connection.cursor() as cursor:
        for table in SESSIONS:
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(table)}")  # noqa: S608 - a constant


def _list_migrations() -> list[str]:
    return [f"{app}.{name}" for app, name in sorted(MigrationRecorder(connection).applied_migrations())]
