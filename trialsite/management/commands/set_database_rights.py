from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction

from enrollment.vault.rights import RoleNames, find_missing_roles, set_rights


class Command(BaseCommand):
    help = (
        "On PostgreSQL, give the roles that serve people their rights: the blinded one none on the allocation vault. Run it as the owner of the"
        " database after every migration; docs/how_to/deploy.md says how the roles are made."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        names = RoleNames()
        parser.add_argument("--blinded", default=names.blinded, help="role of the process that serves the blinded")
        parser.add_argument("--unblinded", default=names.unblinded, help="role of the process that has the key")
        parser.add_argument(
            "--vault-owner", default=names.vault_owner, help="made when it does not exist; cannot sign in"
        )

    def handle(self, *args: Any, blinded: str, unblinded: str, vault_owner: str, **options: Any) -> None:
        if connection.vendor != "postgresql":
            raise CommandError("SQLite has no roles: one process serves everybody.")
        names = RoleNames(blinded=blinded, unblinded=unblinded, vault_owner=vault_owner)
        if missing := find_missing_roles(names):
            raise CommandError(f"Make these roles first, with their passwords: {', '.join(missing)}.")
        with transaction.atomic():
            left_open = set_rights(names)
        self.stdout.write(f"{blinded} has no right on the vault; {unblinded} reads it and adds to it.")
        for sentence in left_open:
            self.stderr.write(sentence)
