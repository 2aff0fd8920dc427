from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from enrollment.vault.refusal import VaultRefusedError
from enrollment.vault.uploads import UnfitListError, read_upload
from enrollment.vault.used import register_list
from trialsite.accounts.actor import SYSTEM
from trialsite.protocol.current import get_protocol


class Command(BaseCommand):
    help = (
        "Make known that the list in a CSV file served elsewhere (another trial, a test, a training), so that nobody can upload it here. The"
        " file has the columns of an upload; only the digest of its order is kept, encrypted."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--phase", type=int, required=True, help="whose arms and strata the file names")
        parser.add_argument("--note", required=True, help="where the list served, in a few words")

    def handle(self, *args: Any, file: Path, phase: int, note: str, **options: Any) -> None:
        protocol = get_protocol()
        try:
            slots = read_upload(protocol.phase(phase), protocol, file.read_bytes())
            register_list(slots, note, actor=SYSTEM)
        except UnfitListError as error:
            for fault in error.faults:
                self.stderr.write(f"line {fault.line or '-'}, {fault.column or 'file'}: {fault.sentence}")
            raise CommandError(f"{file} was not registered.") from error
        except (OSError, KeyError, VaultRefusedError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write("The list is registered and will be refused.")
