"""The plain script that the benchmark runs beside the engine, as a second opinion; and what the two commands print."""

import warnings
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from endpoints.benchmark.plain import compute_plainly, estimate_odds, fit_course
from endpoints.document.document import write_document
from endpoints.facts import OUTCOMES
from endpoints.simulation.assumptions import Assumptions, CountAssumptions
from endpoints.simulation.draw import draw_trial
from endpoints.statistics.fisher import compute_fisher
from tests.endpoints.trial import PLAN

BUSY = Assumptions(
    n_open=8, n_treated=30, n_sham=33, lesions=CountAssumptions(6, 0.6, 1.0), relapses=CountAssumptions(3, 0.7, 0.3)
)


def test_a_plain_script_of_other_libraries_finds_the_same_numbers() -> None:
    facts = draw_trial(BUSY, PLAN, seed=3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs: Any = compute_plainly(facts)
        course = fit_course(facts)
    mine: Any = write_document(facts)
    for arm, visit, outcome in (
        (arm, visit, name) for arm in ("open", "sham") for visit in ("1m", "6m") for name in OUTCOMES
    ):
        block, found = mine["descriptives"][arm][visit][outcome], theirs["descriptives"][outcome, arm, visit]
        assert (block["n"], block["mean"]) == (found["n"], pytest.approx(found["mean"])), (arm, visit, outcome)
        assert [block["q1_type7"], block["median"]] == pytest.approx(list(found["type7"][[1, 2]]))
        assert [block["q1_type2"], block["q3_type2"]] == pytest.approx(list(found["type2"][[0, 2]]))
    _agree_on_response(mine["vhiss_response"]["observed"]["treated_vs_sham"], theirs["vhiss_response"]["observed"])
    for outcome in ("new_ce_lesions", "new_t2_lesions", "relapses"):
        _agree_on_counts(mine["counts"][outcome]["available"], theirs["counts"][outcome]["available"])
    within = mine["change"]["edss"]["6m"]["within_arm"]["sham"]
    plain = theirs["change"]["edss", "6m"]["within"][2]
    assert within["p_wilcoxon_asym_cc"] == pytest.approx(plain["corrected"])
    assert within["p_pratt_asym"] == pytest.approx(plain["pratt"])
    coefficients = mine["ancova_t2"]["C_interaction"]["fit"]["coefficients"]
    fit = theirs["ancova_t2"]["c"]["fit"]
    assert [one["estimate"] for one in coefficients.values()] == pytest.approx(list(fit.params[[0, 1, 3, 2]]))
    assert [one["se_hc3"] for one in coefficients.values()] == pytest.approx(list(fit.HC3_se[[0, 1, 3, 2]]))
    cox = mine["time_to_first_relapse"]["onset_day"]["cox_efron"]
    assert [cox["log_hr"], cox["se"]] == pytest.approx(theirs["time_to_first_relapse"]["efron"][:2], rel=1e-5)
    mixed = mine["mixed_model_vhiss"]["lme_random_intercept"]
    estimates = {name: one["estimate"] for name, one in mixed["fixed"].items()}
    assert list(estimates.values()) == pytest.approx(list(course["fixed"]), rel=1e-4, abs=1e-4)


def _agree_on_response(mine: Any, theirs: Any) -> None:
    assert [mine["newcombe_lo"], mine["newcombe_hi"]] == pytest.approx(list(theirs["newcombe"]))
    assert mine["fisher_p"] == pytest.approx(theirs["fisher"])
    assert [mine["treated"]["cp_lo"], mine["treated"]["cp_hi"]] == pytest.approx(list(theirs["exact"][0]))


def _agree_on_counts(mine: Any, theirs: Any) -> None:
    assert mine["mann_whitney"]["p_asym_cc"] == pytest.approx(theirs["values"]["corrected"])
    assert mine["mann_whitney"]["hl_shift"] == pytest.approx(theirs["values"]["shift"])
    assert mine["t_test"]["welch"]["p"] == pytest.approx(theirs["values"]["welch"])
    assert mine["pearson_chisq_count_table"]["p"] == pytest.approx(theirs["table"])
    assert mine["poisson_exact"]["p"] == pytest.approx(theirs["rate"][0])
    assert [mine["poisson_glm"]["log_rr"], mine["poisson_glm"]["se"]] == pytest.approx(theirs["poisson"])
    if mine["negative_binomial"]["identifiable"]:
        plain = theirs["negative_binomial"][0]
        assert mine["negative_binomial"]["alpha"] == pytest.approx(plain["dispersion"], rel=1e-3)
        assert mine["negative_binomial"]["log_rr"] == pytest.approx(plain["log_ratio"], rel=1e-3, abs=1e-4)


def test_the_conditional_odds_ratio_is_that_of_scipy() -> None:
    fisher = compute_fisher(11, 30, 5, 33)
    assert fisher is not None
    limits = fisher.conditional_interval
    assert (fisher.conditional_odds_ratio, limits.low, limits.high) == pytest.approx(estimate_odds([[11, 19], [5, 28]]))


def test_the_benchmark_prints_its_ratios(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("bench_endpoints", patients=[8], rounds=1)
    lines = capsys.readouterr().out.splitlines()
    size, *numbers = lines[1].split()
    assert size == "8"
    assert np.isfinite([float(number) for number in numbers]).all()
    with pytest.raises(CommandError, match="4 patients or more"):
        call_command("bench_endpoints", patients=[3])
