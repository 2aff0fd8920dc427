"""Who may do what in PostgreSQL: four roles, of which the one that serves blinded people has no right on the vault.

* the owner of the database makes and changes the tables, and serves nobody;
* the owner of the vault owns its schema, its tables and its door, and cannot sign in;
* the blinded role reads and writes rows outside of the vault, but for those that may tell an arm
  (`enrollment.vault.row_rights`, `enrollment.vault.windows`), and may use the door;
* the unblinded role does the same, and adds rows to the vault.

No role that serves people owns a table, so none can drop a trigger, empty a table or give rights away.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.apps import apps
from django.db import connection

from enrollment.vault.door import DRAW, DRAW_TAKES, SCHEMA
from enrollment.vault.plans import forget_values, list_marks
from enrollment.vault.row_rights import list_row_rights, list_shared_tables
from enrollment.vault.server_rights import close_server
from enrollment.vault.table_rights import list_table_rights
from enrollment.vault.windows import list_closings, list_windows
from trialsite.accounts.guard import access_statements


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleNames:
    """What the roles of one installation are called."""

    blinded: str = "trialsite"
    unblinded: str = "trialsite_unblinded"
    vault_owner: str = "trialsite_vault"


def set_rights(names: RoleNames, *, is_copy: bool = False) -> list[str]:
    """Give and take rights so that they are as described above, whatever was before. Run it as the owner after every migration.

    What stays open, because it is not in the hand of this owner, as sentences. `is_copy`: the database is a copy of an installation's own, which
    may stand beside it, so nothing is changed outside of it. Call it inside a transaction.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [names.vault_owner])
        if cursor.fetchone() is None:
            cursor.execute(f"CREATE ROLE {_quote(names.vault_owner)} NOLOGIN")
        blinded, unblinded, owner = (_quote(name) for name in (names.blinded, names.unblinded, names.vault_owner))
        rows = [*list_closings(blinded), *list_marks(), *list_row_rights(f"{blinded}, {owner}", unblinded)]
        # Anew, so that it knows a role that was added since it was migrated.
        guard = access_statements(connection.vendor)
        for statement in [*_own(names), *_close(names), *_open_ordinary(names), *_open_vault(names), *rows, *guard]:
            cursor.execute(statement)
        for table in list_shared_tables():
            forget_values(cursor, table)
        for statement in list_windows(blinded, owner):
            cursor.execute(statement)
    return close_server(names.blinded, is_copy=is_copy)


def find_missing_roles(names: RoleNames) -> list[str]:
    """Roles that must be made first, with their passwords."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolname FROM pg_roles WHERE rolname IN (%s, %s)", [names.blinded, names.unblinded])
        found = {name for (name,) in cursor.fetchall()}
    return [name for name in (names.blinded, names.unblinded) if name not in found]


def _quote(name: str) -> str:
    return str(connection.ops.quote_name(name))


def _vault_tables() -> Iterator[tuple[str, list[str]]]:
    """Each table of the vault with the columns that a change of the key writes."""
    for model in apps.get_app_config("vault").get_models():
        columns = [str(field.column) for field in model._meta.local_concrete_fields]
        keyed = [column for column in columns if column == "key_number" or column.startswith("sealed_")]
        yield f'{SCHEMA}."{model._meta.db_table}"', keyed


def _own(names: RoleNames) -> Iterator[str]:
    owner = _quote(names.vault_owner)
    yield f"GRANT {owner} TO CURRENT_USER"
    # Who takes a function or a schema over must be allowed to make one at its place, for that moment.
    database = _quote(str(connection.settings_dict["NAME"]))
    yield f"GRANT CREATE ON SCHEMA public TO {owner}"
    yield f"GRANT CREATE ON DATABASE {database} TO {owner}"
    yield f"ALTER FUNCTION {DRAW}({DRAW_TAKES}) OWNER TO {owner}"
    yield f"ALTER SCHEMA {SCHEMA} OWNER TO {owner}"
    yield f"REVOKE CREATE ON SCHEMA public FROM {owner}, PUBLIC"
    yield f"REVOKE CREATE ON DATABASE {database} FROM {owner}"
    for table, _ in _vault_tables():
        yield f"ALTER TABLE {table} OWNER TO {owner}"
    # What the door reads outside of the vault.
    yield f"GRANT USAGE ON SCHEMA public TO {owner}"
    yield f"GRANT SELECT ON public.enrollment_listcommitment TO {owner}"
    yield f"GRANT SELECT (id, phase_number, status, randomization_code) ON public.enrollment_patient TO {owner}"


def _close(names: RoleNames) -> Iterator[str]:
    everybody = f"PUBLIC, {_quote(names.blinded)}, {_quote(names.unblinded)}"
    yield f"REVOKE ALL ON SCHEMA {SCHEMA} FROM {everybody}"
    # Rights that were given when a table of the vault was made in `public`, also on single columns.
    yield f"REVOKE ALL ON ALL TABLES IN SCHEMA {SCHEMA} FROM {everybody}"
    yield f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA {SCHEMA} FROM {everybody}"
    yield f"REVOKE ALL ON FUNCTION {DRAW}({DRAW_TAKES}) FROM {everybody}"
    # The guards ask tables by their names: nobody puts a table of their own in the place of one.
    yield f"REVOKE TEMPORARY ON DATABASE {_quote(str(connection.settings_dict['NAME']))} FROM {everybody}"
    yield _PIN


_PIN = """
DO $$ DECLARE guard regprocedure; BEGIN
    FOR guard IN SELECT oid FROM pg_proc WHERE prorettype = 'trigger'::regtype AND proname ^@ 'trialsite_' LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = public, vault, pg_temp', guard);
    END LOOP;
END $$"""


def _open_ordinary(names: RoleNames) -> Iterator[str]:
    both = f"{_quote(names.blinded)}, {_quote(names.unblinded)}"
    yield f"GRANT USAGE ON SCHEMA public TO {both}"
    yield f"GRANT CONNECT ON DATABASE {_quote(str(connection.settings_dict['NAME']))} TO {both}"
    # Not on the list of migrations: who could say that one ran would keep the next guard from being installed.
    yield from list_table_rights(_quote(names.blinded), _quote(names.unblinded))
    # A list is sealed and its digest published where the key is.
    yield f"REVOKE INSERT ON public.enrollment_listcommitment FROM {_quote(names.blinded)}"
    # Ids come from the columns themselves, which asks for no right. Who may read where a sequence stands counts what others wrote.
    yield f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM {both}, PUBLIC"
    yield f"GRANT EXECUTE ON FUNCTION {DRAW}({DRAW_TAKES}) TO {both}"


def _open_vault(names: RoleNames) -> Iterator[str]:
    unblinded = _quote(names.unblinded)
    yield f"GRANT USAGE ON SCHEMA {SCHEMA} TO {unblinded}"
    yield f"GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA {SCHEMA} TO {unblinded}"
    for table, keyed in _vault_tables():
        if keyed:
            yield f"GRANT UPDATE ({', '.join(keyed)}) ON {table} TO {unblinded}"
    # To lock a row asks for the right to change it; the triggers refuse the change itself.
    yield f'GRANT UPDATE ("key") ON {SCHEMA}.vault_allocationstratum TO {unblinded}'
