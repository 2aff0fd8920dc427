"""Compare the statistics with R on random trials: python -m tests.endpoints.cross_check_with_r

Needs R with coin, exactRankTests, MASS, survival and jsonlite; no part of the test suite.
Prints each number that disagrees and exits with 1 if there is one.
"""

import json
import math
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from endpoints.results import read_values
from endpoints.rows import Value
from endpoints.statistics.count_tables import compute_count_table_chi_square
from endpoints.statistics.descriptives import describe
from endpoints.statistics.fisher import compute_fisher
from endpoints.statistics.negative_binomial import compute_negative_binomial
from endpoints.statistics.permutation import compute_permutation_test
from endpoints.statistics.proportional_hazards import compute_hazard_ratio
from endpoints.statistics.proportions import compute_clopper_pearson
from endpoints.statistics.rank_sum import compute_hodges_lehmann, compute_mann_whitney
from endpoints.statistics.rates import compute_rate, compute_rate_ratio
from endpoints.statistics.regression import fit_regression
from endpoints.statistics.signed_rank import compute_signed_rank
from endpoints.statistics.survival import compute_kaplan_meier, compute_log_rank
from endpoints.statistics.t_tests import compute_welch_t

SCRIPT = Path(__file__).with_name("cross_check.R")
CASES = 200
SEED = 20140729

# Where R searches for its answer, it stops this close to it.
LOOSE = {"cox_log_ratio": 1e-4, "cox_se": 1e-4, "nb_log_ratio": 1e-3, "nb_se": 1e-3}
TOLERANCE = 1e-6

Case = dict[str, list[float]]


def make_case(random: np.random.Generator) -> Case:
    """Two arms of counts with many ties and uneven follow-up."""
    case: Case = {}
    for arm in ("first", "second"):
        size = int(random.integers(2, 20))
        rates = random.gamma(0.7, random.uniform(0.2, 3), size)
        case[arm] = random.poisson(rates).tolist()
        case[f"{arm}_years"] = random.choice([0.08, 0.25, 0.5, 0.51], size).tolist()
    return case


def compute_here(case: Case) -> dict[str, Value]:
    first, second = case["first"], case["second"]
    first_years, second_years = case["first_years"], case["second_years"]
    events = [sum(n > 0 for n in arm) for arm in (first, second)]
    change = [n - (max(second) + min(second)) / 2 for n in first]
    is_first = np.repeat([1.0, 0.0], [len(first), len(second)])
    ancova = fit_regression(np.array([*first, *second]), is_first, {"years": np.array([*first_years, *second_years])})
    curve = compute_kaplan_meier(first_years, [n > 0 for n in first])
    results: list[tuple[object | None, dict[str, str]]] = [
        (describe(first), {"q1_type7": "q1_type7", "q3_type2": "q3_type2"}),
        (
            compute_mann_whitney(first, second),
            {
                "mw_exact": "exact.two_sided",
                "mw_asym": "p_asymptotic",
                "mw_asym_cc": "p_asymptotic_corrected",
            },
        ),
        (
            compute_hodges_lehmann(first, second),
            {"hl_shift": "shift", "hl_lo": "interval.low", "hl_hi": "interval.high"},
        ),
        (compute_permutation_test(first, second), {"perm_exact": "exact.two_sided"}),
        (compute_count_table_chi_square(first, second), {"chisq_p": "p"}),
        (compute_welch_t(first, second), {"welch_p": "p"}),
        (ancova and ancova.arm, {"ancova_p": "p"}),
        (
            compute_signed_rank(change),
            {
                "signed_exact": "p_exact",
                "signed_asym": "p_asymptotic",
                "signed_asym_cc": "p_asymptotic_corrected",
                "pratt_asym": "p_pratt_asymptotic",
            },
        ),
        (compute_fisher(events[0], len(first), events[1], len(second)), {"fisher_p": "p"}),
        (compute_clopper_pearson(events[0], len(first)), {"cp_lo": "low", "cp_hi": "high"}),
        (
            compute_rate(int(sum(first)), sum(first_years)),
            {"rate_lo": "interval.low", "rate_hi": "interval.high"},
        ),
        (
            compute_rate_ratio(int(sum(first)), sum(first_years), int(sum(second)), sum(second_years)),
            {"ratio": "ratio", "ratio_p": "p", "ratio_lo": "interval.low", "ratio_hi": "interval.high"},
        ),
        (
            compute_negative_binomial(first, first_years, second, second_years),
            {"nb_log_ratio": "log_rate_ratio", "nb_se": "standard_error"},
        ),
        (
            curve.at(float(np.median(first_years))),
            {
                "survival": "survival",
                "survival_lo": "interval.low",
                "survival_hi": "interval.high",
            },
        ),
        (
            compute_hazard_ratio(first_years, [n > 0 for n in first], second_years, [n > 0 for n in second]),
            {"cox_log_ratio": "log_ratio", "cox_se": "standard_error"},
        ),
        (
            compute_log_rank(first_years, [n > 0 for n in first], second_years, [n > 0 for n in second]),
            {"log_rank_p": "p"},
        ),
    ]
    numbers: dict[str, Value] = {}
    for result, paths in results:
        numbers |= read_values(result, paths)
    return numbers


def compute_in_r(cases: list[Case]) -> list[dict[str, Any]]:
    program = shutil.which("Rscript")
    if program is None:
        raise SystemExit("Rscript is not installed.")
    done = subprocess.run([program, str(SCRIPT)], input=json.dumps(cases), capture_output=True, text=True, check=True)
    answers: list[dict[str, Any]] = json.loads(done.stdout)
    return answers


def agree(name: str, mine: Value, theirs: object) -> bool:
    if mine is None or not isinstance(theirs, int | float | str):
        return False
    tolerance = LOOSE.get(name, TOLERANCE)
    return math.isclose(mine, float(theirs), rel_tol=tolerance, abs_tol=1e-9)


def main() -> int:
    random = np.random.default_rng(SEED)
    cases = [make_case(random) for _ in range(CASES)]
    compared: dict[str, int] = {}
    wrong = 0
    for case, answers in zip(cases, compute_in_r(cases), strict=True):
        here = compute_here(case)
        for name, theirs in answers.items():
            compared[name] = compared.get(name, 0) + 1
            if not agree(name, here[name], theirs):
                wrong += 1
                print(f"{name}: {here[name]} here, {theirs} in R, for {json.dumps(case)}")
    print(", ".join(f"{name} {number}" for name, number in sorted(compared.items())))
    print(f"{sum(compared.values())} numbers compared, {wrong} disagree.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
