"""People who save while something is hurt, and what is found afterwards."""

import threading
import time
from collections import Counter
from collections.abc import Sequence
from random import Random

from tests.faults.bench import Bench
from tests.faults.checks import find_problems
from tests.faults.clerk import Clerk, Save
from tests.faults.report import Report
from tests.faults.trial import open_trial


class Hurter:
    """Hurts something every few saves until it is told to stop. What it did is counted in `done`."""

    saves_between = (10, 20)

    def __init__(self, bench: Bench, clerks: Sequence[Clerk], seed: int) -> None:
        self.bench, self.clerks, self.rng = bench, clerks, Random(seed)
        self.done: Counter[str] = Counter()
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self._work, daemon=True)

    def hurt(self) -> str:
        """Do it, and say what was done."""
        raise NotImplementedError

    def _work(self) -> None:
        due = self._next_due()
        while not self.is_over.wait(self.rng.uniform(0.05, 0.5)):
            if self._count_saves() >= due:
                self.done[self.hurt()] += 1
                due = self._next_due()

    def _count_saves(self) -> int:
        return sum(len(clerk.saves) for clerk in self.clerks)

    def _next_due(self) -> int:
        return self._count_saves() + self.rng.randint(*self.saves_between)


def run_under(hurter_type: type[Hurter], fault: str, bench: Bench, *, saves: int, clients: int, seed: int) -> Report:
    """`saves` saves by `clients` people, together; then every check there is."""
    desks = open_trial(clients)
    bench.product.start()
    share = -(-saves // clients)
    clerks = [
        Clerk(desk, number, bench.product.port, share, bench.give_up_at, seed + number)
        for number, desk in enumerate(desks)
    ]
    hurter = hurter_type(bench, clerks, seed)
    began = time.monotonic()
    for clerk in clerks:
        clerk.thread.start()
    hurter.thread.start()
    for clerk in clerks:
        clerk.thread.join()
    lasted = time.monotonic() - began
    hurter.is_over.set()
    hurter.thread.join()
    done = [save for clerk in clerks for save in clerk.saves]
    problems = [problem for clerk in clerks for problem in clerk.problems]
    if len(done) < share * clients:
        problems.append(f"only {len(done)} of {share * clients} saves were done before the time was over")
    problems += find_problems(done, desks[0].shared_form)
    return Report(fault, bench.database.name, _figures(done, hurter.done, lasted), problems)


def _figures(done: Sequence[Save], hurts: Counter[str], lasted: float) -> dict[str, str]:
    lost = [save for save in done if save.lost_answers]
    hung_up = [save for save in done if save.hung_up]
    told = [save for save in done if save.told_trouble]
    return {
        "saves": str(len(done)),
        "acknowledged": str(sum(save.is_acknowledged for save in done)),
        "clients": str(len({save.username for save in done})),
        "seconds": f"{lasted:.0f}",
        **{what: str(count) for what, count in sorted(hurts.items()) if what},
        "saves that got no answer and were sent again": str(len(lost)),
        "  of which had been stored before": str(sum(save.was_stored_before for save in lost if not save.hung_up)),
        "saves whose client hung up before the answer, and sent again": str(len(hung_up)),
        "  of which had been stored": str(sum(save.was_stored_before for save in hung_up)),
        "saves answered with the page of trouble": str(len(told)),
        "most sendings of one save": str(max((save.attempts for save in done), default=0)),
    }
