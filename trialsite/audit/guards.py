"""Triggers that hold the promises in the database itself, on SQLite and on PostgreSQL.

* The trail only grows: UPDATE, DELETE and TRUNCATE are refused always, INSERT outside the gate.
* A clinical row changes only through the gate, one revision at a time, and only after the audit event of that very revision was written.
  It is never deleted.
* A row of an append-only table (a signature, a draw) is added through the gate and never changes.

Migrations install them with `guard_app`, from the shape of each table, so that a new form is guarded by repeating one line.
"""

from collections.abc import Callable
from typing import Any

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

Sql = list[str]


def guard_app(app_label: str) -> migrations.RunPython:
    """Migration step: guard every table of the app by what its columns promise. Safe to repeat."""

    def install(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
        for model in apps.get_app_config(app_label).get_models():
            for statement in guard_statements(schema_editor.connection.vendor, model._meta.db_table, kind_of(model)):
                schema_editor.execute(statement, params=None)

    return migrations.RunPython(install, migrations.RunPython.noop)


def kind_of(model: Any) -> str:
    """ "clinical", "append_only" or "" (no guard), told by the columns every guarded base class gives its children."""
    names = {field.name for field in model._meta.get_fields()}
    if {"revision", "recorded_by", "changed_by"} <= names:
        return "clinical"
    if "appended_at" in names or model._meta.label_lower in {"audit.auditevent", "audit.auditentry"}:
        return "append_only"
    return ""


def guard_statements(vendor: str, table: str, kind: str) -> Sql:
    makers: dict[tuple[str, str], Callable[[str], Sql]] = {
        ("sqlite", "clinical"): _sqlite_clinical,
        ("sqlite", "append_only"): _sqlite_append_only,
        ("postgresql", "clinical"): _postgresql_clinical,
        ("postgresql", "append_only"): _postgresql_append_only,
    }
    return makers[vendor, kind](table) if kind else []


NO_GATE = "Trialsite: records are written through the record gate only"
APPEND_ONLY = "Trialsite: this table only grows"
NEVER_DELETED = "Trialsite: a clinical record is never deleted"
NO_AUDIT = "Trialsite: a record changes one revision at a time, after its audit event"

_HAS_EVENT = "EXISTS (SELECT 1 FROM audit_auditevent e WHERE e.record_id = NEW.id AND e.revision = NEW.revision)"


def _sqlite_trigger(table: str, name: str, moment: str, condition: str, message: str) -> Sql:
    head = f'CREATE TRIGGER "guard_{table}_{name}" BEFORE {moment} ON "{table}" WHEN {condition}'
    return [f'DROP TRIGGER IF EXISTS "guard_{table}_{name}"', f"{head} BEGIN SELECT RAISE(ABORT, '{message}'); END"]


def _sqlite_append_only(table: str) -> Sql:
    return [
        *_sqlite_trigger(table, "insert", "INSERT", "trialsite_gate() = 0", NO_GATE),
        *_sqlite_trigger(table, "update", "UPDATE", "1", APPEND_ONLY),
        *_sqlite_trigger(table, "delete", "DELETE", "1", APPEND_ONLY),
    ]


def _sqlite_clinical(table: str) -> Sql:
    return [
        *_sqlite_trigger(table, "insert", "INSERT", "trialsite_gate() = 0", NO_GATE),
        *_sqlite_trigger(table, "insert_audit", "INSERT", f"NEW.revision <> 1 OR NOT {_HAS_EVENT}", NO_AUDIT),
        *_sqlite_trigger(table, "update", "UPDATE", "trialsite_gate() = 0", NO_GATE),
        *_sqlite_trigger(
            table,
            "update_audit",
            "UPDATE",
            f"NEW.id <> OLD.id OR NEW.revision <> OLD.revision + 1 OR NOT {_HAS_EVENT}",
            NO_AUDIT,
        ),
        *_sqlite_trigger(table, "delete", "DELETE", "1", NEVER_DELETED),
    ]


_POSTGRESQL_FUNCTIONS = [
    f"""
    CREATE OR REPLACE FUNCTION trialsite_guard_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP <> 'INSERT' THEN RAISE EXCEPTION '{APPEND_ONLY}'; END IF;
        IF coalesce(current_setting('trialsite.gate', true), '') <> 'open' THEN RAISE EXCEPTION '{NO_GATE}'; END IF;
        RETURN NEW;
    END $$
    """,
    f"""
    CREATE OR REPLACE FUNCTION trialsite_guard_clinical() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP IN ('DELETE', 'TRUNCATE') THEN RAISE EXCEPTION '{NEVER_DELETED}'; END IF;
        IF coalesce(current_setting('trialsite.gate', true), '') <> 'open' THEN RAISE EXCEPTION '{NO_GATE}'; END IF;
        IF TG_OP = 'INSERT' AND NEW.revision <> 1 THEN RAISE EXCEPTION '{NO_AUDIT}'; END IF;
        IF TG_OP = 'UPDATE' THEN
            IF NEW.id <> OLD.id OR NEW.revision <> OLD.revision + 1 THEN RAISE EXCEPTION '{NO_AUDIT}'; END IF;
        END IF;
        IF NOT {_HAS_EVENT} THEN RAISE EXCEPTION '{NO_AUDIT}'; END IF;
        RETURN NEW;
    END $$
    """,
]


def _postgresql_append_only(table: str) -> Sql:
    return [*_POSTGRESQL_FUNCTIONS, *_postgresql_triggers(table, "trialsite_guard_append_only")]


def _postgresql_clinical(table: str) -> Sql:
    return [*_POSTGRESQL_FUNCTIONS, *_postgresql_triggers(table, "trialsite_guard_clinical")]


def _postgresql_triggers(table: str, function: str) -> Sql:
    return [
        f'DROP TRIGGER IF EXISTS guard_rows ON "{table}"',
        f'CREATE TRIGGER guard_rows BEFORE INSERT OR UPDATE OR DELETE ON "{table}" FOR EACH ROW EXECUTE FUNCTION {function}()',
        f'DROP TRIGGER IF EXISTS guard_truncate ON "{table}"',
        f'CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON "{table}" FOR EACH STATEMENT EXECUTE FUNCTION {function}()',
    ]
