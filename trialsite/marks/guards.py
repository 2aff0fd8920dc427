"""Triggers that refuse a write to a locked record in the database itself, whoever asks.

Each clinical table gets its own, from its shape: a record is covered by a lock of itself, of the form it is a row of, of its visit, of its
patient, or of everything.
"""

from typing import Any

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from trialsite.audit.guards import PATH, kind_of
from trialsite.marks.models import TRIAL

LOCKED = "Trialsite: this record is locked"
_LINKS = ("patient", "visit")


def guard_locks(app_label: str) -> migrations.RunPython:
    """Migration step: let every clinical table of the app ask for locks. Safe to repeat; repeat it when a table is remade."""

    def install(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
        for model in apps.get_app_config(app_label).get_models():
            if kind_of(model) == "clinical":
                for statement in lock_statements(schema_editor.connection.vendor, model):
                    schema_editor.execute(statement, params=None)

    return migrations.RunPython(install, migrations.RunPython.noop)


def lock_statements(vendor: str, model: Any) -> list[str]:
    """What makes one clinical table ask for locks."""
    return _sqlite(model) if vendor == "sqlite" else _postgresql(model)


def _links(model: Any) -> list[str]:
    names = {field.name for field in model._meta.concrete_fields}
    return [f"{name}_id" for name in _LINKS if name in names]


def _targets(model: Any, row: str) -> str:
    """The ids of which a lock would cover the row, as SQL. `row` is NEW or OLD."""
    ids = [f"{row}.id", *(f"{row}.{link}" for link in _links(model))]
    parent = next((field.related_model for field in model._meta.concrete_fields if field.name == "parent"), None)
    if parent is not None:
        ids.append(f"{row}.parent_id")
        table = parent._meta.db_table
        ids += [f'(SELECT p.{link} FROM "{table}" p WHERE p.id = {row}.parent_id)' for link in _links(parent)]  # noqa: S608  # names of models
    return ", ".join(ids)


def _is_locked(targets: str, everything: str) -> str:
    # Every name comes from the models, nothing from a person.
    return (
        f"EXISTS (SELECT 1 FROM marks_lock l WHERE l.target_id IN ({targets}, {everything})"  # noqa: S608  # see above
        " AND NOT EXISTS (SELECT 1 FROM marks_lockend e WHERE e.lock_id = l.id))"
    )


def _sqlite(model: Any) -> list[str]:
    table = model._meta.db_table
    statements = []
    for moment, rows in (("INSERT", ("NEW",)), ("UPDATE", ("NEW", "OLD"))):
        name = f'"guard_{table}_locked_{moment.lower()}"'
        condition = _is_locked(", ".join(_targets(model, row) for row in rows), f"'{TRIAL.hex}'")
        statements += [
            f"DROP TRIGGER IF EXISTS {name}",
            f"CREATE TRIGGER {name} BEFORE {moment} ON \"{table}\" WHEN {condition} BEGIN SELECT RAISE(ABORT, '{LOCKED}'); END",
        ]
    return statements


def _postgresql(model: Any) -> list[str]:
    table = model._meta.db_table
    function = f'"trialsite_locked_{table}"'
    new, old = (_is_locked(_targets(model, row), f"'{TRIAL}'::uuid") for row in ("NEW", "OLD"))
    return [
        f"""
        CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql {PATH} AS $$
        BEGIN
            IF {new} THEN RAISE EXCEPTION '{LOCKED}'; END IF;
            IF TG_OP = 'UPDATE' THEN
                IF {old} THEN RAISE EXCEPTION '{LOCKED}'; END IF;
            END IF;
            RETURN NEW;
        END $$
        """,
        f'DROP TRIGGER IF EXISTS guard_locked ON "{table}"',
        f'CREATE TRIGGER guard_locked BEFORE INSERT OR UPDATE ON "{table}" FOR EACH ROW EXECUTE FUNCTION {function}()',
    ]
