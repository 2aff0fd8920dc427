"""The roles of an installation on PostgreSQL, named for this run: roles belong to the whole server, which others use too."""

import os
from io import StringIO

from django.core.management import call_command
from django.db import connection

from enrollment.vault.rights import RoleNames

OF_RUN = os.getpid()
NAMES = RoleNames(blinded=f"blinded_{OF_RUN}", unblinded=f"unblinded_{OF_RUN}", vault_owner=f"vault_{OF_RUN}")


def make_roles() -> None:
    """Make those that serve people, where they are missing, and give all their rights in the database at hand."""
    with connection.cursor() as cursor:
        for name in (NAMES.blinded, NAMES.unblinded):
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name])
            if cursor.fetchone() is None:
                cursor.execute(f"CREATE ROLE {name} LOGIN")
    set_rights()


def set_rights() -> None:
    call_command(
        "set_database_rights",
        blinded=NAMES.blinded,
        unblinded=NAMES.unblinded,
        vault_owner=NAMES.vault_owner,
        stdout=StringIO(),
        stderr=StringIO(),
    )
