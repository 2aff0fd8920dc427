"""Triggers that hold the promises in the database itself, on SQLite and on PostgreSQL.

* The trail only grows: UPDATE, DELETE and TRUNCATE are refused always, INSERT outside the gate.
* A clinical row changes only through the gate, one revision at a time, and only after the audit event of that very revision was written.
  It is never deleted.
* A row of an append-only table (a signature, a draw) is added through the gate and never changes.
* A link of the audit chain is accepted only where its chain ends, and moves the head of the chain; nothing else moves a head.
* An account is never deleted, and its name never changes: what the trail says under a name was done by one person.

Migrations install them with `guard_app`, from the shape of each table, so that a new form is guarded by repeating one line.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
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


@contextmanager
def guard_lifted(schema_editor: BaseDatabaseSchemaEditor, model: Any) -> Iterator[None]:
    """For a migration that moves or marks rows: no guard of this table stands inside, and all of them after."""
    table = model._meta.db_table
    if schema_editor.connection.vendor == "sqlite":
        with schema_editor.connection.cursor() as cursor:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", [table])
            names = [name for (name,) in cursor.fetchall()]
        statements = [f'DROP TRIGGER "{name}"' for name in names]
    else:
        statements = ["SET CONSTRAINTS ALL IMMEDIATE", f'ALTER TABLE "{table}" DISABLE TRIGGER USER']
    for statement in statements:
        schema_editor.execute(statement)
    yield
    if schema_editor.connection.vendor != "sqlite":
        schema_editor.execute(f'ALTER TABLE "{table}" ENABLE TRIGGER USER')
    for statement in guard_statements(schema_editor.connection.vendor, table, kind_of(model)):
        schema_editor.execute(statement, params=None)


def kind_of(model: Any) -> str:
    """ "clinical", "append_only", "chain_link", "chain_head", "account" or "" (no guard), told by the columns that a guarded base class gives."""
    names = {field.name for field in model._meta.get_fields()}
    if {"revision", "recorded_by", "changed_by"} <= names:
        return "clinical"
    label = model._meta.label_lower
    if label in _BY_LABEL:
        return _BY_LABEL[label]
    if "appended_at" in names or label in {
        "audit.auditevent",
        "audit.auditentry",
        "audit.restrictedvalues",
        "audit.notedwords",
    }:
        return "append_only"
    return ""


_BY_LABEL = {"audit.auditlink": "chain_link", "audit.auditchain": "chain_head", "accounts.user": "account"}


def guard_statements(vendor: str, table: str, kind: str) -> Sql:
    makers: dict[tuple[str, str], Callable[[str], Sql]] = {
        ("sqlite", "clinical"): _sqlite_clinical,
        ("sqlite", "append_only"): _sqlite_append_only,
        ("sqlite", "chain_link"): _sqlite_chain_link,
        ("sqlite", "chain_head"): _sqlite_chain_head,
        ("sqlite", "account"): _sqlite_account,
        ("postgresql", "clinical"): _postgresql_clinical,
        ("postgresql", "append_only"): _postgresql_append_only,
        ("postgresql", "chain_link"): _postgresql_chain_link,
        ("postgresql", "chain_head"): _postgresql_chain_head,
        ("postgresql", "account"): _postgresql_account,
    }
    return makers[vendor, kind](table) if kind else []


NO_GATE = "Trialsite: records are written through the record gate only"
APPEND_ONLY = "Trialsite: this table only grows"
NEVER_DELETED = "Trialsite: a clinical record is never deleted"
NOT_NEXT = "Trialsite: a link is added where its chain ends"
ONE_PERSON = "Trialsite: an account is never deleted and keeps its name"
NO_LINK = "Trialsite: the head of a chain moves with its next link only"
NO_AUDIT = "Trialsite: a record changes one revision at a time, after its audit event"

_HAS_EVENT = "EXISTS (SELECT 1 FROM audit_auditevent e WHERE e.record_id = NEW.id AND e.revision = NEW.revision)"

_IS_NEXT = "EXISTS (SELECT 1 FROM audit_auditchain c WHERE c.name = NEW.chain AND c.position = NEW.position - 1 AND c.digest = NEW.previous_digest)"
_MOVE_HEAD = "UPDATE audit_auditchain SET position = NEW.position, digest = NEW.digest WHERE name = NEW.chain"
_HAS_LINK = "EXISTS (SELECT 1 FROM audit_auditlink l WHERE l.chain = NEW.name AND l.position = NEW.position AND l.digest = NEW.digest)"


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


def _sqlite_chain_link(table: str) -> Sql:
    return [
        *_sqlite_append_only(table),
        *_sqlite_trigger(table, "next", "INSERT", f"NOT {_IS_NEXT}", NOT_NEXT),
        f'DROP TRIGGER IF EXISTS "guard_{table}_head"',
        f'CREATE TRIGGER "guard_{table}_head" AFTER INSERT ON "{table}" BEGIN {_MOVE_HEAD}; END',
    ]


def _sqlite_chain_head(table: str) -> Sql:
    moved = f"NEW.name <> OLD.name OR NEW.position <> OLD.position + 1 OR NOT {_HAS_LINK}"
    return [
        *_sqlite_trigger(table, "insert", "INSERT", "trialsite_gate() = 0", NO_GATE),
        *_sqlite_trigger(table, "begin", "INSERT", "NEW.position <> 0 OR NEW.digest <> ''", NO_LINK),
        *_sqlite_trigger(table, "update", "UPDATE", "trialsite_gate() = 0", NO_GATE),
        *_sqlite_trigger(table, "move", "UPDATE", moved, NO_LINK),
        *_sqlite_trigger(table, "delete", "DELETE", "1", APPEND_ONLY),
    ]


def _sqlite_account(table: str) -> Sql:
    return [
        *_sqlite_trigger(table, "name", "UPDATE", "NEW.id <> OLD.id OR NEW.username <> OLD.username", ONE_PERSON),
        *_sqlite_trigger(table, "delete", "DELETE", "1", ONE_PERSON),
    ]


# The functions ask tables by their names: whoever puts another table in the way of one is not asked.
PATH = "SET search_path = public, vault, pg_temp"

_POSTGRESQL_FUNCTIONS = [
    f"""
    CREATE OR REPLACE FUNCTION trialsite_guard_append_only() RETURNS trigger LANGUAGE plpgsql {PATH} AS $$
    BEGIN
        IF TG_OP <> 'INSERT' THEN RAISE EXCEPTION '{APPEND_ONLY}'; END IF;
        IF coalesce(current_setting('trialsite.gate', true), '') <> 'open' THEN RAISE EXCEPTION '{NO_GATE}'; END IF;
        RETURN NEW;
    END $$
    """,
    f"""
    CREATE OR REPLACE FUNCTION trialsite_guard_clinical() RETURNS trigger LANGUAGE plpgsql {PATH} AS $$
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
    # The head moves before each row is stored: PostgreSQL stores all rows of one statement before it fires what follows them.
    f"""
    CREATE OR REPLACE FUNCTION trialsite_guard_chain_link() RETURNS trigger LANGUAGE plpgsql {PATH} AS $$
    BEGIN
        IF NOT {_IS_NEXT} THEN RAISE EXCEPTION '{NOT_NEXT}'; END IF;
        {_MOVE_HEAD};
        RETURN NEW;
    END $$
    """,
    f"""
    CREATE OR REPLACE FUNCTION trialsite_guard_chain_head() RETURNS trigger LANGUAGE plpgsql {PATH} AS $$
    BEGIN
        IF TG_OP IN ('DELETE', 'TRUNCATE') THEN RAISE EXCEPTION '{APPEND_ONLY}'; END IF;
        IF coalesce(current_setting('trialsite.gate', true), '') <> 'open' THEN RAISE EXCEPTION '{NO_GATE}'; END IF;
        IF TG_OP = 'INSERT' THEN
            IF NEW.position <> 0 OR NEW.digest <> '' THEN RAISE EXCEPTION '{NO_LINK}'; END IF;
        ELSIF NEW.name <> OLD.name OR NEW.position <> OLD.position + 1 OR pg_trigger_depth() < 2 THEN
            RAISE EXCEPTION '{NO_LINK}';
        END IF;
        RETURN NEW;
    END $$
    """,
    f"""
    CREATE OR REPLACE FUNCTION trialsite_guard_account() RETURNS trigger LANGUAGE plpgsql {PATH} AS $$
    BEGIN
        IF TG_OP IN ('DELETE', 'TRUNCATE') THEN RAISE EXCEPTION '{ONE_PERSON}'; END IF;
        IF TG_OP = 'UPDATE' THEN
            IF NEW.id <> OLD.id OR NEW.username <> OLD.username THEN RAISE EXCEPTION '{ONE_PERSON}'; END IF;
        END IF;
        RETURN NEW;
    END $$
    """,
]


def _postgresql_append_only(table: str) -> Sql:
    return [*_POSTGRESQL_FUNCTIONS, *_postgresql_triggers(table, "trialsite_guard_append_only")]


def _postgresql_clinical(table: str) -> Sql:
    return [*_POSTGRESQL_FUNCTIONS, *_postgresql_triggers(table, "trialsite_guard_clinical")]


def _postgresql_chain_link(table: str) -> Sql:
    return [
        *_postgresql_append_only(table),
        f'DROP TRIGGER IF EXISTS guard_zz_next ON "{table}"',  # PostgreSQL fires triggers in the order of their names
        f'CREATE TRIGGER guard_zz_next BEFORE INSERT ON "{table}" FOR EACH ROW EXECUTE FUNCTION trialsite_guard_chain_link()',
    ]


def _postgresql_chain_head(table: str) -> Sql:
    return [*_POSTGRESQL_FUNCTIONS, *_postgresql_triggers(table, "trialsite_guard_chain_head")]


def _postgresql_account(table: str) -> Sql:
    return [*_POSTGRESQL_FUNCTIONS, *_postgresql_triggers(table, "trialsite_guard_account")]


def _postgresql_triggers(table: str, function: str) -> Sql:
    return [
        f'DROP TRIGGER IF EXISTS guard_rows ON "{table}"',
        f'CREATE TRIGGER guard_rows BEFORE INSERT OR UPDATE OR DELETE ON "{table}" FOR EACH ROW EXECUTE FUNCTION {function}()',
        f'DROP TRIGGER IF EXISTS guard_truncate ON "{table}"',
        f'CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON "{table}" FOR EACH STATEMENT EXECUTE FUNCTION {function}()',
    ]
