"""Does the time of an answer tell the arm? A study on a copy of an installation's database; not part of any test run.

    TRIALSITE_MODE=demo TRIALSITE_DATA_DIR=var/demo python -m tests.blinding.timing

The pages of every drawn patient are asked as a coordinator, in the world as it is and in its other world, turn by turn, so that each patient counts
for both arms. Every time is divided by the median of its page, and then by the median of its turn, for a machine is now fast and now slow and
the arms are not quite alike in number in the two worlds. What is compared is a patient's mean in a turn; the p value comes from permuting the arms
among the patients of a turn, in the world as it is once for all turns, for there they stay. Worlds are compared too: in the other one a third of
what is restricted is not there.
"""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from time import perf_counter, process_time
from typing import Any

import numpy as np
from django.conf import settings
from django.db import transaction

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
    turn: int
    patient: str
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
        list(_ask_all(browser, before, "as it is", -1))  # what is prepared once per process
        for n in range(rounds):
            yield from _ask_all(browser, before, "as it is", 2 * n)
            with transaction.atomic():
                make_twin(Random(n))
                yield from _ask_all(browser, arm_by_patient(), "other", 2 * n + 1)
                transaction.set_rollback(True)


def _ask_all(browser: Any, arms: dict[Any, str], world: str, turn: int) -> Iterator[Timed]:
    visits = dict(Procedure.objects.values_list("patient_id", "visit_id"))
    for patient, arm in arms.items():
        pages = [f"/patients/{patient}/", f"/patients/{patient}/draw/", f"/trail/patients/{patient}/"]
        if patient in visits:
            pages += [f"/visits/{visits[patient]}/", f"/visits/{visits[patient]}/restricted/intervention/"]
        for page in pages:
            began, worked = perf_counter(), process_time()
            browser.get(page, secure=True)
            spent = {"clock": perf_counter() - began, "processor": process_time() - worked}
            yield Timed(arm=arm, world=world, turn=turn, patient=f"{patient}", page=page, **spent)


def describe(timed: list[Timed], kind: str, by: str) -> str:
    """The distributions of relative times, and how probable a difference as large would be by chance."""
    paces = _relative(timed, kind, lambda one: one.page)
    if by == "arm":
        paces = _relative(timed, kind, lambda one: one.turn, paces)
    groups: dict[str, list[float]] = {}
    for one, pace in zip(timed, paces, strict=True):
        groups.setdefault(getattr(one, by), []).append(pace)
    lines = [f"{kind}, by {by}; relative to the median of the page" + (" and of the turn" if by == "arm" else "")]
    for name, values in sorted(groups.items()):
        told = " ".join(f"p{p} {np.percentile(values, p):.3f}" for p in (1, 5, 25, 50, 75, 95, 99))
        lines.append(f"  {name:<12} n {len(values):>5}  mean {np.mean(values):.4f}  {told}")
    if by == "arm":
        difference, p = permute(timed, paces)
        lines.append(f"  difference of the mean logarithms {difference:+.4f}, p {p:.3f} by permutation")
    return "\n".join(lines)


def _relative(
    timed: list[Timed], kind: str, by: Callable[[Timed], object], paces: list[float] | None = None
) -> list[float]:
    """Each time, or what was made of it, divided by the median of its group."""
    known = paces or [float(getattr(one, kind)) for one in timed]
    groups: dict[object, list[float]] = {}
    for one, pace in zip(timed, known, strict=True):
        groups.setdefault(by(one), []).append(pace)
    middle = {group: float(np.median(found)) for group, found in groups.items()}
    return [pace / middle[by(one)] for one, pace in zip(timed, known, strict=True)]


def permute(timed: list[Timed], paces: list[float], times: int = 2000) -> tuple[float, float]:
    """The difference between the arms, and the share of permutations with one as large. All of one patient and turn stay together."""
    means: dict[tuple[int, str], list[float]] = {}
    for one, pace in zip(timed, paces, strict=True):
        means.setdefault((one.turn, one.patient), []).append(np.log(pace))
    arms = {(one.turn, one.patient): one.arm for one in timed}
    patients, turns = sorted({one.patient for one in timed}), sorted({one.turn for one in timed})
    first = min(arms.values())
    values = np.array([[np.mean(means[turn, patient]) for patient in patients] for turn in turns])
    is_first = np.array([[arms[turn, patient] == first for patient in patients] for turn in turns])
    chance = np.random.default_rng(1)

    def differ(chosen: Any) -> float:
        return float(np.mean(values[chosen]) - np.mean(values[~chosen]))

    def shuffled() -> Any:
        once = chance.permutation(len(patients))
        return np.array(
            [
                row[once if turn % 2 == 0 else chance.permutation(len(patients))]
                for turn, row in zip(turns, is_first, strict=True)
            ]
        )

    found = differ(is_first)
    larger = sum(abs(differ(shuffled())) >= abs(found) for _ in range(times))
    return found, (larger + 1) / (times + 1)
