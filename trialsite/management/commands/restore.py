from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from trialsite.backup.actions import restore_backup
from trialsite.backup.database import BackupRefusedError, can_look_first


class Command(BaseCommand):
    help = (
        "Make the database what a backup holds: the file must be whole, every row count, every guard, the audit chains against the heads in the"
        " manifest, every record and every signature sound. This is verified before anything is replaced, and again afterwards."
        " Stop the web processes first."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="a file that manage.py backup wrote")
        parser.add_argument("--replace", action="store_true", help="throw away what is in the database now")

    def handle(self, *args: Any, file: Path, replace: bool, **options: Any) -> None:
        if not can_look_first():
            self.stdout.write(
                "The backup could not be verified before it replaces the database: this role may not make a database to load it into"
                " (ALTER ROLE ... CREATEDB). It is verified right after: keep the backup of what was here."
            )
        try:
            made = restore_backup(file.absolute(), may_replace=replace)
        except BackupRefusedError as refused:
            raise CommandError(str(refused)) from refused
        self.stdout.write(f"Restored: the backup of {made.made_at}, all as it was written.")
        self.stdout.write("Everybody signs in again. Run migrate, if this version is newer than the backup.")
