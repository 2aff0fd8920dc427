"""Time to the first relapse: by its day of onset, and by the planned day of the visit that reported it."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from endpoints.document.blocks import Block
from endpoints.document.cohort import COMPARED, Cohort, Mask
from endpoints.results import Paths, read_values
from endpoints.statistics.numbers import FloatArray
from endpoints.statistics.proportional_hazards import Ties, compute_hazard_ratio
from endpoints.statistics.survival import Scale, SurvivalCurve, compute_kaplan_meier, compute_log_rank, read_landmark

_SCALES: tuple[Scale, ...] = ("log", "log-log", "plain")
_LOG_RANK: Paths = {
    "chisq": "chi_square",
    "p": "p",
    "observed_sham": "observed_second",
    "observed_treated": "observed_first",
    "expected_sham": "expected_second",
    "expected_treated": "expected_first",
}
_COX: Paths = {
    "log_hr": "log_ratio",
    "hr": "ratio",
    "lo": "interval.low",
    "hi": "interval.high",
    "se": "standard_error",
    "p_wald": "p",
    "p_lr": "p_likelihood_ratio",
    "p_score": "p_score",
}


@dataclass(frozen=True, eq=False)
class RelapseTimes:
    """Per patient: day of the first relapse or of the end of observation (NaN: not observed), and whether it was one."""

    times: FloatArray
    is_event: Mask


def write_relapse_times(cohort: Cohort) -> Block:
    """Both versions of the analysis."""
    return {
        "onset_day": _analyze(cohort, derive_by_onset(cohort)),
        "nominal_visit_day": _analyze(cohort, derive_by_visit(cohort)),
    }


def derive_by_onset(cohort: Cohort) -> RelapseTimes:
    """First onset from day 0 on; else the last visit after the baseline at which relapses were asked about."""
    last = np.full(len(cohort.subjects), np.nan)
    for visit in cohort.plan.visits_after_baseline:
        asked = ~np.isnan(cohort.values("relapses", visit))
        last = np.fmax(last, np.where(asked, cohort.values("study_day", visit), np.nan))
    relapses = cohort.facts.relapses
    since = relapses[relapses["onset_day"] >= 0]
    first = np.full(len(last), np.inf)
    np.minimum.at(first, cohort.find(since["subject"]), since["onset_day"].to_numpy(dtype=np.float64))
    is_event = np.isfinite(first) & ~np.isnan(last)
    return RelapseTimes(np.where(is_event, first, last), is_event)


def derive_by_visit(cohort: Cohort) -> RelapseTimes:
    """Planned day of the first visit that reports a relapse; else of the last visit that asked."""
    last, first = np.full(len(cohort.subjects), np.nan), np.full(len(cohort.subjects), np.inf)
    for visit, day in _list_planned_days(cohort):
        relapses = cohort.values("relapses", visit)
        last[~np.isnan(relapses)] = day
        first = np.where(relapses > 0, np.minimum(first, day), first)
    is_event = np.isfinite(first)
    return RelapseTimes(np.where(is_event, first, last), is_event)


def _list_planned_days(cohort: Cohort) -> list[tuple[str, int]]:
    """Visits after the baseline with their planned day; the ones before the first count stand for the day after."""
    plan = cohort.plan
    counted = dict(zip(plan.count_visits, plan.landmark_days, strict=True))
    return [(visit, counted.get(visit, plan.early_safety_days)) for visit in plan.visits_after_baseline]


def _analyze(cohort: Cohort, derived: RelapseTimes) -> Block:
    observed = ~np.isnan(derived.times)
    groups = [
        (derived.times[members].tolist(), derived.is_event[members].tolist())
        for members in (cohort.members[arm] & observed for arm in COMPARED)
    ]
    (treated, treated_events), (sham, sham_events) = groups
    return {
        "by_arm": {
            arm: _estimate(cohort, derived.times[members & observed], derived.is_event[members & observed])
            for arm, members in cohort.members.items()
        },
        "logrank": read_values(compute_log_rank(treated, treated_events, sham, sham_events), _LOG_RANK),
        **{f"cox_{ties}": _fit_cox(groups, ties) for ties in ("efron", "breslow")},
        "per_patient": [
            {"subject": subject, "time": time, "event": int(is_event)}
            for subject, time, is_event, is_observed in zip(
                cohort.subjects, derived.times.tolist(), derived.is_event.tolist(), observed.tolist(), strict=True
            )
            if is_observed
        ],
    }


def _fit_cox(groups: list[tuple[list[float], list[bool]]], ties: Any) -> Block:
    (treated, treated_events), (sham, sham_events) = groups
    chosen: Ties = ties
    return read_values(compute_hazard_ratio(treated, treated_events, sham, sham_events, ties=chosen), _COX)


def _estimate(cohort: Cohort, times: FloatArray, is_event: Mask) -> Block:
    curve = compute_kaplan_meier(times.tolist(), is_event.tolist())
    days = cohort.plan.landmark_days
    name = "_".join(str(day) for day in days)
    return {
        "n": curve.n,
        "events": curve.n_event,
        **{f"at_{name}_{scale}": _read_landmarks(curve, days, scale) for scale in _SCALES},
        "steps": _list_steps(curve),
        "median": curve.find_quantile(0.5),
        "q10": curve.find_quantile(0.1),
    }


def _read_landmarks(curve: SurvivalCurve, days: tuple[int, ...], scale: Scale) -> Block:
    found = [read_landmark(curve, day, scale) if curve.n else None for day in days]
    fields = {"surv": "survival", "std_err": "std_err", "lo": "low", "hi": "high", "n_risk": "n_risk"}
    rows = [read_values(landmark, fields) for landmark in found]
    return {name: [row[name] for row in rows] for name in fields}


def _list_steps(curve: SurvivalCurve) -> Block:
    """The days with a relapse. A curve with one step has numbers in place of lists."""
    fields = {"time": "time", "n_risk": "n_risk", "n_event": "n_event", "surv": "survival", "std_err": "std_err"}
    rows = [read_values(step, fields) for step in curve.steps if step.n_event]
    columns = {name: [row[name] for row in rows] for name in fields}
    return {name: values[0] if len(values) == 1 else values for name, values in columns.items()}
