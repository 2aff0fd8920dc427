import sys
from argparse import ArgumentParser
from functools import partial
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from trialsite.accounts.demo_cast import DEMO_PASSWORD, make_demo_cast
from trialsite.demo.build import build_trial, count_visits, plan_trial
from trialsite.demo.plan import PROTOCOL_KEY
from trialsite.demo.store import Found, look, migrate, throw_away
from trialsite.lib import clock
from trialsite.protocol.current import get_protocol


class Command(BaseCommand):
    help = "Build the synthetic demonstration trial, unless it is there already."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--reset", action="store_true", help="throw the demo trial away first, with all that was entered"
        )

    def handle(self, *args: Any, reset: bool, **options: Any) -> None:
        refuse_outside_demo()
        found = look()
        if found is Found.SOMETHING_ELSE:
            raise CommandError(
                "This database holds data that the demo did not build; nothing was changed."
                " Name another place: TRIALSITE_DATA_DIR=... make demo"
            )
        if found is Found.DEMO and not reset:
            self.stdout.write(
                "The demo trial is there already; what was entered is kept. (make demo-reset builds it anew.)"
            )
        else:
            self._build_or_stop(is_full=found is Found.DEMO)
        self._introduce()

    def _build_or_stop(self, *, is_full: bool) -> None:
        try:
            self._build(is_full=is_full)
        except KeyboardInterrupt:
            raise CommandError("Stopped. Nothing of the demo trial was stored; the next start builds it.") from None

    def _build(self, *, is_full: bool) -> None:
        if is_full:
            throw_away()
        else:
            migrate()
        candidates = plan_trial(clock.today(), get_protocol())
        pace = 0.2 if sys.stderr.isatty() else 10  # seconds; a log needs few lines
        bar_of = partial(tqdm, desc="Building the demo trial", unit="visit", mininterval=pace)
        with bar_of(total=count_visits(candidates)) as bar:
            build_trial(candidates, get_protocol(), on_visit=bar.update)
            bar.total = bar.n

    def _introduce(self) -> None:
        self.stdout.write(f"\nEverybody's password is {DEMO_PASSWORD}. All patients are synthetic.\n")
        for account in make_demo_cast(get_protocol()):
            self.stdout.write(f"  {account.username:<14} {account.does}")
        self.stdout.write("")


def refuse_outside_demo() -> None:
    if not settings.IS_DEMO:
        raise CommandError("The demo trial is built in demo mode only: set TRIALSITE_MODE=demo.")
    if get_protocol().key != PROTOCOL_KEY:
        raise CommandError(f"The demo trial follows the protocol {PROTOCOL_KEY}; PROTOCOL_FILE names another one.")
