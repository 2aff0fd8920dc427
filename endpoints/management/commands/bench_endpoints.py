import math
import warnings
from argparse import ArgumentParser
from typing import Any

import numpy as np
from django.core.management.base import BaseCommand, CommandError

from endpoints.assembly import assemble_facts
from endpoints.benchmark.measure import Cost, take_turns
from endpoints.benchmark.plain import compute_plainly, estimate_odds, fit_course
from endpoints.benchmark.stored import read_rows
from endpoints.catalog import REPORTS
from endpoints.document.cohort import Cohort
from endpoints.document.document import write_document
from endpoints.document.mixed_model import write_mixed_model
from endpoints.facts import TrialFacts
from endpoints.plan import make_plan
from endpoints.selectors.participants import get_participants
from endpoints.selectors.records import get_recorded_facts
from endpoints.selectors.visit_values import forget_scores
from endpoints.simulation.assumptions import Assumptions
from endpoints.simulation.draw import draw_trial
from endpoints.statistics.fisher import compute_fisher
from endpoints.statistics.numbers import EXACT_LIMIT
from endpoints.statistics.permutation import compute_permutation_test
from endpoints.statistics.rank_sum import compute_mann_whitney
from endpoints.statistics.signed_rank import compute_signed_rank
from trialsite.protocol.current import get_protocol

SIZES = (19, 1_000, 10_000, 100_000)
SEED = 20140729
EXACT_TIMES = 10


class Command(BaseCommand):
    help = (
        "Measure every number of the analysis plan on drawn trials, beside a plain script of pandas, SciPy and statsmodels"
        " calls on the same frames. Ratios are what to compare: milliseconds belong to this machine and hour."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--patients", type=int, nargs="+", default=SIZES, metavar="N", help="sizes of the trials")
        parser.add_argument("--rounds", type=int, default=3, help="rounds at up to 1,000 patients; one at larger sizes")
        parser.add_argument(
            "--parts", action="store_true", help="also what the plain script leaves out, and exact tests"
        )
        parser.add_argument(
            "--database", action="store_true", help="also read the facts of the stored trial, without arms"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if min(options["patients"]) < 4 or options["rounds"] < 1:
            raise CommandError("A trial to measure has 4 patients or more, and there is at least one round.")
        warnings.simplefilter("ignore")  # the plain script's: searches that do not converge on sparse data
        self._say("patients", "plain ms", "plan ms", "ratio", "plain MB", "plan MB", "x time", "x n log n")
        before: tuple[int, Cost] | None = None
        for size in sorted(options["patients"]):
            before = self._measure(size, options["rounds"], before)
        if options["parts"]:
            self._compare_parts()
            self._time_exact_tests()
        if options["database"]:
            self._read_database(options["rounds"])

    def _measure(self, size: int, rounds: int, before: tuple[int, Cost] | None) -> tuple[int, Cost]:
        facts = draw(size)
        works = {"plain": lambda: compute_plainly(facts), "plan": lambda: write_document(facts)}
        cost = take_turns(works, rounds if size <= 1_000 else 1)
        plain, plan = cost["plain"], cost["plan"]
        growth = ["", ""]
        if before:
            smaller, its = before
            growth = [
                f"{plan.cpu_ms / its.cpu_ms:.2f}",
                f"{size * math.log(size) / (smaller * math.log(smaller)):.2f}",
            ]
        ratio = f"{plan.cpu_ms / plain.cpu_ms:.2f}"
        numbers = (f"{one:.0f}" for one in (plain.cpu_ms, plan.cpu_ms))
        self._say(f"{size:,}", *numbers, ratio, f"{plain.peak_mb:.0f}", f"{plan.peak_mb:.0f}", *growth)
        return size, plan

    def _compare_parts(self) -> None:
        """What the libraries do so slowly that the plain script leaves it out."""
        facts = draw(1_000)
        cohort, table = Cohort(facts), [[60, 440], [45, 455]]
        works = {
            "mixed model, SciPy's neighbors": lambda: fit_course(facts),
            "mixed models, both, all degrees of freedom": lambda: write_mixed_model(cohort),
            "odds ratio, SciPy": lambda: estimate_odds(table),
            "odds ratio and Fisher's test": lambda: compute_fisher(60, 500, 45, 500),
        }
        self._say_works("\nnot in the plain script, 1,000 patients", take_turns(works, 3, with_memory=False))

    def _time_exact_tests(self) -> None:
        random = np.random.default_rng(SEED)
        half = EXACT_LIMIT // 2
        first, second = (random.poisson(mean, half).astype(float) for mean in (4, 6))
        both = np.concatenate([first, second]) - 5
        works = {
            "Mann-Whitney": lambda: compute_mann_whitney(first, second),
            "permutation of means": lambda: compute_permutation_test(first, second),
            "signed rank": lambda: compute_signed_rank(both),
        }
        self._say_works(f"\nexact tests, {EXACT_LIMIT} patients", take_turns(works, EXACT_TIMES, with_memory=False))

    def _read_database(self, rounds: int) -> None:
        protocol = get_protocol()
        forms = frozenset(form for kind in REPORTS.values() for form in kind.forms)

        def read() -> object:
            participants = get_participants(protocol)
            return get_recorded_facts(participants, forms, protocol)

        def read_anew() -> object:
            forget_scores()
            return read()

        works = {
            "rows of every table": read_rows,
            "facts of the trial, for the first time": read_anew,
            "facts of the trial, again": read,
        }
        recorded = get_recorded_facts(get_participants(protocol), forms, protocol)
        works["frames of those facts"] = lambda: assemble_facts(recorded, protocol)
        cost = take_turns(works, rounds, with_memory=False)
        self._say_works(f"\nstored trial, {len(recorded.patients):,} patients analyzed, {read_rows():,} rows", cost)
        first, again = (cost[name].cpu_ms / cost["rows of every table"].cpu_ms for name in list(works)[1:3])
        self.stdout.write(f"against the rows of every table: {first:.2f} for the first time, {again:.2f} again\n")

    def _say(self, *cells: str) -> None:
        self.stdout.write("".join(f"{cell:>11}" for cell in cells))

    def _say_works(self, title: str, costs: dict[str, Cost]) -> None:
        self.stdout.write(title)
        self.stdout.writelines(f"{name:<46}{cost.cpu_ms:>9.1f} ms\n" for name, cost in costs.items())


def draw(size: int) -> TrialFacts:
    """A trial of this size; the smallest has the published sizes, with its open phase."""
    assumptions = Assumptions(n_open=0, n_treated=size // 2, n_sham=size - size // 2)
    return draw_trial(assumptions, make_plan(get_protocol()), SEED)
