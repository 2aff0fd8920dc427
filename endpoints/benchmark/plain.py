"""The analysis plan as a plain script: pandas, SciPy and statsmodels called one after the other, without our statistics.

The floor of the benchmark. What these libraries do not have (exact tests with ties and zeros, profile intervals,
permutation of counts, the unstructured mixed model and degrees of freedom of any) is left out of it, and so are the two
things that they have but that take them longer than all the rest at 10,000 patients: `fit_course` and
`estimate_odds`. So the floor is cheaper than the work it is compared with.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy import stats
from statsmodels.discrete.discrete_model import NegativeBinomial
from statsmodels.duration.hazard_regression import PHReg
from statsmodels.duration.survfunc import SurvfuncRight, survdiff
from statsmodels.regression.mixed_linear_model import MixedLM
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from endpoints.facts import OUTCOMES, AnalysisPlan, TrialFacts

Found = dict[Any, Any]
Wide = dict[str, pd.DataFrame]
"""By outcome: a row per patient, a column per visit."""

ARMS = ("open", "treated", "sham")
_MOST_PAIRS = 1_000_000
"""More pairwise differences than this do not fit into a script's memory; the shift is left out then."""


def compute_plainly(facts: TrialFacts) -> Found:
    """The parts of the plan under their names, undefined numbers as NaN."""
    visits = facts.visits
    patients = visits.groupby("subject")[["arm", "sex", "age"]].first()
    wide = {name: visits.pivot(index="subject", columns="visit", values=name) for name in (*OUTCOMES, "study_day")}
    return {
        "demographics": patients.groupby("arm").agg({"age": ["count", "mean", "std", "median"], "sex": "count"}),
        "descriptives": _describe(visits),
        "vhiss_response": _respond(wide, patients, facts.plan),
        "phase1_paired": _test_open(wide, patients, facts.plan),
        "counts": {
            name: _count(name, wide, patients, facts.plan) for name in ("new_ce_lesions", "new_t2_lesions", "relapses")
        },
        "ancova_t2": _model_lesions(wide, patients, facts.plan),
        "change": _compare_changes(wide, patients, facts.plan),
        "time_to_first_relapse": _time_relapses(facts, wide, patients),
        "adverse_events": _count_events(facts, patients),
    }


def _describe(visits: pd.DataFrame) -> Found:
    found = {}
    for outcome in OUTCOMES:
        for key, values in visits.groupby(["arm", "visit"])[outcome]:
            seen = values.dropna().to_numpy()
            if len(seen):
                found[outcome, *key] = {
                    "n": len(seen),
                    "mean": seen.mean(),
                    "sd": seen.std(ddof=1) if len(seen) > 1 else np.nan,
                    "type7": np.percentile(seen, [0, 25, 50, 75, 100]),
                    "type2": np.percentile(seen, [25, 50, 75], method="averaged_inverted_cdf"),
                }
    return found


def _split(values: "pd.Series[float]", patients: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    arm = patients["arm"].reindex(values.index)
    treated, sham = (values[(arm == name) & values.notna()].to_numpy() for name in ("treated", "sham"))
    return treated, sham


def _compare_proportions(treated: np.ndarray, sham: np.ndarray) -> Found:
    """Of 0 and 1 in both arms."""
    events, sizes = (int(treated.sum()), int(sham.sum())), (len(treated), len(sham))
    if not all(sizes):
        return {}
    table = [[events[0], sizes[0] - events[0]], [events[1], sizes[1] - events[1]]]
    return {
        "exact": [proportion_confint(x, n, method="beta") for x, n in zip(events, sizes, strict=True)],
        "wilson": [proportion_confint(x, n, method="wilson") for x, n in zip(events, sizes, strict=True)],
        "newcombe": confint_proportions_2indep(events[0], sizes[0], events[1], sizes[1], method="newcomb"),
        "fisher": stats.fisher_exact(table).pvalue,
        "odds_ratio": stats.contingency.odds_ratio(table, kind="sample").statistic,
    }


def _compare_values(treated: np.ndarray, sham: np.ndarray) -> Found:
    if len(treated) < 2 or len(sham) < 2:
        return {}
    found: Found = {
        "asymptotic": stats.mannwhitneyu(treated, sham, method="asymptotic", use_continuity=False).pvalue,
        "corrected": stats.mannwhitneyu(treated, sham, method="asymptotic").pvalue,
        "welch": stats.ttest_ind(treated, sham, equal_var=False).pvalue,
        "pooled": stats.ttest_ind(treated, sham).pvalue,
    }
    if len(treated) * len(sham) <= _MOST_PAIRS:
        found["shift"] = np.median(np.subtract.outer(treated, sham))
    return found


def _test_within(values: np.ndarray) -> Found:
    if len(values) < 2 or not np.any(values):
        return {}
    return {
        "asymptotic": stats.wilcoxon(values, method="asymptotic", correction=False).pvalue,
        "corrected": stats.wilcoxon(values, method="asymptotic", correction=True).pvalue,
        "pratt": stats.wilcoxon(values, zero_method="pratt", method="asymptotic").pvalue,
        "t": stats.ttest_1samp(values, 0).pvalue,
        "sign": stats.binomtest(int((values > 0).sum()), int((values != 0).sum())).pvalue,
    }


def _respond(wide: Wide, patients: pd.DataFrame, plan: AnalysisPlan) -> Found:
    scores = wide["vhiss"]
    before, after = scores[plan.baseline_visit], scores[plan.response_visit]
    responds = ((before - after) > float(plan.response_threshold) * before).astype(float)
    observed = responds.where((before > 0) & after.notna())
    percent = {visit: 100 * (scores[visit] - before) / before.where(before > 0) for visit in plan.course_visits}
    return {
        "observed": _compare_proportions(*_split(observed, patients)),
        "imputed": _compare_proportions(*_split(responds, patients)),
        "percent": _compare_values(*_split(percent[plan.response_visit], patients)),
        "course": {visit: values.groupby(patients["arm"]).describe() for visit, values in percent.items()},
    }


def _list_changes(wide: Wide, outcome: str, visit: str, plan: AnalysisPlan) -> "pd.Series[float]":
    values = wide[outcome][visit]
    return values if OUTCOMES[outcome].is_change else (values - wide[outcome][plan.baseline_visit]).round(10)


def _test_open(wide: Wide, patients: pd.DataFrame, plan: AnalysisPlan) -> Found:
    is_open = patients["arm"] == "open"
    outcomes = [outcome for outcome in OUTCOMES if OUTCOMES[outcome].kind != "count"]
    return {
        (outcome, visit): _test_within(_list_changes(wide, outcome, visit, plan)[is_open].dropna().to_numpy())
        for outcome in outcomes
        for visit in plan.visits_after_baseline
    }


def _count(outcome: str, wide: Wide, patients: pd.DataFrame, plan: AnalysisPlan) -> Found:
    counts = wide[outcome][list(plan.count_visits)]
    days = wide["study_day"][list(plan.count_visits)].where(counts.notna()).max(axis=1)
    total = counts.sum(axis=1, min_count=1)
    completes = counts[plan.final_visit].notna()
    return {
        "available": _analyze_counts(total, days / 365.25, patients),
        "completers": _analyze_counts(total.where(completes), (days / 365.25).where(completes), patients),
    }


def _analyze_counts(total: "pd.Series[float]", years: "pd.Series[float]", patients: pd.DataFrame) -> Found:
    treated, sham = _split(total, patients)
    times, others = _split(years, patients)
    found = {
        "by_arm": total.groupby(patients["arm"]).describe(),
        "any": _compare_proportions(treated > 0, sham > 0),
        "values": _compare_values(treated, sham),
    }
    if not (len(treated) and len(sham) and treated.sum() and sham.sum()):
        return found
    events, share = (int(treated.sum()), int(sham.sum())), times.sum() / (times.sum() + others.sum())
    rate = stats.binomtest(events[0], sum(events), share)
    exposed, counted = np.concatenate([times, others]), np.concatenate([treated, sham])
    design = sm.add_constant(np.repeat([1.0, 0.0], [len(treated), len(sham)]))
    poisson = sm.GLM(counted, design, family=sm.families.Poisson(), offset=np.log(exposed)).fit()
    return found | {
        "table": stats.chi2_contingency(pd.crosstab(counted, design[:, 1]), correction=False).pvalue,
        "rate": (rate.pvalue, rate.proportion_ci()),
        "poisson": (poisson.params[1], poisson.bse[1]),
        "negative_binomial": [_fit_negative_binomial(counted, design, exposed) for _ in ("actual", "nominal")],
    }


def _fit_negative_binomial(counted: np.ndarray, design: np.ndarray, exposed: np.ndarray) -> Found:
    fit = NegativeBinomial(counted, design, offset=np.log(exposed)).fit(disp=False, maxiter=100)
    return {"log_ratio": fit.params[1], "dispersion": fit.params[2], "log_likelihood": fit.llf}


def _regress(outcome: "pd.Series[float]", columns: dict[str, "pd.Series[float]"]) -> Any:
    frame = pd.DataFrame({"outcome": outcome, **columns}).dropna()
    if len(frame) <= len(columns) + 1 or frame["arm"].nunique() < 2:
        return None
    fit = sm.OLS(frame["outcome"].to_numpy(), sm.add_constant(frame[list(columns)].to_numpy())).fit()
    point = np.array([[1.0, *frame[list(columns)].mean()]] * 2)
    point[:, list(columns).index("arm") + 1] = (1, 0)
    return {
        "fit": fit,
        "interval": fit.conf_int(),
        "hc3": fit.HC3_se,
        "p": fit.pvalues,
        "means": fit.get_prediction(point).summary_frame(),
    }


def _mark_arm(patients: pd.DataFrame) -> "pd.Series[float]":
    return (patients["arm"] == "treated").astype(float).where(patients["arm"] != "open")


def _model_lesions(wide: Wide, patients: pd.DataFrame, plan: AnalysisPlan) -> Found:
    lesions = wide["new_t2_lesions"][list(plan.count_visits)].sum(axis=1, min_count=1)
    change, arm = _list_changes(wide, "vhiss", plan.final_visit, plan), _mark_arm(patients)
    baseline = wide["vhiss"][plan.baseline_visit]
    return {
        "a": _regress(lesions, {"change": change, "arm": arm}),
        "b": _regress(lesions, {"change": change, "baseline": baseline, "arm": arm}),
        "c": _regress(lesions, {"change": change, "product": change * arm, "arm": arm}),
    }


def _compare_changes(wide: Wide, patients: pd.DataFrame, plan: AnalysisPlan) -> Found:
    found, arm = {}, _mark_arm(patients)
    for outcome in ("edss", "pbvc", "sdmt", "pasat", "msqol_physical", "msqol_mental"):
        for visit in plan.change_visits:
            change, is_change = _list_changes(wide, outcome, visit, plan), OUTCOMES[outcome].is_change
            known = {} if is_change else {"baseline": wide[outcome][plan.baseline_visit]}
            found[outcome, visit] = {
                "by_arm": change.groupby(patients["arm"]).describe(),
                "values": _compare_values(*_split(change, patients)),
                "within": [_test_within(change[patients["arm"] == name].dropna().to_numpy()) for name in ARMS],
                "ancova": _regress(wide[outcome][visit], {**known, "arm": arm}),
            }
    return found


def _time_relapses(facts: TrialFacts, wide: Wide, patients: pd.DataFrame) -> Found:
    after = list(facts.plan.visits_after_baseline)
    last = wide["study_day"][after].where(wide["relapses"][after].notna()).max(axis=1)
    first = facts.relapses[facts.relapses["onset_day"] >= 0].groupby("subject")["onset_day"].min().reindex(last.index)
    frame = pd.DataFrame({"time": first.fillna(last), "event": first.notna() & last.notna(), "arm": patients["arm"]})
    compared = frame[last.notna() & (frame["arm"] != "open")]
    curves = {
        name: SurvfuncRight(rows["time"], rows["event"].astype(int))
        for name, rows in frame[last.notna()].groupby("arm")
    }
    found: Found = {"curves": {name: curve.summary() for name, curve in curves.items()}}
    if compared.groupby("arm")["event"].any().all() and compared["arm"].nunique() == 2:
        is_treated = (compared["arm"] == "treated").astype(float).to_numpy()[:, None]
        found["log_rank"] = survdiff(compared["time"], compared["event"].astype(int), compared["arm"])
        for ties in ("efron", "breslow"):
            fit = PHReg(compared["time"].to_numpy(), is_treated, compared["event"].to_numpy(int), ties=ties).fit()
            found[ties] = (fit.params[0], fit.bse[0], fit.pvalues[0])
    return found


def _count_events(facts: TrialFacts, patients: pd.DataFrame) -> Found:
    events = facts.adverse_events
    events = events[events["onset_day"].isna() | (events["onset_day"] >= 0)].assign(
        term=events["term"].str.strip().str.casefold()
    )
    serious, related, grade, day = (events[name] for name in ("serious", "related", "ctcae_grade", "onset_day"))
    chosen = {
        "any": events["subject"].notna(),
        "serious": serious == "Y",
        "related": related == "Y",
        "serious_related": (serious == "Y") & (related == "Y"),
        "grade_3": grade >= 3,
        "early": day <= facts.plan.early_safety_days,
        "late": day <= facts.plan.late_safety_days,
    }
    sets = {name: events.loc[rows, "subject"].unique() for name, rows in chosen.items()}
    sets |= {str(term): subjects.unique() for term, subjects in events.groupby("term")["subject"]}
    worst = events.groupby("subject")["ctcae_grade"].max()
    sets |= {f"worst_{grade}": worst.index[worst == grade].to_numpy() for grade in range(1, 6)}
    sets |= {f"worst_from_{grade}": worst.index[worst >= grade].to_numpy() for grade in (2, 3)}
    sets["worst_missing"] = worst.index[worst.isna()].to_numpy()
    return dict(_count_patients(sets, patients))


def _count_patients(sets: dict[str, np.ndarray], patients: pd.DataFrame) -> Iterator[tuple[str, Found]]:
    for name, subjects in sets.items():
        has_event = pd.Series(patients.index.isin(subjects), index=patients.index).astype(float)
        yield name, _compare_proportions(*_split(has_event, patients))


def estimate_odds(table: list[list[int]]) -> tuple[float, float, float]:
    """Conditional odds ratio of a 2 x 2 table with its exact limits."""
    found = stats.contingency.odds_ratio(table, kind="conditional")
    interval = found.confidence_interval()
    return found.statistic, interval.low, interval.high


def fit_course(facts: TrialFacts) -> Found:
    """The random intercept model of the VHISS; empty where it has no data to stand on."""
    visits, plan = facts.visits, facts.plan
    scores = visits[visits["visit"].isin(plan.course_visits) & (visits["arm"] != "open")]
    baseline = visits[visits["visit"] == plan.baseline_visit].set_index("subject")["vhiss"]
    frame = scores.assign(baseline=scores["subject"].map(baseline)).dropna(subset=["vhiss", "baseline"])
    if frame["arm"].nunique() < 2 or frame["visit"].nunique() < len(plan.course_visits):
        return {}
    is_treated = (frame["arm"] == "treated").to_numpy(float)
    later = [(frame["visit"] == visit).to_numpy(float) for visit in plan.course_visits[1:]]
    design = [
        np.ones(len(frame)),
        frame["baseline"].to_numpy(float),
        is_treated,
        *later,
        *(is_treated * visit for visit in later),
    ]
    fit = MixedLM(frame["vhiss"].to_numpy(), np.column_stack(design), groups=frame["subject"].to_numpy()).fit(reml=True)
    return {
        "fixed": fit.fe_params,
        "errors": fit.bse_fe,
        "variance": float(np.ravel(fit.cov_re)[0]),
        "residual": fit.scale,
    }
