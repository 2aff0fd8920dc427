"""Triggers of the vault: as every append-only table, but a ciphertext may give way to another one when the key changes.

Such an update must raise `key_number` to that of a stored `KeyRotation` and may touch nothing but columns named `sealed_...`.
"""

from typing import Any

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from trialsite.audit.guards import APPEND_ONLY, NO_GATE, PATH, guard_statements, kind_of

_KEY = "key_number"
_NEXT_KEY = f"NEW.{_KEY} > OLD.{_KEY} AND EXISTS (SELECT 1 FROM vault_keyrotation r WHERE r.number = NEW.{_KEY})"  # noqa: S608 - no input


def guard_vault() -> migrations.RunPython:
    """Migration step: guard every table of the vault. Safe to repeat, and to be repeated after every change of its tables."""

    def install(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
        vendor = schema_editor.connection.vendor
        for model in apps.get_app_config("vault").get_models():
            statements = guard_statements(vendor, model._meta.db_table, kind_of(model))
            columns = [field.column for field in model._meta.local_concrete_fields]
            if _KEY in columns:
                rekey = _rekey_on_sqlite if vendor == "sqlite" else _rekey_on_postgresql
                statements += rekey(model._meta.db_table, columns)
            for statement in statements:
                schema_editor.execute(statement, params=None)

    return migrations.RunPython(install, migrations.RunPython.noop)


def _is_fixed(column: str) -> bool:
    return column != _KEY and not column.startswith("sealed_")


def _rekey_on_sqlite(table: str, columns: list[str]) -> list[str]:
    touched = " OR ".join(f'NEW."{column}" IS NOT OLD."{column}"' for column in columns if _is_fixed(column))
    name = f'"guard_{table}_update"'
    head = (
        f'CREATE TRIGGER {name} BEFORE UPDATE ON "{table}" WHEN trialsite_gate() = 0 OR {touched} OR NOT ({_NEXT_KEY})'
    )
    return [f"DROP TRIGGER IF EXISTS {name}", f"{head} BEGIN SELECT RAISE(ABORT, '{APPEND_ONLY}'); END"]


def _rekey_on_postgresql(table: str, columns: list[str]) -> list[str]:
    touched = " OR ".join(f'NEW."{column}" IS DISTINCT FROM OLD."{column}"' for column in columns if _is_fixed(column))
    function = f"trialsite_guard_{table}"
    return [
        f"""
        CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql {PATH} AS $$
        BEGIN
            IF TG_OP NOT IN ('INSERT', 'UPDATE') THEN RAISE EXCEPTION '{APPEND_ONLY}'; END IF;
            IF TG_OP = 'UPDATE' THEN
                IF {touched} OR NOT ({_NEXT_KEY}) THEN RAISE EXCEPTION '{APPEND_ONLY}'; END IF;
            END IF;
            IF coalesce(current_setting('trialsite.gate', true), '') <> 'open' THEN RAISE EXCEPTION '{NO_GATE}'; END IF;
            RETURN NEW;
        END $$
        """,
        f'DROP TRIGGER IF EXISTS guard_rows ON "{table}"',
        f'CREATE TRIGGER guard_rows BEFORE INSERT OR UPDATE OR DELETE ON "{table}" FOR EACH ROW EXECUTE FUNCTION {function}()',
    ]
