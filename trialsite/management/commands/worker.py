from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django_tasks_db.management.commands import db_worker

from trialsite.jobs.presence import name_here, present
from trialsite.jobs.work import register
from trialsite.management.makers import MAKERS, find_lacks

TASKS_A_LIFE = 100  # then the next worker begins, with fresh memory


class Command(db_worker.Command):
    help = (
        "Do the jobs of the queue: files that people asked for. One worker at a time serves a data directory; a second one waits."
        " The web server starts one of its own, unless TRIALSITE_WORKER is separate."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--parent", type=int, help="end when the process with this number is gone")
        parser.set_defaults(max_tasks=TASKS_A_LIFE, queue_name=settings.SERVES)

    def handle(  # type: ignore[override]  # the options of the command above pass through unread
        self, *, parent: int | None, verbosity: int, **options: Any
    ) -> None:
        register(MAKERS, name_here())
        with present(find_lacks(), parent=parent):
            super().handle(verbosity=min(verbosity, 0 if options["batch"] else 1), **options)
