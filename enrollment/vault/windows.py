"""Views through which the blinded role looks at tables that hold rows of the other side, among its own.

Row security alone does not keep a policy first. Where a statement joins two tables by UNION ALL, PostgreSQL puts their policies behind the
conditions of the statement; and there are conditions that cost nothing and compare texts, such as the entry of a JSON object that is named
by a column. Through a view that is a security barrier nothing is asked before the view's own condition, wherever it stands in a statement.

So the blinded role has no right on these tables: it has one on the views, which bear their names, in a schema that bears its own and that
it alone finds. The views belong to the owner of the vault, which the policies of the tables bind as well.
"""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.models import Model, UniqueConstraint

from enrollment.vault.door import SCHEMA
from enrollment.vault.row_rights import RowRight, list_tables
from enrollment.vault.table_rights import list_changes

EVENTS = "audit_auditevent"
BARRIER = "security_barrier, check_option = cascaded"


def list_windows(blinded: str, owner: str) -> Iterator[str]:
    """Statements, safe to repeat, that make the views; the names of the roles are quoted already."""
    yield from list_closings(blinded)
    yield f"CREATE SCHEMA IF NOT EXISTS {blinded}"
    yield f"GRANT CREATE, USAGE ON SCHEMA {blinded} TO {owner}"
    models = {f'"{model._meta.db_table}"': model for model in apps.get_models()}
    for right in list_windowed():
        view = f"{blinded}.{right.table}"
        yield f"REVOKE ALL ON public.{right.table} FROM {blinded}"
        yield f"GRANT SELECT, INSERT, UPDATE, DELETE ON public.{right.table} TO {owner}"
        rows = f"SELECT * FROM public.{right.table} WHERE {right.visible}"  # noqa: S608 - no input
        yield f"CREATE VIEW {view} WITH ({BARRIER}) AS {rows}"
        yield f"ALTER VIEW {view} OWNER TO {owner}"
        yield f"GRANT SELECT, INSERT ON {view} TO {blinded}"
        yield from list_changes(view, models[right.table], blinded)
        yield from _guard_keys(right, models[right.table])
    # What is written about an event is checked against it.
    yield f"GRANT SELECT (id, action, is_restricted) ON public.{EVENTS} TO {owner}"
    yield f"REVOKE CREATE ON SCHEMA {blinded} FROM {owner}"
    yield f"GRANT USAGE ON SCHEMA {blinded} TO {blinded}"


def _guard_keys(right: RowRight, model: type[Model]) -> Iterator[str]:
    """A row whose key a hidden row has is refused before the hidden one is looked at: ON CONFLICT asks its condition of it before any policy."""
    quote = connection.ops.quote_name
    same = " OR ".join(
        f"({' AND '.join(f't.{quote(column)} = NEW.{quote(column)}' for column in columns)})"
        for columns in _keys(model)
    )
    name = f"trialsite_guard_taken_{model._meta.db_table}"
    hidden = f"SELECT 1 FROM public.{right.table} t WHERE ({same}) AND NOT ({right.visible})"  # noqa: S608 - no input
    yield f"""
        CREATE OR REPLACE FUNCTION public.{name}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = public, vault, pg_temp AS $$
        BEGIN
            IF NOT has_schema_privilege(session_user, '{SCHEMA}', 'USAGE') AND EXISTS ({hidden}) THEN
                RAISE EXCEPTION 'Trialsite: this key is taken' USING ERRCODE = 'unique_violation';
            END IF;
            RETURN NEW;
        END $$"""
    yield f"CREATE OR REPLACE TRIGGER guard_taken BEFORE INSERT ON public.{right.table} FOR EACH ROW EXECUTE FUNCTION public.{name}()"


def _keys(model: type[Model]) -> Iterator[list[str]]:
    """The columns of each key that every row of the table has."""
    meta: Any = model._meta
    for field in meta.local_concrete_fields:
        if field.unique:
            yield [str(field.column)]
    whole = [one.fields for one in meta.constraints if isinstance(one, UniqueConstraint) and one.condition is None]
    for names in [*meta.unique_together, *whole]:
        yield [str(meta.get_field(name).column) for name in names]


def list_closings(blinded: str) -> Iterator[str]:
    """Statements that take the views of a role away, before anything of their tables is changed."""
    for right in list_windowed():
        yield f"DROP VIEW IF EXISTS {blinded}.{right.table}"


def take_away_all() -> int:
    """Take the views of every role away, and say how many there were: until `set_database_rights` the blinded role finds none of these tables."""
    with connection.cursor() as cursor:
        cursor.execute(_ALL)
        found = [view for (view,) in cursor.fetchall()]
        for view in found:
            cursor.execute(f"DROP VIEW {view}")
    return len(found)


_ALL = """
SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'v' AND 'security_barrier=true' = ANY (c.reloptions) AND n.nspname IN (SELECT rolname FROM pg_roles)
"""


def list_windowed() -> list[RowRight]:
    """Tables whose rows say in one column for whom they are."""
    return [right for right in list_tables() if right.is_marked]
