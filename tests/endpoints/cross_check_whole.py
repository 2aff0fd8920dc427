"""Compare the whole document with R, path by path, on generated data sets: python -m tests.endpoints.cross_check_whole [SETS]

R computes it from the same CSV files with its own functions (whole_document.R: coin, exactRankTests, MASS, survival, car,
sandwich, nlme, lmerTest, pbkrtest, jsonlite); no part of the test suite. Prints the worst relative difference per group
of paths, and every path that differs by more than its tolerance; ends with 1 if there is one.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from endpoints.document.document import encode_document, write_document
from endpoints.readers import read_set, write_facts
from endpoints.simulation.assumptions import Assumptions, CountAssumptions
from endpoints.simulation.draw import draw_trial
from tests.endpoints.trial import PLAN

SCRIPT = Path(__file__).with_name("whole_document.R")
SEED = 20140729
BATCH = 10

# Where R searches for its answer, or stops a search early, it ends this close to it.
LOOSE = {
    r"(odds_ratio_cmle|or_cmle_lo|or_cmle_hi)$": 3e-2,
    r"negative_binomial.*(se_theta$|joint_ml)": 2e-3,
    r"negative_binomial": 2e-4,
    r"poisson_glm/p_wald": 1e-5,  # a p value multiplies what is left in z by z squared
    r"poisson_glm": 1e-6,
    r"(gls_unstructured|lme_random_intercept|lmer_random_intercept)": 2e-3,
}
TOLERANCE = 1e-7

_TEXTS = ("formula", "hl_orderstat_rule")


def vary(seed: int) -> Assumptions:
    """Trials with every kind of trouble: empty arms, single patients, no event, all equal, much missing, n > 60."""
    random = np.random.default_rng(seed)
    sizes = random.choice([0, 1, 2, 3, 5, 9, 12, 20], 3, p=[0.05, 0.07, 0.08, 0.1, 0.2, 0.2, 0.15, 0.15])
    if seed % 10 == 0:
        sizes = random.integers(25, 60, 3)
    if seed % 3 == 0:
        sizes = np.array([10, 9, 10])
    if not sizes.sum():
        sizes = np.array([1, 0, 0])
    rates = random.choice([0.0, 0.3, 1.0, 4.0], 2, p=[0.1, 0.3, 0.4, 0.2])
    missing = random.choice([0.0, 0.05, 0.4], 3, p=[0.3, 0.5, 0.2])
    return Assumptions(
        n_open=int(sizes[0]),
        n_treated=int(sizes[1]),
        n_sham=int(sizes[2]),
        vhiss_effect=float(random.choice([0, 2, 6])),
        vhiss_scatter=float(random.choice([0.8, 1.5, 3])),
        lesions=CountAssumptions(float(rates[0]), float(random.choice([0.2, 1, 3])), float(random.choice([0, 1, 3]))),
        relapses=CountAssumptions(float(rates[1]), float(random.choice([0.5, 1, 2])), float(random.choice([0, 0.5]))),
        adverse_events_per_patient=float(random.choice([0, 0.5, 2])),
        missing_visit=float(missing[0]),
        missing_value=float(missing[1]),
        drop_out=float(missing[2]),
    )


def write_set(folder: Path, seed: int) -> None:
    """One data set as files, some with rows in another order, blank rows, and terms spelled in several ways."""
    folder.mkdir()
    write_facts(draw_trial(vary(seed), PLAN, seed), folder, "one")
    random = np.random.default_rng(seed)
    events = pd.read_csv(folder / "one_ae.csv", dtype=str, keep_default_na=False)
    spell: list[Callable[[str], str]] = [str.upper, str.lower, lambda term: f"{term}  "]
    events["term"] = [spell[int(random.integers(3))](term) for term in events["term"]]
    events.to_csv(folder / "one_ae.csv", index=False)
    lines = (folder / "one.csv").read_text(encoding="utf-8").splitlines()
    body = [lines[1:][position] for position in random.permutation(len(lines) - 1)]
    (folder / "one.csv").write_text("\n".join([lines[0], *body]) + "\n", encoding="utf-8")


def walk(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, part in value.items():
            yield from walk(part, f"{path}/{key}")
    elif isinstance(value, list):
        for position, part in enumerate(value):
            yield from walk(part, f"{path}/{position}")
    else:
        yield path.removeprefix("/"), value


@dataclass
class Tally:
    """What was compared: how many numbers, the worst difference per group of paths, and what disagrees."""

    compared: int = 0
    skipped: int = 0
    worst: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    wrong: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    paths: set[str] = field(default_factory=set)

    def compare(self, name: str, here: dict[str, Any], there: dict[str, Any]) -> None:
        skipped = [path for path, value in there.items() if value == "skip"]
        if here.get(f"{_UNSTRUCTURED}sigma") is None and is_on_a_ridge(there):
            skipped.append(f"{_UNSTRUCTURED}skip")
        for path in sorted(here.keys() | there.keys()):
            if path.rpartition("/")[2] in _TEXTS or path.endswith("/skip"):
                continue
            if any(path.startswith(one.rpartition("/")[0]) for one in skipped):
                self.skipped += 1
                continue
            self._compare_one(name, path, here.get(path, "absent"), there)

    def _compare_one(self, name: str, path: str, mine: Any, there: dict[str, Any]) -> None:
        theirs = there.get(path, "absent")
        self.compared += 1
        group = generalize(path)
        self.paths.add(group)
        tolerance = next((loose for pattern, loose in LOOSE.items() if re.search(pattern, path)), TOLERANCE)
        is_settled = _is_boundary(path, mine, theirs, there) or _is_exact_fit(path, mine, theirs, there)
        difference = 0.0 if is_settled else measure(mine, theirs, scale_of(path, there))
        self.worst[group] = max(self.worst[group], difference)
        if difference > tolerance:
            self.wrong[group].append(f"{name} {path}: {mine} here, {theirs} in R")


def _is_boundary(path: str, mine: Any, theirs: Any, there: dict[str, Any]) -> bool:
    """A variance of zero, found here in closed form and by R's lmer, is searched by R's lme on a logarithmic scale that never reaches it."""
    if not path.endswith("lme_random_intercept/sd_subject") or mine != 0 or not isinstance(theirs, float):
        return False
    other = there.get("mixed_model_vhiss/lmer_random_intercept/var_subject")
    return theirs < 1e-3 or (theirs < 1e-2 and isinstance(other, int | float) and other < 1e-8)


def _is_exact_fit(path: str, mine: Any, theirs: Any, there: dict[str, Any]) -> bool:
    """An HC3 error that is zero, for the observations it rests on lie on the fit: R is left with rounding, or with the root of a negative."""
    if not path.endswith("/se_hc3") or mine != 0:
        return False
    error = there.get(path.removesuffix("_hc3"))
    return theirs is None or (isinstance(error, float) and theirs < 1e-7 * error)


_UNSTRUCTURED = "mixed_model_vhiss/gls_unstructured/"


def scale_of(path: str, there: dict[str, Any]) -> float:
    """What a difference is small against besides the number itself: an estimate of a mixed model that is nearly zero has its error."""
    if path.startswith(f"{_UNSTRUCTURED}vcov_unstructured"):
        first = there.get(f"{_UNSTRUCTURED}vcov_unstructured/0/0")
        return first if isinstance(first, float) else 1e-6
    error = there.get(path.removesuffix("estimate") + "se") if path.startswith("mixed_model_vhiss") else None
    return error if path.endswith("/estimate") and isinstance(error, float) else 1e-6


def is_on_a_ridge(there: dict[str, Any]) -> bool:
    """Whether R's search stopped at a covariance that is all but singular: the likelihood has no maximum inside."""
    cells = [there.get(f"{_UNSTRUCTURED}vcov_unstructured/{row}/{column}") for row in range(4) for column in range(4)]
    if not all(isinstance(cell, float) for cell in cells):
        return False
    values = np.linalg.eigvalsh(np.array(cells, dtype=np.float64).reshape(4, 4))
    return bool(values[0] < 1e-4 * values[-1])


def measure(mine: Any, theirs: Any, scale: float = 1e-6) -> float:
    """Difference relative to the larger number, or to the scale where that is more; infinite for another kind of value."""
    if isinstance(mine, int | float) and isinstance(theirs, int | float) and not isinstance(mine, bool):
        return abs(mine - theirs) / max(abs(mine), abs(theirs), scale) if mine != theirs else 0.0
    return 0.0 if mine == theirs and type(mine) is type(theirs) else float("inf")


def generalize(path: str) -> str:
    """The path without what belongs to one data set, and without what many paths share."""
    path = re.sub(r"/\d+(?=/|$)", "/<i>", path)
    path = re.sub(r"(by_term)/[^/]+", r"\1/<term>", path)
    path = re.sub(r"^(descriptives)/[^/]+/[^/]+/[^/]+", r"\1/<arm>/<visit>/<variable>", path)
    path = re.sub(r"^(phase1_paired)/[^/]+/[^/]+", r"\1/<variable>/<visit>", path)
    path = re.sub(r"^(change)/[^/]+/[^/]+", r"\1/<variable>/<visit>", path)
    path = re.sub(r"^counts/[^/]+/(available|completers_6m)", "counts/<variable>/<set>", path)
    path = re.sub(
        r"^adverse_events/(max_grade/)?[a-z_0-9]+/(?=open|treated|sham|events)", r"adverse_events/\1<category>/", path
    )
    return re.sub(r"/(open|treated|sham)/", "/<arm>/", path)


def compare_batch(seeds: list[int], tally: Tally, program: str) -> None:
    with tempfile.TemporaryDirectory() as place:
        folders = [Path(place) / str(seed) for seed in seeds]
        for folder, seed in zip(folders, seeds, strict=True):
            write_set(folder, seed)
        subprocess.run([program, str(SCRIPT), *map(str, folders)], check=True)
        for folder in folders:
            here = json.loads(encode_document(write_document(read_set(folder, "one", PLAN).facts)))
            there = json.loads((folder / "r.json").read_text(encoding="utf-8"))
            tally.compare(folder.name, dict(walk(here)), dict(walk(there)))


def main() -> int:
    program = shutil.which("Rscript")
    if program is None:
        raise SystemExit("Rscript is not installed.")
    sets = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    tally, seeds = Tally(), list(range(first, first + sets))
    for start in range(0, sets, BATCH):
        compare_batch(seeds[start : start + BATCH], tally, program)
        wrong = sum(map(len, tally.wrong.values()))
        done = f"{min(start + BATCH, sets)} of {sets} sets, {tally.compared} numbers, {wrong} differ"
        print(done, file=sys.stderr, flush=True)
    report(tally, sets)
    return 1 if tally.wrong else 0


def report(tally: Tally, sets: int) -> None:
    families: defaultdict[str, list[float]] = defaultdict(list)
    for group, difference in tally.worst.items():
        families["/".join(group.split("/")[:2])].append(difference)
    for family, differences in sorted(families.items()):
        print(f"{family:<60}{max(differences):.1e}")
    for group, cases in sorted(tally.wrong.items()):
        print(f"\n{group}: {len(cases)} differ")
        for case in cases[:3]:
            print(f"  {case}")
    wrong = sum(map(len, tally.wrong.values()))
    print(
        f"\n{tally.compared} numbers on {sets} data sets under {len(tally.paths)} kinds of path compared, {wrong} differ; "
        f"{tally.skipped} left out, where R itself gave up."
    )


if __name__ == "__main__":
    sys.exit(main())
