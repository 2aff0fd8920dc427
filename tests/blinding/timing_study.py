"""Does the time of an answer tell the arm? A study on a copy of an installation's database; not part of any test run.

    TRIALSITE_MODE=demo TRIALSITE_DATA_DIR=var/demo python -m tests.blinding.timing

The pages of every drawn patient are asked as a coordinator, in the world as it is and in its other world, turn by turn, so that each patient counts
for both arms. Every time is divided by the median of its page and patient; Mann and Whitney's test compares the arms. With patients whose arm is
the same in both worlds the other way round a bias of the order would show: worlds are compared as well.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from random import Random
from time import perf_counter, process_time
from typing import Any

import numpy as np
from django.conf import settings
from django.db import transaction
from scipy.stats import mannwhitneyu

from tests.blinding.plants import arm_by_patient
from trialsite.proof.originals import working_on_a_copy
from trialsite.proof.twin import make_twin
from trialsite.proof.worlds import ready_to_ask
from visits.models import Procedure

ROUNDS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """One answer: seconds on the clock and of the processor."""

    arm: str
    world: str
    page: str
    clock: float
    processor: float


def main() -> int:
    """Print what was found."""
    timed = list(measure(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS))
    for kind in ("clock", "processor"):
        print(describe(timed, kind, "arm"))
        print(describe(timed, kind, "world"))
    return 0


def measure(rounds: int) -> Iterator[Timed]:
    """Ask in both worlds, `rounds` times."""
    with working_on_a_copy(Path(settings.DATA_DIR)), ready_to_ask({}) as people:
        before = arm_by_patient()
        browser = people.browser("coordinator")
        list(_ask_all(browser, before, "as it is"))  # what is prepared once per process
        for n in range(rounds):
            yield from _ask_all(browser, before, "as it is")
            with transaction.atomic():
                make_twin(Random(n))
                yield from _ask_all(browser, arm_by_patient(), "other")
                transaction.set_rollback(True)


def _ask_all(browser: Any, arms: dict[Any, str], world: str) -> Iterator[Timed]:
    visits = dict(Procedure.objects.values_list("patient_id", "visit_id"))
    for patient, arm in arms.items():
        pages = [f"/patients/{patient}/", f"/patients/{patient}/draw/", f"/trail/patients/{patient}/"]
        if patient in visits:
            pages += [f"/visits/{visits[patient]}/", f"/visits/{visits[patient]}/restricted/intervention/"]
        for page in pages:
            began, worked = perf_counter(), process_time()
            browser.get(page, secure=True)
            yield Timed(
                arm=arm, world=world, page=page, clock=perf_counter() - began, processor=process_time() - worked
            )


def describe(timed: list[Timed], kind: str, by: str) -> str:
    """The distributions of times relative to their page's median, and the test."""
    relative: dict[str, list[float]] = {}
    for _, of_page in groupby(sorted(timed, key=lambda one: one.page), key=lambda one: one.page):
        found = list(of_page)
        middle = float(np.median([getattr(one, kind) for one in found]))
        for one in found:
            relative.setdefault(getattr(one, by), []).append(getattr(one, kind) / middle)
    lines = [f"{kind}, by {by}; relative to the median of the page"]
    for name, values in sorted(relative.items()):
        told = " ".join(f"p{p} {np.percentile(values, p):.3f}" for p in (1, 5, 25, 50, 75, 95, 99))
        lines.append(f"  {name:<12} n {len(values):>5}  mean {np.mean(values):.4f}  {told}")
    first, second = (values for _, values in sorted(relative.items()))
    test = mannwhitneyu(first, second)
    lines.append(
        f"  Mann-Whitney U {test.statistic:.0f}, p {test.pvalue:.3f}; probability of being slower {test.statistic / len(first) / len(second):.4f}"
    )
    return "\n".join(lines)
