"""Which field of a statistical result becomes which statistic of a row.

A path such as `exact.two_sided` is followed from the result; where something on the way is
None, the number is undefined.
"""

from collections.abc import Mapping

from endpoints.rows import Value

Paths = Mapping[str, str]


def read_values(result: object | None, paths: Paths) -> dict[str, Value]:
    """The numbers of a result by statistic; all None when there is no result."""
    return {statistic: _follow(result, path) for statistic, path in paths.items()}


def _follow(result: object | None, path: str) -> Value:
    found = result
    for name in path.split("."):
        if found is None:
            return None
        found = getattr(found, name)
    if found is None or isinstance(found, int | float):
        return found
    raise TypeError(f"{path} is not a number.")


PROPORTION = {
    "x": "events",
    "total": "total",
    "prop": "proportion",
    "cp_lo": "clopper_pearson.low",
    "cp_hi": "clopper_pearson.high",
    "wilson_lo": "wilson.low",
    "wilson_hi": "wilson.high",
}
PROPORTION_DIFFERENCE = {
    "diff": "difference",
    "newcombe_lo": "newcombe.low",
    "newcombe_hi": "newcombe.high",
}
FISHER = {
    "fisher_p": "p",
    "odds_ratio_cmle": "conditional_odds_ratio",
    "or_cmle_lo": "conditional_interval.low",
    "or_cmle_hi": "conditional_interval.high",
    "odds_ratio_sample": "sample_odds_ratio",
}
MANN_WHITNEY = {
    "u_active": "u_first",
    "u_reference": "u_second",
    "prob_index": "probability_index",
    "z": "z",
    "mw_p": "p",
    "mw_p_exact": "exact.two_sided",
    "mw_p_exact_doubled": "exact.doubled",
    "mw_p_asym": "p_asymptotic",
    "mw_p_asym_cc": "p_asymptotic_corrected",
}
HODGES_LEHMANN = {"hl_shift": "shift", "hl_lo": "interval.low", "hl_hi": "interval.high"}
SIGNED_RANK = {
    "n_pairs": "n_pairs",
    "n_zero": "n_zero",
    "v_positive": "v_positive",
    "w_min": "w_smaller",
    "wilcoxon_p": "p",
    "wilcoxon_p_exact": "p_exact",
    "wilcoxon_p_asym": "p_asymptotic",
    "wilcoxon_p_asym_cc": "p_asymptotic_corrected",
    "pratt_p_exact": "p_pratt_exact",
    "pratt_p_asym": "p_pratt_asymptotic",
    "sign_p": "p_sign_test",
    "pseudomedian": "pseudomedian",
}
PAIRED_T = {
    "paired_t": "t",
    "paired_p": "p",
    "paired_lo": "interval.low",
    "paired_hi": "interval.high",
}
THRESHOLD_T = {
    "threshold_t": "t",
    "threshold_p": "p",
    "threshold_lo": "interval.low",
    "threshold_hi": "interval.high",
}
WELCH = {
    "mean_diff": "estimate",
    "welch_t": "t",
    "welch_df": "df",
    "welch_p": "p",
    "welch_lo": "interval.low",
    "welch_hi": "interval.high",
}
POOLED = {
    "pooled_t": "t",
    "pooled_df": "df",
    "pooled_p": "p",
    "pooled_lo": "interval.low",
    "pooled_hi": "interval.high",
}
PERMUTATION = {
    "perm_p_exact": "exact.two_sided",
    "perm_p_exact_doubled": "exact.doubled",
    "perm_p_asym": "p_asymptotic",
}
CHI_SQUARE = {"chisq": "chi_square", "chisq_df": "df", "chisq_p": "p"}
RATE = {
    "sum": "events",
    "person_years": "person_years",
    "rate_per_year": "rate",
    "rate_lo": "interval.low",
    "rate_hi": "interval.high",
}
RATE_RATIO = {
    "rate_ratio": "ratio",
    "rate_ratio_lo": "interval.low",
    "rate_ratio_hi": "interval.high",
    "rate_ratio_p": "p",
    "rate_ratio_p_doubled": "p_doubled",
}
NEGATIVE_BINOMIAL = {
    "nb_identifiable": "is_identifiable",
    "nb_rate_ratio": "rate_ratio",
    "nb_lo": "interval.low",
    "nb_hi": "interval.high",
    "nb_p": "p",
    "nb_alpha": "dispersion",
    "nb_profile_lo": "profile.low",
    "nb_profile_hi": "profile.high",
    "nb_lr_p": "p_likelihood_ratio",
    "nb_observed_lo": "observed_interval.low",
    "nb_observed_hi": "observed_interval.high",
    "nb_observed_p": "p_observed",
}
POISSON = {
    "poisson_lo": "interval.low",
    "poisson_hi": "interval.high",
    "poisson_p": "p",
    "poisson_se": "standard_error",
    "poisson_dispersion": "dispersion",
    "poisson_quasi_se": "quasi_error",
    "poisson_robust_se": "robust_error",
}
ANCOVA_ARM = {
    "ancova_diff": "estimate",
    "ancova_se": "se",
    "ancova_se_hc3": "se_hc3",
    "ancova_lo": "interval.low",
    "ancova_hi": "interval.high",
    "ancova_t": "t",
    "ancova_p": "p",
}
ANCOVA_MEAN = {
    "adjusted_mean": "estimate",
    "adjusted_mean_lo": "interval.low",
    "adjusted_mean_hi": "interval.high",
}
ANCOVA_SLOPE = {
    "slope": "estimate",
    "slope_se": "se",
    "slope_se_hc3": "se_hc3",
    "slope_lo": "interval.low",
    "slope_hi": "interval.high",
    "slope_p": "p",
}
BASELINE_SLOPE = {f"baseline_{statistic}": path for statistic, path in ANCOVA_SLOPE.items()}
ANCOVA_INTERACTION = {
    "interaction": "estimate",
    "interaction_se": "se",
    "interaction_se_hc3": "se_hc3",
    "interaction_lo": "interval.low",
    "interaction_hi": "interval.high",
    "interaction_p": "p",
}
SURVIVAL = {
    "survival": "survival",
    "survival_lo": "interval.low",
    "survival_hi": "interval.high",
}
HAZARD_RATIO = {
    "hazard_ratio": "ratio",
    "hazard_ratio_lo": "interval.low",
    "hazard_ratio_hi": "interval.high",
    "hazard_ratio_p": "p",
    "hazard_ratio_p_lr": "p_likelihood_ratio",
    "hazard_ratio_p_score": "p_score",
}
BRESLOW = {
    "breslow_ratio": "ratio",
    "breslow_lo": "interval.low",
    "breslow_hi": "interval.high",
    "breslow_p": "p",
}
MIXED_VISIT = {
    "mm_diff": "estimate",
    "mm_se": "se",
    "mm_p": "p_normal",
    "mm_df": "df",
    "mm_p_satterthwaite": "p",
}
KENWARD_ROGER = {"mm_se_kr": "se", "mm_df_kr": "df", "mm_p_kr": "p"}
UNSTRUCTURED_VISIT = {
    "mm_diff": "estimate",
    "mm_se": "se",
    "mm_p": "p_normal",
    "mm_df_residual": "df",
    "mm_p_residual": "p",
}
BANG = {"bang": "estimate", "bang_lo": "interval.low", "bang_hi": "interval.high"}
JAMES = {"james": "estimate", "james_lo": "interval.low", "james_hi": "interval.high"}
LOG_RANK = {"logrank_chisq": "chi_square", "logrank_p": "p"}
STANDARDIZED = {"std_diff": "estimate", "std_lo": "interval.low", "std_hi": "interval.high"}
