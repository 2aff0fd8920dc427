from typing import Any

from django.core.management.base import BaseCommand, CommandError

from endpoints.kept import remove_files
from enrollment.vault.refusal import VaultRefusedError
from enrollment.vault.rotation import rotate_key
from trialsite.accounts.actor import SYSTEM


class Command(BaseCommand):
    help = (
        "Encrypt the allocation vault anew with the first key of TRIALSITE_ALLOCATION_KEY, all of it or nothing. The other keys are not needed"
        " afterwards; they still open backups made before."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            count = rotate_key(actor=SYSTEM)
        except VaultRefusedError as refused:
            raise CommandError(str(refused)) from refused
        removed = remove_files()
        self.stdout.write(
            f"{count} ciphertexts are encrypted with the first key. Take the other keys out of the settings."
            f" {removed} computed reports were removed; each is computed again when it is opened."
        )
