"""SIGKILL at random moments, of workers, of the whole server and of the database, while people save."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from random import Random

from tests.faults.bench import Bench
from tests.faults.checks import find_problems
from tests.faults.clerk import Clerk, Save
from tests.faults.report import Report
from tests.faults.trial import open_trial

SAVES_BETWEEN = (2, 12)


class Killer:
    """Kills something every few saves until it is told to stop. What it killed is counted in `kills`."""

    def __init__(self, bench: Bench, clerks: Sequence[Clerk], seed: int) -> None:
        self.clerks = clerks
        self.bench, self.rng = bench, Random(seed)
        self.kills: Counter[str] = Counter()
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self._work, daemon=True)

    def _work(self) -> None:
        due = self._next_due()
        while not self.is_over.wait(self.rng.uniform(0.05, 0.5)):
            if self._count_saves() >= due:
                self.kills[self.rng.choice(self._ways())()] += 1
                due = self._next_due()

    def _count_saves(self) -> int:
        return sum(len(clerk.saves) for clerk in self.clerks)

    def _next_due(self) -> int:
        return self._count_saves() + self.rng.randint(*SAVES_BETWEEN)

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
    desks = open_trial(clients)
    bench.product.start()
    share = -(-saves // clients)
    clerks = [
        Clerk(desk, number, bench.product.port, share, bench.give_up_at, seed + number)
        for number, desk in enumerate(desks)
    ]
    killer = Killer(bench, clerks, seed)
    began = time.monotonic()
    for clerk in clerks:
        clerk.thread.start()
    killer.thread.start()
    for clerk in clerks:
        clerk.thread.join()
    lasted = time.monotonic() - began
    killer.is_over.set()
    killer.thread.join()
    done = [save for clerk in clerks for save in clerk.saves]
    problems = [problem for clerk in clerks for problem in clerk.problems]
    if len(done) < share * clients:
        problems.append(f"only {len(done)} of {share * clients} saves were done before the time was over")
    problems += find_problems(done, desks[0].shared_form)
    return Report("kill", bench.database.name, _figures(done, killer.kills, lasted), problems)


def _figures(done: Sequence[Save], kills: Counter[str], lasted: float) -> dict[str, str]:
    lost = [save for save in done if save.lost_answers]
    hung_up = [save for save in done if save.hung_up]
    told = [save for save in done if save.told_trouble]
    return {
        "saves": str(len(done)),
        "acknowledged": str(sum(save.is_acknowledged for save in done)),
        "clients": str(len({save.username for save in done})),
        "seconds": f"{lasted:.0f}",
        **{what: str(count) for what, count in sorted(kills.items()) if what},
        "saves that got no answer and were sent again": str(len(lost)),
        "  of which had been stored before": str(sum(save.was_stored_before for save in lost if not save.hung_up)),
        "saves whose client hung up before the answer, and sent again": str(len(hung_up)),
        "  of which had been stored": str(sum(save.was_stored_before for save in hung_up)),
        "saves answered with the page of trouble": str(len(told)),
        "most sendings of one save": str(max((save.attempts for save in done), default=0)),
    }
