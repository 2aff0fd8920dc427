"""A trigger that keeps the role of the database which serves blinded people from the accounts of everybody who can learn an arm or give access.

Whoever writes SQL with the password of that role must not become one of these, whatever this program would have said to it. Asked is not the
name of the role but its right on the vault, which the owner and the role for unblinded people have. SQLite has no roles: nothing is done there.
"""

from typing import Any

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from trialsite.accounts.roles import APART, list_guarded_roles

REFUSED = "Trialsite: this account is written by the process that has the key"
TABLE = "accounts_user"
# What the process for blinded people writes of those who work there: that one signed in, was trained, set up a device.
OPEN_COLUMNS = ("last_login", "second_factor_since", "training")


def guard_access() -> migrations.RunPython:
    """Migration step: install the trigger. Safe to repeat; repeat it when roles or their permissions change."""

    def install(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
        for statement in access_statements(schema_editor.connection.vendor):
            schema_editor.execute(statement, params=None)

    return migrations.RunPython(install, migrations.RunPython.noop)


def access_statements(vendor: str) -> list[str]:
    if vendor != "postgresql":
        return []
    return [
        _FUNCTION,
        f'DROP TRIGGER IF EXISTS guard_access ON "{TABLE}"',
        f'CREATE TRIGGER guard_access BEFORE INSERT OR UPDATE ON "{TABLE}" FOR EACH ROW EXECUTE FUNCTION trialsite_guard_access()',
    ]


def _as_array(words: Any) -> str:
    return f"ARRAY[{', '.join(repr(str(word)) for word in sorted(words))}]"


# While no vault is there yet, nobody is kept from it: the tables are being made.
_HAS_NO_RIGHT = (
    "EXISTS (SELECT 1 FROM pg_namespace n WHERE n.nspname = 'vault' AND NOT has_schema_privilege(n.oid, 'USAGE'))"
)

_FUNCTION = f"""
CREATE OR REPLACE FUNCTION trialsite_guard_access() RETURNS trigger LANGUAGE plpgsql SET search_path = public, vault, pg_temp AS $$
DECLARE
    guarded constant text[] := {_as_array(list_guarded_roles())};
    apart constant text[] := {_as_array(APART)};
    open_columns constant text[] := {_as_array(OPEN_COLUMNS)};
BEGIN
    IF {_HAS_NO_RIGHT} THEN
        IF TG_OP = 'INSERT' THEN
            IF NEW.roles ?| guarded THEN RAISE EXCEPTION '{REFUSED}'; END IF;
        ELSIF NEW.roles ?| apart OR OLD.roles ?| apart THEN
            RAISE EXCEPTION '{REFUSED}';
        ELSIF (NEW.roles ?| guarded OR OLD.roles ?| guarded) AND to_jsonb(NEW) - open_columns <> to_jsonb(OLD) - open_columns THEN
            RAISE EXCEPTION '{REFUSED}';
        END IF;
    END IF;
    RETURN NEW;
END $$
"""
