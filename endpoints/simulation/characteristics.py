"""How the plan's primary tests behave in trials drawn many times: how often they find a difference, and where there is none."""

import csv
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from io import StringIO

from endpoints.document.blocks import split
from endpoints.document.cohort import COMPARED, Cohort
from endpoints.document.count_facts import derive_counts
from endpoints.document.response import judge_responses
from endpoints.facts import AnalysisPlan, TrialFacts
from endpoints.simulation.assumptions import Assumptions
from endpoints.simulation.draw import draw_trial
from endpoints.statistics.fisher import compute_fisher
from endpoints.statistics.numbers import Interval
from endpoints.statistics.proportions import compute_clopper_pearson
from endpoints.statistics.rank_sum import compute_mann_whitney

SIGNIFICANCE = 0.05


def _test_response(cohort: Cohort) -> float | None:
    """Fisher's test of the responders among those who can be evaluated."""
    responses = judge_responses(cohort)
    numbers = []
    for arm in COMPARED:
        seen = [response for response, is_member in zip(responses, cohort.members[arm], strict=True) if is_member]
        evaluable = [response for response in seen if response is not None]
        numbers += [sum(evaluable), len(evaluable)]
    found = compute_fisher(*numbers)
    return None if found is None else found.p


def _test_counts(outcome: str) -> Callable[[Cohort], float | None]:
    def test(cohort: Cohort) -> float | None:
        treated, sham = split(cohort, derive_counts(cohort, outcome).cumulative)
        found = compute_mann_whitney(treated, sham)
        return None if found is None else found.p

    return test


PRIMARY_TESTS: Mapping[str, Callable[[Cohort], float | None]] = {
    "VHISS response, Fisher": _test_response,
    "New contrast-enhancing lesions, Mann-Whitney": _test_counts("new_ce_lesions"),
    "New T2 lesions, Mann-Whitney": _test_counts("new_t2_lesions"),
    "Relapses, Mann-Whitney": _test_counts("relapses"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Characteristic:
    """One test over all trials of one size, with or without the assumed effect.

    A trial whose data leave the test undefined finds nothing; `undefined` says how many those are.
    """

    test: str
    n_treated: int
    n_sham: int
    has_effect: bool
    trials: int
    rejected: int
    undefined: int

    @property
    def part(self) -> float:
        """Power with an effect, type I error without: the part of the trials with p at most 5 %."""
        return self.rejected / self.trials

    @property
    def error(self) -> float:
        """Monte Carlo standard error of the part."""
        return math.sqrt(self.part * (1 - self.part) / self.trials)

    @property
    def limits(self) -> Interval:
        """Exact 95 % limits of the part, as the trials are counted: also where none or all found something."""
        found = compute_clopper_pearson(self.rejected, self.trials)
        if found is None:
            raise ValueError("A characteristic rests on one trial or more.")
        return found


def remove_effect(assumptions: Assumptions) -> Assumptions:
    """The same trial with a treatment that does nothing."""
    lesions, relapses = (replace(counts, rate_ratio=1.0) for counts in (assumptions.lesions, assumptions.relapses))
    return replace(assumptions, vhiss_effect=0.0, lesions=lesions, relapses=relapses)


def find_characteristics(
    assumptions: Assumptions, plan: AnalysisPlan, sizes: Sequence[tuple[int, int]], trials: int, seed: int
) -> Iterator[Characteristic]:
    """Per size first without the effect and then with it, one characteristic for each primary test.

    Trial number k of a size is drawn from the seed and k alone, so that a longer run begins with a shorter one's trials.
    """
    for treated, sham in sizes:
        for has_effect in (False, True):
            assumed = assumptions if has_effect else remove_effect(assumptions)
            sized = replace(assumed, n_open=0, n_treated=treated, n_sham=sham)
            drawn = (draw_trial(sized, plan, seed + number) for number in range(trials))
            yield from _count_rejections(drawn, treated, sham, has_effect)


def _count_rejections(
    drawn: Iterable[TrialFacts], treated: int, sham: int, has_effect: bool
) -> Iterator[Characteristic]:
    found: dict[str, list[float | None]] = {name: [] for name in PRIMARY_TESTS}
    for facts in drawn:
        cohort = Cohort(facts)
        for name, test in PRIMARY_TESTS.items():
            found[name].append(test(cohort))
    for name, values in found.items():
        known = [p for p in values if p is not None]
        yield Characteristic(
            test=name,
            n_treated=treated,
            n_sham=sham,
            has_effect=has_effect,
            trials=len(values),
            rejected=sum(p <= SIGNIFICANCE for p in known),
            undefined=len(values) - len(known),
        )


def write_table(found: Sequence[Characteristic]) -> str:
    """All characteristics as CSV, one a line, numbers at full precision."""
    text = StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(
        (
            "test",
            "n_treated",
            "n_sham",
            "effect",
            "trials",
            "rejected",
            "undefined",
            "part",
            "standard_error",
            "lower",
            "upper",
        )
    )
    for one in found:
        effect = "assumed" if one.has_effect else "none"
        counts = (one.trials, one.rejected, one.undefined)
        rows.writerow(
            (
                one.test,
                one.n_treated,
                one.n_sham,
                effect,
                *counts,
                repr(one.part),
                repr(one.error),
                repr(one.limits.low),
                repr(one.limits.high),
            )
        )
    return text.getvalue()
