"""The whole document: rows in any order, arms swapped, time scaled, and every kind of trouble."""

import json
from typing import Any

import pytest

from endpoints.document.document import encode_document, write_document
from endpoints.facts import TrialFacts
from endpoints.simulation.assumptions import Assumptions
from endpoints.simulation.draw import draw_trial
from tests.endpoints.trial import PLAN, make_counts, make_facts, make_visit


def compute(facts: TrialFacts) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(encode_document(write_document(facts)))
    return document


def test_swapping_the_arms_mirrors_every_comparison() -> None:
    facts = draw_trial(Assumptions(n_open=0, n_treated=6, n_sham=7), PLAN, seed=5)
    swapped = facts.visits.assign(arm=facts.visits["arm"].map({"treated": "sham", "sham": "treated"}))
    one, two = (
        compute(TrialFacts(PLAN, visits, facts.adverse_events, facts.relapses)) for visits in (facts.visits, swapped)
    )
    first, second = (document["counts"]["new_t2_lesions"]["available"] for document in (one, two))
    for path in (("mann_whitney", "hl_shift"), ("poisson_glm", "log_rr"), ("t_test", "welch", "diff")):
        here, there = first, second
        for key in path:
            here, there = here[key], there[key]
        assert here == pytest.approx(-there)
    assert first["mann_whitney"]["p_exact_coin"] == second["mann_whitney"]["p_exact_coin"]
    assert first["by_arm"]["treated"] == second["by_arm"]["sham"]
    for visit in ("24h", "6m"):
        here, there = (d["mixed_model_vhiss"]["lmer_random_intercept"]["diff_by_visit"][visit] for d in (one, two))
        assert here["estimate"] == pytest.approx(-there["estimate"], rel=1e-8)
        assert here["df_kr"] == pytest.approx(there["df_kr"], rel=1e-6)


@pytest.mark.parametrize(
    "assumptions",
    [
        Assumptions(n_open=1, n_treated=0, n_sham=0),
        Assumptions(n_open=0, n_treated=1, n_sham=0),
        Assumptions(n_open=0, n_treated=1, n_sham=1),
        Assumptions(n_open=0, n_treated=3, n_sham=2, missing_visit=0.9, missing_value=0.9),
        Assumptions(n_open=2, n_treated=35, n_sham=30),
    ],
)
def test_the_shape_is_the_same_whatever_the_data(assumptions: Assumptions) -> None:
    """Also with an empty arm, one patient, next to nothing observed, or more than exact tests take."""
    document = compute(draw_trial(assumptions, PLAN, seed=7))
    usual = compute(draw_trial(Assumptions(), PLAN, seed=7))
    for part in ("ancova_t2", "mixed_model_vhiss", "change", "phase1_paired", "descriptives"):
        assert list_paths(document[part]) == list_paths(usual[part])


def list_paths(value: Any, path: str = "") -> set[str]:
    if not isinstance(value, dict):
        return {path}
    return {found for key, part in value.items() for found in list_paths(part, f"{path}/{key}")}


def test_the_published_distribution_of_relapses_gives_the_published_p() -> None:
    """0/1/2 relapses: 6/2/1 v 9/1/0 patients, Pearson chi-square, df 2: p 0.389 in print."""
    document = compute(make_counts([0] * 6 + [1, 1, 2], [0] * 9 + [1], "relapses"))
    test = document["counts"]["relapses"]["available"]["pearson_chisq_count_table"]
    assert (test["df"], round(test["p"], 4)) == (2, 0.3895)


def test_infinite_ratios_are_words_and_undefined_ones_null() -> None:
    document = compute(make_counts([1, 1], [0, 0], "relapses"))["counts"]["relapses"]["available"]
    assert document["poisson_exact"]["rate_ratio"] == "Inf"
    assert document["any_vs_none"]["odds_ratio_sample"] == "Inf"
    assert document["negative_binomial"]["identifiable"] is False
    assert document["negative_binomial"]["rate_ratio"] is None
    nothing = compute(make_counts([0, 0], [0, 0], "relapses"))["counts"]["relapses"]["available"]
    assert nothing["poisson_exact"]["rate_ratio"] is None
    assert nothing["any_vs_none"]["odds_ratio_cmle"] is None


def test_a_response_at_exactly_three_quarters_is_none() -> None:
    rows = [
        make_visit(f"P{after}", "treated", visit, vhiss=value)
        for after in (1, 2)
        for visit, value in (("baseline", 8), ("1m", after))
    ]
    observed = compute(make_facts(rows))["vhiss_response"]["observed"]["treated_vs_sham"]["treated"]
    assert (observed["x"], observed["n"]) == (1, 2)
