from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from trialsite.backup.actions import take_backup
from trialsite.backup.database import BackupRefusedError


class Command(BaseCommand):
    help = (
        "Write the whole database to a new file, in one consistent state, while people go on working. The key of the allocation list is not in"
        " it: without that key, kept elsewhere, the sealed list of a restored database cannot be opened. With TRIALSITE_BACKUP_KEY the file is"
        " encrypted."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the file to write; it must not exist")
        parser.add_argument(
            "--legible",
            action="store_true",
            help="production: without a key for backups write what everybody can read, operators' forms included",
        )

    def handle(self, *args: Any, file: Path, legible: bool, **options: Any) -> None:
        try:
            made = take_backup(file.absolute(), may_be_legible=legible)
        except BackupRefusedError as refused:
            raise CommandError(str(refused)) from refused
        # No number of rows: how many there are goes with what operators wrote, and such lines end up in mails and logs.
        self.stdout.write(f"{file}: {len(made.tables)} tables, SHA-256 of the database {made.sha256}.")
        self.stdout.write(
            "The key of the allocation list is not in it. Keep that elsewhere, and never beside this file."
        )
        self.stdout.write(
            "It is encrypted: keep the key for backups elsewhere too; without it nothing of this file can be read again."
            if settings.BACKUP_KEYS
            else "It is not encrypted: whoever reads it reads the operators' forms, which tell arms."
        )
