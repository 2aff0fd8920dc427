"""The database of a demo: what is in it, and how all of it is thrown away."""

from enum import Enum

from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder

from trialsite.accounts.models import User
from trialsite.audit.models import AuditEvent
from trialsite.demo.build import is_built


class Found(Enum):
    """What a database holds."""

    NOTHING = "nothing"
    DEMO = "a demo trial"
    SOMETHING_ELSE = "data that the demo did not build"


def look() -> Found:
    """What the database holds; tables without rows are nothing."""
    tables = set(connection.introspection.table_names())
    if not tables:
        return Found.NOTHING
    if not {AuditEvent._meta.db_table, User._meta.db_table} <= tables:
        return Found.SOMETHING_ELSE
    if is_built():
        return Found.DEMO
    return Found.SOMETHING_ELSE if AuditEvent.objects.exists() or User.objects.exists() else Found.NOTHING


def migrate() -> None:
    call_command("migrate", verbosity=0)


def throw_away() -> None:
    """Drop every table of Trialsite and make them anew, empty. Nothing else in the database is touched.

    Triggers forbid to delete a row; they do not forbid its owner to drop a table. In production the owner is another role.
    """
    with connection.constraint_checks_disabled(), transaction.atomic():  # SQLite wants them off before a transaction
        for table in _own_tables():
            _drop(table)
    migrate()


def _own_tables() -> list[str]:
    known = {
        *connection.introspection.django_table_names(only_existing=True),
        MigrationRecorder.Migration._meta.db_table,
    }
    return sorted(known & set(connection.introspection.table_names()))


def _drop(table: str) -> None:
    cascade = " CASCADE" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {connection.ops.quote_name(table)}{cascade}")
