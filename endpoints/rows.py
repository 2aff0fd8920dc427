"""Statistic rows: every number of a report with what it is, of whom, and how it was computed.

A table, a figure and a CSV file are prints of the same rows; none of them computes.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace

import pandas as pd

Value = float | None

UNAVAILABLE = "Not defined for these values."
"""Why a number is missing, where nothing more particular can be said."""


@dataclass(frozen=True)
class Statistic:
    """A kind of number. `unit` None stands for the unit of the outcome."""

    key: str
    label: str
    unit: str | None = ""
    method: str = ""


_EXACT_RANKS = "Mann-Whitney, exact given the ties"
_NORMAL_RANKS = "Mann-Whitney, normal approximation with tie correction"
_THRESHOLD_T = "One-sample t test against the threshold of response"
_SIGNED = "Wilcoxon signed rank, zeros dropped"
_PRATT = "Wilcoxon signed rank, zeros ranked (Pratt)"
_SHIFT = "Hodges-Lehmann, median of pairwise differences"
_PERMUTATION = "Permutation of means, exact"
_CLOPPER = "Clopper-Pearson"
_NEWCOMBE = "Newcombe hybrid score, no continuity correction"
_FISHER = "Fisher exact, by smaller probabilities"
_CONDITIONAL = "Conditional maximum likelihood"
_GARWOOD = "Exact Poisson (Garwood)"
_CONDITIONAL_RATES = "Exact, conditional on all events (binomial)"
_NEGATIVE_BINOMIAL = "Negative binomial, offset log person-years, Wald"
_NEGATIVE_BINOMIAL_SHORT = "Negative binomial, offset log person-years"
_CHI_SQUARE = "Pearson chi-square on arm by count, no continuity correction"
_ANCOVA = "Analysis of covariance, least squares"
_TYPE_THREE = "type III, sum-to-zero contrasts"
_COX = "Proportional hazards (Cox), ties after Efron, Wald"
_BRESLOW = "Proportional hazards (Cox), ties after Breslow, Wald"
_POISSON = "Poisson regression, offset log person-years"
_MIXED = "Mixed model (REML): VHISS by baseline, arm and visit"
_KAPLAN_MEIER = "Kaplan-Meier, log(-log) limits"
_BANG = "Right less wrong guesses (Bang)"
_JAMES = "Guesses weighed by agreement (James)"

STATISTICS = {
    statistic.key: statistic
    for statistic in (
        Statistic("n", "Patients with a value", "patients"),
        Statistic("n_missing", "Patients without a value", "patients"),
        Statistic("mean", "Mean", None),
        Statistic("sd", "Standard deviation", None, "n - 1"),
        Statistic("median", "Median", None),
        Statistic("q1_type7", "First quartile", None, "Quantile type 7"),
        Statistic("q3_type7", "Third quartile", None, "Quantile type 7"),
        Statistic("iqr_type7", "Interquartile range", None, "Quantile type 7"),
        Statistic("q1_type2", "First quartile", None, "Quantile type 2"),
        Statistic("q3_type2", "Third quartile", None, "Quantile type 2"),
        Statistic("iqr_type2", "Interquartile range", None, "Quantile type 2"),
        Statistic("min", "Minimum", None),
        Statistic("max", "Maximum", None),
        Statistic("sum", "Sum", None),
        Statistic("female", "Female", "patients"),
        Statistic("male", "Male", "patients"),
        Statistic("sex_missing", "Sex not known", "patients"),
        Statistic("x", "Patients", "patients"),
        Statistic("total", "Of", "patients"),
        Statistic("prop", "Proportion", "proportion"),
        Statistic("cp_lo", "95 % interval, lower", "proportion", _CLOPPER),
        Statistic("cp_hi", "95 % interval, upper", "proportion", _CLOPPER),
        Statistic("wilson_lo", "95 % interval, lower", "proportion", "Wilson score"),
        Statistic("wilson_hi", "95 % interval, upper", "proportion", "Wilson score"),
        Statistic("events", "Events", "events"),
        Statistic("diff", "Difference of proportions", "proportion"),
        Statistic("newcombe_lo", "95 % interval, lower", "proportion", _NEWCOMBE),
        Statistic("newcombe_hi", "95 % interval, upper", "proportion", _NEWCOMBE),
        Statistic("fisher_p", "p", "", _FISHER),
        Statistic("odds_ratio_cmle", "Odds ratio", "", _CONDITIONAL),
        Statistic("or_cmle_lo", "95 % interval, lower", "", _CONDITIONAL),
        Statistic("or_cmle_hi", "95 % interval, upper", "", _CONDITIONAL),
        Statistic("odds_ratio_sample", "Sample odds ratio", "", "Cross product"),
        Statistic("u_active", "Mann-Whitney U, active arm"),
        Statistic("u_reference", "Mann-Whitney U, reference arm"),
        Statistic("prob_index", "Probability index", "", "U / (m n)"),
        Statistic("z", "z", "", _NORMAL_RANKS),
        Statistic("mw_p", "p", "", "Mann-Whitney"),
        Statistic("mw_p_exact", "p", "", _EXACT_RANKS),
        Statistic("mw_p_exact_doubled", "p", "", f"{_EXACT_RANKS}, smaller tail doubled"),
        Statistic("mw_p_asym", "p", "", f"{_NORMAL_RANKS}, no continuity correction"),
        Statistic("mw_p_asym_cc", "p", "", f"{_NORMAL_RANKS}, continuity correction"),
        Statistic("hl_shift", "Shift", None, _SHIFT),
        Statistic("hl_lo", "95 % interval, lower", None, _SHIFT),
        Statistic("hl_hi", "95 % interval, upper", None, _SHIFT),
        Statistic("mean_diff", "Difference of means", None),
        Statistic("perm_p_exact", "p", "", _PERMUTATION),
        Statistic("perm_p_exact_doubled", "p", "", f"{_PERMUTATION}, smaller tail doubled"),
        Statistic("perm_p_asym", "p", "", "Permutation of means, normal approximation"),
        Statistic("welch_t", "t", "", "Welch"),
        Statistic("welch_df", "Degrees of freedom", "", "Welch-Satterthwaite"),
        Statistic("welch_p", "p", "", "Welch t test"),
        Statistic("welch_lo", "95 % interval, lower", None, "Welch t test"),
        Statistic("welch_hi", "95 % interval, upper", None, "Welch t test"),
        Statistic("pooled_t", "t", "", "Student, pooled variance"),
        Statistic("pooled_df", "Degrees of freedom", "", "Student, pooled variance"),
        Statistic("pooled_p", "p", "", "Student t test, pooled variance"),
        Statistic("pooled_lo", "95 % interval, lower", None, "Student t test, pooled variance"),
        Statistic("pooled_hi", "95 % interval, upper", None, "Student t test, pooled variance"),
        Statistic("n_pairs", "Complete pairs", "patients"),
        Statistic("n_zero", "Pairs without a change", "patients"),
        Statistic("v_positive", "Sum of positive ranks", "", _SIGNED),
        Statistic("w_min", "Smaller sum of ranks", "", _SIGNED),
        Statistic("wilcoxon_p", "p", "", _SIGNED),
        Statistic("wilcoxon_p_exact", "p", "", f"{_SIGNED}, exact given the ties"),
        Statistic("wilcoxon_p_asym", "p", "", f"{_SIGNED}, normal, no continuity correction"),
        Statistic("wilcoxon_p_asym_cc", "p", "", f"{_SIGNED}, normal, continuity correction"),
        Statistic("pratt_p_exact", "p", "", f"{_PRATT}, exact given the ties"),
        Statistic("pratt_p_asym", "p", "", f"{_PRATT}, normal, no continuity correction"),
        Statistic("sign_p", "p", "", "Sign test, exact"),
        Statistic("pseudomedian", "Pseudomedian", None, "Median of Walsh averages"),
        Statistic("paired_t", "t", "", "Paired t test"),
        Statistic("paired_p", "p", "", "Paired t test"),
        Statistic("paired_lo", "95 % interval, lower", None, "Paired t test"),
        Statistic("paired_hi", "95 % interval, upper", None, "Paired t test"),
        Statistic("threshold_t", "t", "", _THRESHOLD_T),
        Statistic("threshold_p", "p", "", _THRESHOLD_T),
        Statistic("threshold_lo", "95 % interval, lower", None, _THRESHOLD_T),
        Statistic("threshold_hi", "95 % interval, upper", None, _THRESHOLD_T),
        Statistic("threshold_wilcoxon_p", "p", "", f"{_SIGNED}, distance from the threshold"),
        Statistic("person_years", "Person-years", "years", "Days / 365.25"),
        Statistic("rate_per_year", "Annualized rate", "per person-year"),
        Statistic("rate_lo", "95 % interval, lower", "per person-year", _GARWOOD),
        Statistic("rate_hi", "95 % interval, upper", "per person-year", _GARWOOD),
        Statistic("rate_ratio", "Rate ratio"),
        Statistic("rate_ratio_lo", "95 % interval, lower", "", _CONDITIONAL_RATES),
        Statistic("rate_ratio_hi", "95 % interval, upper", "", _CONDITIONAL_RATES),
        Statistic("rate_ratio_p", "p", "", _CONDITIONAL_RATES),
        Statistic("rate_ratio_p_doubled", "p", "", f"{_CONDITIONAL_RATES}, smaller tail doubled"),
        Statistic("nb_identifiable", "Model identifiable (1 yes, 0 no)", "", _NEGATIVE_BINOMIAL),
        Statistic("nb_rate_ratio", "Rate ratio", "", _NEGATIVE_BINOMIAL),
        Statistic("nb_lo", "95 % interval, lower", "", _NEGATIVE_BINOMIAL),
        Statistic("nb_hi", "95 % interval, upper", "", _NEGATIVE_BINOMIAL),
        Statistic("nb_p", "p", "", _NEGATIVE_BINOMIAL),
        Statistic("nb_alpha", "Dispersion", "", _NEGATIVE_BINOMIAL),
        Statistic("nb_profile_lo", "95 % interval, lower", "", f"{_NEGATIVE_BINOMIAL_SHORT}, profile likelihood"),
        Statistic("nb_profile_hi", "95 % interval, upper", "", f"{_NEGATIVE_BINOMIAL_SHORT}, profile likelihood"),
        Statistic("nb_lr_p", "p", "", f"{_NEGATIVE_BINOMIAL_SHORT}, likelihood ratio"),
        Statistic("nb_observed_lo", "95 % interval, lower", "", f"{_NEGATIVE_BINOMIAL_SHORT}, observed information"),
        Statistic("nb_observed_hi", "95 % interval, upper", "", f"{_NEGATIVE_BINOMIAL_SHORT}, observed information"),
        Statistic("nb_observed_p", "p", "", f"{_NEGATIVE_BINOMIAL_SHORT}, observed information"),
        Statistic("poisson_lo", "95 % interval, lower", "", f"{_POISSON}, Wald"),
        Statistic("poisson_hi", "95 % interval, upper", "", f"{_POISSON}, Wald"),
        Statistic("poisson_p", "p", "", f"{_POISSON}, Wald"),
        Statistic("poisson_se", "Standard error of the log ratio", "", _POISSON),
        Statistic("poisson_dispersion", "Dispersion", "", f"{_POISSON}, Pearson"),
        Statistic("poisson_quasi_se", "Standard error of the log ratio", "", f"{_POISSON}, times root of dispersion"),
        Statistic("poisson_robust_se", "Standard error of the log ratio", "", f"{_POISSON}, sandwich HC0"),
        Statistic("freeman_halton_p", "p", "", "Freeman-Halton, exact on arm by count"),
        Statistic("chisq", "Chi-square", "", _CHI_SQUARE),
        Statistic("chisq_df", "Degrees of freedom", "", _CHI_SQUARE),
        Statistic("chisq_p", "p", "", _CHI_SQUARE),
        Statistic("adjusted_mean", "Adjusted mean", None, _ANCOVA),
        Statistic("adjusted_mean_lo", "95 % interval, lower", None, _ANCOVA),
        Statistic("adjusted_mean_hi", "95 % interval, upper", None, _ANCOVA),
        Statistic("ancova_diff", "Adjusted difference", None, _ANCOVA),
        Statistic("ancova_se", "Standard error", None, _ANCOVA),
        Statistic("ancova_se_hc3", "Robust standard error", None, f"{_ANCOVA}, HC3"),
        Statistic("ancova_lo", "95 % interval, lower", None, _ANCOVA),
        Statistic("ancova_hi", "95 % interval, upper", None, _ANCOVA),
        Statistic("ancova_t", "t", "", _ANCOVA),
        Statistic("ancova_p", "p", "", _ANCOVA),
        Statistic("slope", "Slope", None, _ANCOVA),
        Statistic("slope_se", "Standard error", None, _ANCOVA),
        Statistic("slope_lo", "95 % interval, lower", None, _ANCOVA),
        Statistic("slope_hi", "95 % interval, upper", None, _ANCOVA),
        Statistic("slope_se_hc3", "Robust standard error", None, f"{_ANCOVA}, HC3"),
        Statistic("slope_p", "p", "", _ANCOVA),
        Statistic("interaction", "Difference of slopes", None, _ANCOVA),
        Statistic("interaction_se", "Standard error", None, _ANCOVA),
        Statistic("interaction_se_hc3", "Robust standard error", None, f"{_ANCOVA}, HC3"),
        Statistic("interaction_lo", "95 % interval, lower", None, _ANCOVA),
        Statistic("interaction_hi", "95 % interval, upper", None, _ANCOVA),
        Statistic("interaction_p", "p", "", _ANCOVA),
        Statistic("baseline_slope", "Slope, baseline", None, _ANCOVA),
        Statistic("baseline_slope_se", "Standard error", None, _ANCOVA),
        Statistic("baseline_slope_se_hc3", "Robust standard error", None, f"{_ANCOVA}, HC3"),
        Statistic("baseline_slope_lo", "95 % interval, lower", None, _ANCOVA),
        Statistic("baseline_slope_hi", "95 % interval, upper", None, _ANCOVA),
        Statistic("baseline_slope_p", "p", "", _ANCOVA),
        *(
            Statistic(f"{kind}_{term}_{number}", f"{number.replace('f', 'F')}, {term}", "", f"{_ANCOVA}, {words}")
            for kind, words in (("type2", "type II"), ("type3", _TYPE_THREE))
            for term in ("covariate", "baseline", "arm", "interaction")
            for number in ("f", "p")
        ),
        Statistic("mm_diff", "Difference", None, _MIXED),
        Statistic("mm_se", "Standard error", None, _MIXED),
        Statistic("mm_lo", "95 % interval, lower", None, f"{_MIXED}, normal"),
        Statistic("mm_hi", "95 % interval, upper", None, f"{_MIXED}, normal"),
        Statistic("mm_p", "p", "", f"{_MIXED}, normal"),
        Statistic("mm_df", "Degrees of freedom", "", f"{_MIXED}, Satterthwaite"),
        Statistic("mm_p_satterthwaite", "p", "", f"{_MIXED}, t with Satterthwaite's degrees of freedom"),
        Statistic("mm_se_kr", "Standard error", None, f"{_MIXED}, Kenward-Roger"),
        Statistic("mm_df_kr", "Degrees of freedom", "", f"{_MIXED}, Kenward-Roger"),
        Statistic("mm_p_kr", "p", "", f"{_MIXED}, t after Kenward-Roger"),
        Statistic("mm_df_residual", "Degrees of freedom", "", f"{_MIXED}, residual"),
        Statistic("mm_p_residual", "p", "", f"{_MIXED}, t with residual degrees of freedom"),
        Statistic("mm_observations", "Scores", "scores", _MIXED),
        Statistic("mm_sd_patient", "Standard deviation between patients", None, _MIXED),
        Statistic("mm_sd_residual", "Standard deviation within patients", None, _MIXED),
        *(
            Statistic(f"mm_{term}_{number}", f"{label}, {words}", "", f"{_MIXED}, type III, Satterthwaite")
            for term, label in (
                ("baseline", "Baseline"),
                ("arm", "Arm"),
                ("visit", "Visit"),
                ("interaction", "Arm by visit"),
            )
            for number, words in (("f", "F"), ("p", "p"))
        ),
        *(
            Statistic(
                f"watch_{rate}",
                f"Least patients whose lower limit lies above {rate} %",
                "patients",
                _CLOPPER,
            )
            for rate in (5, 10, 20)
        ),
        Statistic("sd_lo", "95 % interval, lower", None, "Chi-square, normal values"),
        Statistic("sd_hi", "95 % interval, upper", None, "Chi-square, normal values"),
        *(
            Statistic(
                f"{key}_{power}", f"{words}, power {power} %", unit, "Both arms as one sample, normal approximation"
            )
            for key, words, unit in (
                ("detectable", "Detectable difference", None),
                ("needed", "Patients needed for one unit", "patients"),
            )
            for power in (80, 90)
        ),
        Statistic("std_diff", "Standardized difference", None, "Hedges' g"),
        Statistic("std_lo", "95 % interval, lower", None, "Hedges' g, normal"),
        Statistic("std_hi", "95 % interval, upper", None, "Hedges' g, normal"),
        Statistic("n_event", "Patients with an event", "patients", _KAPLAN_MEIER),
        Statistic("n_risk", "Patients at risk", "patients", _KAPLAN_MEIER),
        Statistic("survival", "Without an event", "proportion", _KAPLAN_MEIER),
        Statistic("survival_lo", "95 % interval, lower", "proportion", _KAPLAN_MEIER),
        Statistic("survival_hi", "95 % interval, upper", "proportion", _KAPLAN_MEIER),
        Statistic("median_time", "Median time", "days", _KAPLAN_MEIER),
        Statistic("hazard_ratio", "Hazard ratio", "", _COX),
        Statistic("hazard_ratio_lo", "95 % interval, lower", "", _COX),
        Statistic("hazard_ratio_hi", "95 % interval, upper", "", _COX),
        Statistic("hazard_ratio_p", "p", "", _COX),
        Statistic("hazard_ratio_p_lr", "p", "", "Proportional hazards (Cox), ties after Efron, likelihood ratio"),
        Statistic("hazard_ratio_p_score", "p", "", "Proportional hazards (Cox), ties after Efron, score"),
        Statistic("breslow_ratio", "Hazard ratio", "", _BRESLOW),
        Statistic("breslow_lo", "95 % interval, lower", "", _BRESLOW),
        Statistic("breslow_hi", "95 % interval, upper", "", _BRESLOW),
        Statistic("breslow_p", "p", "", _BRESLOW),
        Statistic("expected_events", "Patients with an event, expected", "patients", "Log-rank test"),
        Statistic("logrank_chisq", "Chi-square", "", "Log-rank test"),
        Statistic("logrank_p", "p", "", "Log-rank test"),
        Statistic("question_p", "p of the whole question", "", "Freeman-Halton, whole question, exact"),
        Statistic("bang", "Bang's index", "", _BANG),
        Statistic("bang_lo", "95 % interval, lower", "", f"{_BANG}, normal"),
        Statistic("bang_hi", "95 % interval, upper", "", f"{_BANG}, normal"),
        Statistic("james", "James' index", "", _JAMES),
        Statistic("james_lo", "95 % interval, lower", "", f"{_JAMES}, normal"),
        Statistic("james_hi", "95 % interval, upper", "", f"{_JAMES}, normal"),
    )
}
"""Every statistic that a row may hold, except the count of patients per value, which is open-ended."""


@dataclass(frozen=True, kw_only=True)
class StatisticRow:
    """One number. `value` None is undefined or not estimable, `note` then says why."""

    family: str
    outcome: str
    outcome_label: str
    visit: str | None
    group: str
    """Key of a group or of a comparison."""
    analysis: str
    """Which patients or which version of the outcome, for example completers or change."""
    statistic: str
    value: Value
    label: str
    unit: str
    method: str
    n: int
    """Patients the number rests on."""
    day: float | None = None
    """Study day, where the number belongs to a day and not to a visit."""
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class RowContext:
    """What the rows of one result have in common."""

    family: str
    outcome: str
    outcome_label: str
    unit: str
    group: str
    n: int
    analysis: str = "observed"
    visit: str | None = None
    day: float | None = None

    def write(self, values: Mapping[str, Value], note: str = "") -> Iterator[StatisticRow]:
        """Rows for these statistics, by their key."""
        for key, value in values.items():
            yield self._write_one(STATISTICS[key], value, note)

    def write_patients_with(self, count: int, patients: int) -> StatisticRow:
        """How many patients had exactly this count."""
        statistic = Statistic(f"patients_with_{count}", f"Patients with {count}", "patients")
        return self._write_one(statistic, patients, "")

    def on(self, day: float, analysis: str) -> "RowContext":
        """The same for one study day."""
        return replace(self, day=day, analysis=analysis)

    def _write_one(self, statistic: Statistic, value: Value, note: str) -> StatisticRow:
        return StatisticRow(
            family=self.family,
            outcome=self.outcome,
            outcome_label=self.outcome_label,
            visit=self.visit,
            group=self.group,
            analysis=self.analysis,
            statistic=statistic.key,
            value=None if value is None else float(value),
            label=statistic.label,
            unit=self.unit if statistic.unit is None else statistic.unit,
            method=statistic.method,
            n=self.n,
            day=self.day,
            note=note or (UNAVAILABLE if value is None else ""),
        )


@dataclass(frozen=True, eq=False)
class Summary:
    """The rows of one family, and the values per patient they were computed from.

    `patients` names each patient's group, never an arm: in a blinded report it holds none. `terms` has a line for each patient and
    term of an event (subject, term, events); it is empty in all families but that of adverse events.
    """

    family: str
    rows: tuple[StatisticRow, ...]
    patients: pd.DataFrame
    terms: pd.DataFrame = field(default_factory=pd.DataFrame)

    def select(self, **wanted: str | float | None) -> tuple[StatisticRow, ...]:
        """The rows whose fields have these values, in order."""
        return tuple(row for row in self.rows if all(getattr(row, field) == value for field, value in wanted.items()))

    def find(self, **wanted: str | float | None) -> StatisticRow:
        """The one row with these values; refuses none and several."""
        found = self.select(**wanted)
        if len(found) != 1:
            raise LookupError(f"{len(found)} rows have {wanted}.")
        return found[0]

    def value(self, **wanted: str | float | None) -> Value:
        return self.find(**wanted).value


def make_row_table(rows: Iterable[StatisticRow]) -> pd.DataFrame:
    """Rows as a table with one column per field, for export."""
    names = [field.name for field in fields(StatisticRow)]
    return pd.DataFrame([[getattr(row, n) for n in names] for row in rows], columns=names)
