"""One run on one database, which it fills: python -m tests.bench.pages, as `tests.bench` starts it; prints its figures as JSON."""

import argparse
import json
import resource
import sys
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from itertools import count
from typing import Any

import django

django.setup()

from django.core.management import call_command
from django.db import connection

from tests.bench import fill, plans
from tests.bench.browser import Browser, open_session
from tests.bench.measure import Cost, take_turns
from tests.cast import make_user
from trialsite.accounts.actor import actor_of
from trialsite.accounts.models import User
from trialsite.accounts.roles import Role
from trialsite.audit.models import AuditEntry, AuditEvent
from trialsite.lib import clock
from trialsite.protocol.current import get_protocol
from trialsite.trail.exports import Export
from trialsite.trail.selectors import TrailFilter, find_events
from trialsite.wsgi import application
from visits.models import Cognition

CLIENTS = 32


class Bench:
    """The people, the patients and the pages that are measured."""

    def __init__(self) -> None:
        call_command("migrate", run_syncdb=True, verbosity=0)
        self.coordinator = make_user("coordinator", Role.COORDINATOR)
        self.manager = make_user("manager", Role.DATA_MANAGER)
        self.maker = fill.Maker(self.coordinator)
        self.forms = [fill.add_full_casebook(self.maker, f"P2-9{n:05}") for n in range(CLIENTS + 1)]
        self.wide = fill.add_full_casebook(self.maker, "P2-800001", extra=10)
        self.long = fill.add_long_history(self.maker, "P2-800002")
        self.filled = 0
        self.floor_patient, self.floor_forms = fill.add_floor(CLIENTS + 1)
        self.application: Any = application
        self.site = Browser(self.application, open_session(self.coordinator))
        self.desk = Browser(self.application, open_session(self.manager))

    def grow(self, patients: int) -> None:
        """Have that many patients in all, and statistics for the planner."""
        fill.add_thin_patients(self.maker, range(self.filled, patients))
        self.filled = max(self.filled, patients)
        self.maker.close()
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")

    def pages(self) -> dict[str, Callable[[], bytes]]:
        get, look = self.site.get, self.desk.get
        form = self.forms[0]
        return {
            "floor: grid": partial(get, f"/floor/patients/{self.floor_patient}/"),
            "casebook, 5 x 8": partial(get, f"/patients/{form.patient_id}/"),
            "casebook, 15 x 8": partial(get, f"/patients/{self.wide.patient_id}/"),
            "floor: form, crispy": partial(get, f"/floor/forms/{self.floor_forms[0]}/fields/"),
            "form of 29 items": partial(get, f"/visits/{form.visit_id}/forms/cognition/"),
            "floor: save, history row": self._floor_save("history", self.floor_forms[0]),
            "floor: save, field audit": self._floor_save("fields", self.floor_forms[1]),
            "save of 29 items": self._save(form),
            "history, 10,000 entries": partial(get, f"/history/cognition/{self.long.pk}/cowat/"),
            "agenda": partial(get, "/"),
            "patients": partial(get, "/patients/"),
            "data queries": partial(get, "/queries/"),
            "trail": partial(look, "/trail/"),
            **{f"trail by {name}": partial(look, f"/trail/?{asked}") for name, asked in plans.FILTERS.items()},
        }

    def _floor_save(self, audit: str, form: int) -> Callable[[], bytes]:
        turns, address = count(1), f"/floor/forms/{form}/{audit}/"
        return lambda: self.site.post(address, fill.entries_of(next(turns)))

    def _save(self, form: Cognition) -> Callable[[], bytes]:
        turns, address = count(1), f"/visits/{form.visit_id}/forms/cognition/"

        def save() -> bytes:
            n = next(turns)
            return self.site.post(address, {**fill.entries_of(n), "intent": "save", "base_revision": str(n)})

        return save


def measure_export(user: User) -> dict[str, float]:
    """Peak memory, in MB, after a tenth of an export and after all of it."""
    events = find_events(user, TrailFilter())
    total, after = events.count(), {}
    export = Export(
        events=events,
        wanted=TrailFilter(),
        actor=actor_of(user),
        at=clock.now(),
        protocol=get_protocol(),
        reader=user,
        event_id="",
    )
    size = 0
    for seen, text in enumerate(export.stream("jsonl")):
        size += len(text)
        if seen == total // 10:
            after["tenth"] = _peak_mb()
    return {**after, "all": _peak_mb(), "events": total, "values": export.value_count, "bytes": size}


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--few", type=int, default=200)
    parser.add_argument("--many", type=int, default=20_000)
    options = parser.parse_args(arguments)
    bench = Bench()
    bench.grow(options.few)
    works = bench.pages()
    few = take_turns(works, options.rounds)
    _say(f"measured at {options.few} patients; filling up to {options.many}")
    bench.grow(options.many)
    many = take_turns(works, options.rounds)
    _say("measured; reading plans, exporting, verifying")
    print(
        json.dumps(
            {
                "database": connection.vendor,
                "few": _plain(few),
                "many": _plain(many),
                "rows": {"events": AuditEvent.objects.count(), "entries": AuditEntry.objects.count()},
                "plans": plans.explain_filters(bench.manager),
                "export": measure_export(bench.manager),
            }
        )
    )
    return 0


def _plain(costs: dict[str, Cost]) -> dict[str, Any]:
    return {name: asdict(cost) for name, cost in costs.items()}


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
