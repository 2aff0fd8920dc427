"""Work measured in turns, so that a busy machine slows all of it alike."""

import gc
import time
import tracemalloc
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median

Work = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Cost:
    """Processor time in ms, in the median of the rounds; the most memory held at once in MB, beyond what was there before."""

    cpu_ms: float
    peak_mb: float


def take_turns(works: Mapping[str, Work], rounds: int, *, with_memory: bool = True) -> dict[str, Cost]:
    """What each work costs. Every round does each work once; memory is watched in one more round, since watching slows."""
    times: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            times[name].append(_time(work))
    return {
        name: Cost(median(times[name]), _find_peak(work) if with_memory else float("nan"))
        for name, work in works.items()
    }


def _time(work: Work) -> float:
    gc.collect()
    begun = time.process_time()
    work()
    return 1000 * (time.process_time() - begun)


def _find_peak(work: Work) -> float:
    gc.collect()
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()
