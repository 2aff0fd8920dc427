from typing import Any

from django.core.management.base import BaseCommand

from trialsite.management.reference import PAGES, write_pages


class Command(BaseCommand):
    help = "Write the pages of docs/reference/ from the code they describe."

    def handle(self, *args: Any, **options: Any) -> None:
        write_pages()
        self.stdout.write(f"Written: {', '.join(PAGES)}")
