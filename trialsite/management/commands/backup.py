from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from trialsite.backup.actions import take_backup
from trialsite.backup.database import BackupRefusedError


class Command(BaseCommand):
    help = (
        "Write the whole database to a new file, in one consistent state, while people go on working. The key of the allocation list is not in"
        " it: without that key, kept elsewhere, the sealed list of a restored database cannot be opened."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the file to write; it must not exist")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        try:
            made = take_backup(file.absolute())
        except BackupRefusedError as refused:
            raise CommandError(str(refused)) from refused
        rows = sum(made.tables.values())
        self.stdout.write(f"{file}: {rows} rows of {len(made.tables)} tables, SHA-256 of the database {made.sha256}.")
        self.stdout.write(
            "The key of the allocation list is not in it. Keep that elsewhere, and never beside this file."
        )
