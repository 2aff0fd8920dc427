"""The database restarted while people save; SQLite, which has no server, kept locked by another program for longer than anybody waits."""

import sqlite3
import time
from contextlib import closing
from typing import Protocol, cast

from tests.faults.bench import Bench
from tests.faults.browser import NoAnswerError
from tests.faults.report import Report
from tests.faults.work import Hurter, run_under

LOCKED_S = 26  # the product waits for 20
AWAY_S = (0.5, 4.0)


class Stoppable(Protocol):
    def stop(self, mode: str) -> None: ...

    def start(self) -> None: ...


class Restarter(Hurter):
    saves_between = (40, 60)

    def hurt(self) -> str:
        return self._restart() if self.bench.database.url else self._lock()

    def _restart(self) -> str:
        database = cast(Stoppable, self.bench.database)
        database.stop("fast")
        time.sleep(self.rng.uniform(*AWAY_S))
        database.start()
        return "database stopped and started"

    def _lock(self) -> str:
        """Hold the one lock for writing, and look whether pages are still read meanwhile."""
        path = self.bench.folder / "data" / "trialsite.sqlite3"
        clerk = self.rng.choice(self.clerks)
        with closing(sqlite3.connect(path, timeout=60, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            until = time.monotonic() + LOCKED_S
            while time.monotonic() < until:
                self.done["pages asked for while the file was locked"] += 1
                try:
                    is_read = clerk.browser.get(clerk.desk.log).status == 200
                except NoAnswerError:
                    is_read = False
                self.done["  of which were read"] += is_read
                time.sleep(2)
            other.execute("ROLLBACK")
        return "file locked by another program for longer than anybody waits"


def run(bench: Bench, *, saves: int, clients: int, seed: int) -> Report:
    return run_under(Restarter, "restart", bench, saves=saves, clients=clients, seed=seed)
