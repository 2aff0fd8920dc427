"""Every guarded table there is, with a row in it, against every way to write that a database or Django offers.

The tables are found by walking the models: a new one is tried here, or named below as one that needs no guard.
"""

# ruff: noqa: S608 - the tables are named by the models

import io
import shutil
import subprocess
import uuid
from collections.abc import Callable, Iterator
from datetime import date, time
from decimal import Decimal
from typing import Any

import psycopg2  # type: ignore[import-untyped]  # ships no types
import pytest
from django.apps import apps
from django.core import serializers
from django.core.management import call_command
from django.db import DatabaseError, connection, models, transaction
from django.db.models import ProtectedError

from tests.database import triggers_off
from tests.records.conftest import make_patient
from trialsite.audit.guards import kind_of
from trialsite.lib import clock
from trialsite.records.models import DirectWriteRefusedError

pytestmark = pytest.mark.conformance(19, 20)
REFUSED = "Trialsite:"
# What is no record: secrets of second factors, files being made, sessions, failed sign-ins, numbers to give out, and the tables of Django itself.
NEEDS_NO_GUARD = {
    "accounts.SecondFactor",
    "accounts.RecoveryCode",
    "accounts.UnblindedSession",
    "jobs.Job",
    "jobs.Worker",
    "django_tasks_database.DBTaskResult",
    "enrollment.PatientCounter",
    "auth.Permission",
    "auth.Group",
    "contenttypes.ContentType",
    "sessions.Session",
    "axes.AccessFailureLog",
    "axes.AccessAttempt",
    "axes.AccessAttemptExpiration",
    "axes.AccessLog",
}
GUARDED = [model for model in apps.get_models() if kind_of(model) not in {"", "account"}]
VALUES: dict[str, Any] = {
    "UUIDField": uuid.uuid4,
    "DateTimeField": clock.now,
    "DateField": date.today,
    "TimeField": lambda: time(12),
    "DecimalField": lambda: Decimal(1),
    "JSONField": dict,
    "BooleanField": lambda: False,
    "BinaryField": lambda: b"x",
}


VALUES_OF = {"only": True}  # a release is the only one, and a check says so


def test_every_table_is_guarded_or_named_as_one_that_needs_no_guard() -> None:
    assert {model._meta.label for model in apps.get_models() if not kind_of(model)} == NEEDS_NO_GUARD


def value_for(field: Any) -> Any:
    if field.is_relation:
        return value_for(field.target_field)
    kind = field.get_internal_type()
    if kind in VALUES:
        return VALUES[kind]()
    return 1 if "Integer" in kind or kind.endswith("AutoField") or kind == "FloatField" else "x"


def make_row(model: type[models.Model]) -> models.Model:
    needed = [field for field in model._meta.concrete_fields if field.primary_key or not field.null]
    row = model(**{field.attname: VALUES_OF.get(field.name) or value_for(field) for field in needed})
    row.save_base(raw=True, force_insert=True)
    return row


@pytest.fixture
def rows(db: None) -> Iterator[list[models.Model]]:
    """One row in every guarded table, put there past all guards by the owner of the database, and taken back afterwards."""
    with transaction.atomic():
        with triggers_off(connection):
            made = [make_row(model) for model in GUARDED]
        yield made
        transaction.set_rollback(True)


def statements_for(table: str, key: str) -> list[str]:
    found = [
        f"UPDATE {table} SET {key} = {key}",
        f"DELETE FROM {table}",
        f"INSERT INTO {table} SELECT * FROM {table}",
        f"INSERT INTO {table} SELECT * FROM {table} WHERE true ON CONFLICT ({key}) DO UPDATE SET {key} = excluded.{key}",
        f"INSERT INTO {table} SELECT * FROM {table} WHERE true ON CONFLICT DO NOTHING",
    ]
    if connection.vendor == "sqlite":
        return [*found, f"REPLACE INTO {table} SELECT * FROM {table}", f"UPDATE OR REPLACE {table} SET {key} = {key}"]
    same = f"{table} t USING {table} s ON t.{key} = s.{key}"
    return [
        *found,
        f"TRUNCATE {table} CASCADE",
        f"MERGE INTO {same} WHEN MATCHED THEN UPDATE SET {key} = s.{key}",
        f"MERGE INTO {same} WHEN MATCHED THEN DELETE",
        f"WITH gone AS (DELETE FROM {table} RETURNING *) SELECT count(*) FROM gone",
    ]


def is_refused(act: Callable[[], Any]) -> bool:
    """Whether the database or the model says no; what it says names us, or the gate that a foreign program lacks."""
    try:
        with transaction.atomic():
            act()
    except (DatabaseError, psycopg2.Error) as refused:
        return REFUSED in str(refused) or "trialsite_gate" in str(refused)
    except (DirectWriteRefusedError, ProtectedError):
        return True
    return False


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def test_no_statement_writes_into_any_guarded_table(rows: list[models.Model]) -> None:
    let_through = [
        statement
        for row in rows
        for statement in statements_for(row._meta.db_table, str(row._meta.pk.column))
        if not is_refused(lambda statement=statement: run(statement))  # type: ignore[misc]
    ]
    assert let_through == []


def test_no_copy_of_postgresql_writes_into_any_guarded_table(rows: list[models.Model]) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no COPY")

    def copy_back(table: str) -> None:
        lines = io.StringIO()
        with connection.cursor() as cursor:
            cursor.copy_expert(f"COPY {table} TO STDOUT", lines)
            lines.seek(0)
            cursor.copy_expert(f"COPY {table} FROM STDIN", lines)

    tables = [row._meta.db_table for row in rows]
    assert [table for table in tables if not is_refused(lambda table=table: copy_back(table))] == []  # type: ignore[misc]


def acts_on(row: models.Model) -> dict[str, Callable[[], Any]]:
    model, managed = type(row), type(row)._base_manager
    field = next(one for one in model._meta.concrete_fields if not one.is_relation and not one.primary_key)
    value = {field.name: field.value_from_object(row)}
    own = getattr(model, "objects")  # noqa: B009 - not every type of model declares it
    fixture = serializers.serialize("json", [row])
    return {
        "update": lambda: managed.update(**value),
        "own update": lambda: own.update(**value),
        "bulk_update": lambda: managed.bulk_update([row], [field.name]),
        "delete": lambda: managed.filter(pk=row.pk)._raw_delete(connection.alias),
        "bulk_create": lambda: managed.bulk_create([row], ignore_conflicts=True),
        "update_or_create": lambda: managed.update_or_create(pk=row.pk, defaults=value),
        "save": row.save,
        "raw save": lambda: row.save_base(raw=True),
        "loaddata": lambda: next(iter(serializers.deserialize("json", fixture))).save(),
    }


def test_no_call_of_django_writes_into_any_guarded_table(rows: list[models.Model]) -> None:
    let_through = [
        f"{row._meta.label}: {name}" for row in rows for name, act in acts_on(row).items() if not is_refused(act)
    ]
    assert let_through == []


@pytest.mark.django_db
def test_an_account_is_never_deleted_nor_renamed() -> None:
    with transaction.atomic():
        with triggers_off(connection):
            make_row(apps.get_model("accounts.User"))
        for statement in ("DELETE FROM accounts_user", "UPDATE accounts_user SET username = 'another'"):
            assert is_refused(lambda statement=statement: run(statement)), statement  # type: ignore[misc]
        transaction.set_rollback(True)


SHELL = (
    "from enrollment.models import Patient; Patient._base_manager.update(status='withdrawn')",
    "from enrollment.models import Patient; Patient(number='P2-77').save()",
    "from django.db import connection; connection.cursor().execute('DELETE FROM audit_auditentry')",
    "from django.db import connection; connection.cursor().execute(\"UPDATE enrollment_patient SET status = 'x'\")",
)


@pytest.mark.django_db
@pytest.mark.parametrize("code", SHELL)
def test_the_shell_of_django_writes_nothing(code: str) -> None:
    patient = make_patient()
    assert is_refused(lambda: call_command("shell", command=code, no_imports=True))
    assert type(patient)._base_manager.get().status == patient.status


@pytest.mark.django_db(transaction=True)
def test_the_command_line_of_sqlite_writes_nothing() -> None:
    tool = shutil.which("sqlite3")
    if connection.vendor != "sqlite" or tool is None:
        pytest.skip("needs SQLite and its command line")
    patient = make_patient()
    file = str(connection.settings_dict["NAME"])
    for statement in (
        "UPDATE enrollment_patient SET status = 'withdrawn'",
        "DELETE FROM enrollment_patient",
        "DELETE FROM audit_auditentry",
        "REPLACE INTO audit_auditevent SELECT * FROM audit_auditevent",
    ):
        done = subprocess.run([tool, file, statement], capture_output=True, text=True, check=False)
        assert done.returncode != 0, statement
        assert "trialsite_gate" in done.stderr or REFUSED in done.stderr
    assert type(patient)._base_manager.get().status == patient.status
