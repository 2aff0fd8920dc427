"""Results as nested numbers: the blocks that several parts of the document repeat."""

from dataclasses import asdict
from typing import Any

import numpy as np

from endpoints.document.cohort import ARMS, COMPARED, Cohort, Mask
from endpoints.results import Paths, read_values
from endpoints.statistics.descriptives import describe
from endpoints.statistics.fisher import compute_fisher
from endpoints.statistics.numbers import FloatArray
from endpoints.statistics.proportions import compute_newcombe, compute_proportion
from endpoints.statistics.rank_sum import compute_hodges_lehmann, compute_mann_whitney
from endpoints.statistics.signed_rank import compute_signed_rank
from endpoints.statistics.t_tests import TTest, compute_one_sample_t, compute_pooled_t, compute_welch_t

Block = dict[str, Any]

_PROPORTION: Paths = {
    "x": "events",
    "n": "total",
    "prop": "proportion",
    "cp_lo": "clopper_pearson.low",
    "cp_hi": "clopper_pearson.high",
    "wilson_lo": "wilson.low",
    "wilson_hi": "wilson.high",
}
_DIFFERENCE: Paths = {"diff": "difference", "newcombe_lo": "newcombe.low", "newcombe_hi": "newcombe.high"}
_FISHER: Paths = {
    "fisher_p": "p",
    "odds_ratio_cmle": "conditional_odds_ratio",
    "or_cmle_lo": "conditional_interval.low",
    "or_cmle_hi": "conditional_interval.high",
    "odds_ratio_sample": "sample_odds_ratio",
}
_MANN_WHITNEY: Paths = {
    "U_treated": "u_first",
    "U_sham": "u_second",
    "var_tie_corrected": "variance",
    "prob_index": "probability_index",
    "z_nocc": "z",
    "p_asym_nocc": "p_asymptotic",
    "p_asym_cc": "p_asymptotic_corrected",
    "p_exact_coin": "exact.two_sided",
    "p_exact_one_sided_greater": "exact.greater",
    "p_exact_one_sided_less": "exact.less",
    "p_exact_doubled": "exact.doubled",
}
_SHIFT: Paths = {
    "hl_shift": "shift",
    "hl_lo_orderstat": "interval.low",
    "hl_hi_orderstat": "interval.high",
    "hl_orderstat_k": "order",
}
_PAIRED_T: Paths = {"t": "t", "df": "df", "p_t": "p", "lo": "interval.low", "hi": "interval.high"}
_SIGNED_RANK: Paths = {
    "V_positive_zeros_dropped": "v_positive",
    "W_min_zeros_dropped": "w_smaller",
    "p_wilcoxon_asym_nocc": "p_asymptotic",
    "p_wilcoxon_asym_cc": "p_asymptotic_corrected",
    "p_pratt_asym": "p_pratt_asymptotic",
    "p_wilcoxon_exact": "p_exact",
    "p_wilcoxon_exact_coin": "p_exact",
    "p_pratt_exact": "p_pratt_exact",
    "hl_pseudomedian_all": "pseudomedian",
    "hl_pseudomedian_nonzero": "pseudomedian_nonzero",
    "sign_test_p": "p_sign_test",
}
_T_TEST: Paths = {"t": "t", "df": "df", "p": "p", "diff": "estimate", "lo": "interval.low", "hi": "interval.high"}


def describe_arms(cohort: Cohort, values: FloatArray) -> Block:
    """Each arm described; whoever has no value counts as missing."""
    return {arm: describe_values(values[members]) for arm, members in cohort.members.items()}


def describe_values(values: FloatArray) -> Block:
    return asdict(describe(values))


def count_proportion(is_event: Mask, members: Mask) -> Block:
    """Patients with the event among the members, with both intervals."""
    return read_values(compute_proportion(int(is_event[members].sum()), int(members.sum())), _PROPORTION)


def compare_proportions(cohort: Cohort, is_event: Mask, is_counted: Mask | None = None) -> Block:
    """Both compared arms, their difference, Fisher's test and the odds ratios."""
    arms = [cohort.members[arm] & (True if is_counted is None else is_counted) for arm in COMPARED]
    numbers = [number for arm in arms for number in (int(is_event[arm].sum()), int(arm.sum()))]
    both = {name: count_proportion(is_event, arm) for name, arm in zip(COMPARED, arms, strict=True)}
    difference, fisher = compute_newcombe(*numbers), compute_fisher(*numbers)
    return both | read_values(difference, _DIFFERENCE) | read_values(fisher, _FISHER)


def count_in_arms(cohort: Cohort, is_event: Mask) -> Block:
    """The open arm beside the comparison of the other two, over all patients."""
    return {"open": count_proportion(is_event, cohort.members["open"])} | compare_proportions(cohort, is_event)


def split(cohort: Cohort, values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The values present in the treated and in the sham arm."""
    present = ~np.isnan(values)
    treated, sham = (values[cohort.members[arm] & present] for arm in COMPARED)
    return treated, sham


def compare_ranks(cohort: Cohort, values: FloatArray) -> Block:
    """Mann-Whitney test and Hodges-Lehmann shift."""
    treated, sham = split(cohort, values)
    shift = compute_hodges_lehmann(treated, sham)
    return {
        "n_treated": len(treated),
        "n_sham": len(sham),
        **read_values(compute_mann_whitney(treated, sham), _MANN_WHITNEY),
        **read_values(shift, _SHIFT),
        "hl_orderstat_rule": None if shift is None else shift.rule,
    }


def compare_means(cohort: Cohort, values: FloatArray) -> Block:
    """Student's and Welch's t tests."""
    treated, sham = split(cohort, values)
    return {
        "pooled": read_values(compute_pooled_t(treated, sham), _T_TEST),
        "welch": read_values(compute_welch_t(treated, sham), _T_TEST),
    }


def assess_within(differences: FloatArray) -> Block:
    """Paired differences against zero: t, signed ranks, pseudomedian and sign test."""
    present = differences[~np.isnan(differences)]
    ranks, description = compute_signed_rank(present), describe(present)
    t: TTest | None = compute_one_sample_t(present)
    return {
        "n_pairs": len(present),
        "n_zero": 0 if ranks is None else ranks.n_zero,
        "mean_diff": description.mean,
        "sd_diff": description.sd,
        "median_diff": description.median,
        **read_values(t, _PAIRED_T),
        **read_values(ranks, _SIGNED_RANK),
    }


def assess_within_arms(cohort: Cohort, differences: FloatArray) -> Block:
    return {arm: assess_within(differences[cohort.members[arm]]) for arm in ARMS}
