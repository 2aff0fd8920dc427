"""Lesions and relapses added up over the follow-up."""

from collections.abc import Callable

import numpy as np

from endpoints.document.blocks import (
    Block,
    compare_means,
    compare_proportions,
    compare_ranks,
    count_proportion,
    describe_values,
)
from endpoints.document.cohort import COMPARED, Cohort, Mask
from endpoints.document.count_facts import CountFacts, derive_counts
from endpoints.results import Paths, read_values
from endpoints.statistics.count_tables import compute_count_table_chi_square
from endpoints.statistics.freeman_halton import compute_freeman_halton
from endpoints.statistics.negative_binomial import compute_negative_binomial
from endpoints.statistics.numbers import FloatArray
from endpoints.statistics.permutation import compute_permutation_test
from endpoints.statistics.poisson_regression import compute_poisson_regression
from endpoints.statistics.rates import RateRatio, compute_rate, compute_rate_ratio

COUNTED = ("new_ce_lesions", "new_t2_lesions", "relapses")

_RATE: Paths = {
    "events": "events",
    "person_years": "person_years",
    "rate_per_year": "rate",
    "lo": "interval.low",
    "hi": "interval.high",
}
_RATE_RATIO: Paths = {
    "rate_ratio": "ratio",
    "lo": "interval.low",
    "hi": "interval.high",
    "p": "p",
    "p_doubled": "p_doubled",
}
_PERMUTATION: Paths = {
    "mean_diff": "mean_difference",
    "p_asym": "p_asymptotic",
    "p_exact_two_sided": "exact.two_sided",
    "p_exact_greater": "exact.greater",
    "p_exact_less": "exact.less",
    "p_exact_doubled": "exact.doubled",
}
_POISSON: Paths = {
    "log_rr": "log_ratio",
    "se": "standard_error",
    "p_wald": "p",
    "lo": "interval.low",
    "hi": "interval.high",
    "pearson_dispersion": "dispersion",
    "quasi_se": "quasi_error",
    "robust_hc0_se": "robust_error",
}
_NEGATIVE_BINOMIAL: Paths = {
    "score_alpha_at_poisson": "overdispersion",
    "rate_ratio": "rate_ratio",
    "log_rr": "log_rate_ratio",
    "se_log_rr_glmnb_expected_info": "standard_error",
    "lo_wald": "interval.low",
    "hi_wald": "interval.high",
    "p_wald": "p",
    "theta": "theta",
    "alpha": "dispersion",
    "se_theta": "theta_error",
    "loglik": "log_likelihood",
    "lr_chisq": "chi_square",
    "p_lr": "p_likelihood_ratio",
    "profile_lo": "profile.low",
    "profile_hi": "profile.high",
}
_JOINT: Paths = {
    "log_rr": "log_rate_ratio",
    "alpha": "dispersion",
    "se_log_rr_observed_info": "observed_error",
    "lo": "observed_interval.low",
    "hi": "observed_interval.high",
    "p": "p_observed",
    "loglik": "log_likelihood",
}
_CHI_SQUARE: Paths = {"chisq": "chi_square", "df": "df", "p": "p"}


def write_counts(cohort: Cohort) -> Block:
    """Every counted outcome: per patient, over all with a count, and over those with one at the last visit."""
    return {outcome: _write_outcome(cohort, outcome) for outcome in COUNTED}


def _write_outcome(cohort: Cohort, outcome: str) -> Block:
    counts = derive_counts(cohort, outcome)
    is_complete = ~np.isnan(cohort.values(outcome, cohort.plan.final_visit))
    return {
        "per_patient": _list_patients(cohort, counts),
        "available": _analyze(cohort, counts),
        "completers_6m": _analyze(cohort, counts.keep(is_complete)),
    }


def _list_patients(cohort: Cohort, counts: CountFacts) -> list[Block]:
    columns = zip(counts.cumulative.tolist(), counts.days.tolist(), counts.nominal_days.tolist(), strict=True)
    return [
        {"subject": subject, "arm": arm, "cumulative": total, "fu_days": days, "fu_days_nominal": nominal}
        for subject, arm, (total, days, nominal) in zip(cohort.subjects, cohort.arms, columns, strict=True)
    ]


def _analyze(cohort: Cohort, counts: CountFacts) -> Block:
    total = counts.cumulative
    has_count = ~np.isnan(total)
    treated, sham = (has_count & cohort.members[arm] for arm in COMPARED)
    return {
        "by_arm": {arm: _write_arm(counts, members, has_count) for arm, members in cohort.members.items()},
        "any_vs_none": compare_proportions(cohort, total > 0, has_count),
        "mann_whitney": compare_ranks(cohort, total),
        "permutation_mean_diff": read_values(compute_permutation_test(total[treated], total[sham]), _PERMUTATION),
        "t_test": compare_means(cohort, total),
        "poisson_exact": _compare_rates(counts, treated, sham, lambda facts: facts.years),
        "poisson_exact_nominal_fu": _compare_rates(counts, treated, sham, lambda facts: facts.nominal_years),
        "poisson_exact_equal_n_ratio": _compare_rates(counts, treated, sham, lambda facts: np.ones_like(total)),
        "pearson_chisq_count_table": read_values(
            compute_count_table_chi_square(total[treated], total[sham]), _CHI_SQUARE
        ),
        "freeman_halton_p": compute_freeman_halton(total[treated], total[sham]),
        "poisson_glm": read_values(
            compute_poisson_regression(total[treated], counts.years[treated], total[sham], counts.years[sham]),
            _POISSON,
        ),
        "negative_binomial": _fit_negative_binomial(total, counts.years, treated, sham),
        "negative_binomial_nominal_fu": _fit_negative_binomial(total, counts.nominal_years, treated, sham),
    }


def _write_arm(counts: CountFacts, members: Mask, has_count: Mask) -> Block:
    present = members & has_count
    total = counts.cumulative[present]
    events, is_any = int(total.sum()), counts.cumulative > 0
    return {
        **describe_values(counts.cumulative[members]),
        "sum": events,
        "n_any": int(is_any[present].sum()),
        "any": count_proportion(is_any, present),
        "rate": read_values(compute_rate(events, float(counts.years[present].sum())), _RATE),
        "rate_nominal": read_values(compute_rate(events, float(counts.nominal_years[present].sum())), _RATE),
    }


def _compare_rates(counts: CountFacts, treated: Mask, sham: Mask, see: Callable[[CountFacts], FloatArray]) -> Block:
    """Rates by what `see` takes as the time each patient was observed."""
    times = see(counts)
    ratio: RateRatio | None = compute_rate_ratio(
        int(counts.cumulative[treated].sum()),
        float(times[treated].sum()),
        int(counts.cumulative[sham].sum()),
        float(times[sham].sum()),
    )
    return read_values(ratio, _RATE_RATIO)


def _fit_negative_binomial(total: FloatArray, years: FloatArray, treated: Mask, sham: Mask) -> Block:
    fit = compute_negative_binomial(total[treated], years[treated], total[sham], years[sham])
    return {
        "identifiable": bool(fit is not None and fit.is_identifiable),
        **read_values(fit, _NEGATIVE_BINOMIAL),
        "joint_ml": read_values(fit, _JOINT),
    }
