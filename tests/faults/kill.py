"""SIGKILL at random moments, of workers, of the whole server and of the database, while people save."""

import time
from collections.abc import Callable, Sequence

from tests.faults.bench import Bench
from tests.faults.report import Report
from tests.faults.work import Hurter, run_under

SAVES_BETWEEN = (2, 12)


class Killer(Hurter):
    """Kills something every few saves."""

    saves_between = SAVES_BETWEEN

    def hurt(self) -> str:
        return self.rng.choice(self._ways())()

    def _ways(self) -> Sequence[Callable[[], str]]:
        """A worker most often; the whole server and the database less."""
        bench, rng = self.bench, self.rng
        worker = [lambda: bench.product.kill_worker(rng)] * 8
        return [*worker, self._kill_server, lambda: bench.database.kill_something(rng)]

    def _kill_server(self) -> str:
        self.bench.product.kill()
        time.sleep(self.rng.uniform(0.0, 1.0))
        self.bench.product.start()
        return "server killed and started"


def run(bench: Bench, *, saves: int, clients: int, seed: int) -> Report:
    return run_under(Killer, "kill", bench, saves=saves, clients=clients, seed=seed)
