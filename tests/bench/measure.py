"""Taking turns: what each piece of work costs, in the median of many rounds in which all take part."""

import gc
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median

from django.db import connection
from django.test.utils import CaptureQueriesContext

# Where a transaction begins and ends costs no work of ours.
_FRAME = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one piece of work: CPU and elapsed time in ms, statements to the database, size of the answer in bytes."""

    cpu_ms: float
    wall_ms: float
    queries: int
    size: int


def take_turns(works: Mapping[str, Callable[[], bytes]], rounds: int) -> dict[str, Cost]:
    for work in works.values():  # the first time compiles templates and fills caches
        work()
    queries = {name: _count_queries(work) for name, work in works.items()}
    cpu: dict[str, list[float]] = {name: [] for name in works}
    wall: dict[str, list[float]] = {name: [] for name in works}
    sizes = {}
    gc.collect()
    gc.freeze()
    for _ in range(rounds):
        for name, work in works.items():
            began, on_cpu = time.perf_counter(), time.process_time()
            sizes[name] = len(work())
            cpu[name].append(1000 * (time.process_time() - on_cpu))
            wall[name].append(1000 * (time.perf_counter() - began))
    return {name: Cost(median(cpu[name]), median(wall[name]), queries[name], sizes[name]) for name in works}


def _count_queries(work: Callable[[], bytes]) -> int:
    with CaptureQueriesContext(connection) as asked:
        work()
    return sum(not query["sql"].startswith(_FRAME) for query in asked)
