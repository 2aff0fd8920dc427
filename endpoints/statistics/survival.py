"""Time to an event: Kaplan-Meier curve and log-rank test."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats

from endpoints.statistics.numbers import CONFIDENCE, FloatArray, IntArray, Interval


@dataclass(frozen=True)
class SurvivalStep:
    """The curve from `time` on. `std_err` is Greenwood's.

    The interval is None where it is undefined: before the first event and once nobody is left.
    """

    time: float
    n_risk: int
    n_event: int
    n_censored: int
    survival: float
    std_err: float | None
    interval: Interval | None


@dataclass(frozen=True)
class SurvivalCurve:
    """Kaplan-Meier estimate of one group, one step per distinct time."""

    n: int
    n_event: int
    steps: tuple[SurvivalStep, ...]
    last_time: float | None

    @property
    def median(self) -> float | None:
        """First time at which at most half are without event; None while more are."""
        return next((step.time for step in self.steps if step.survival <= 0.5), None)

    def find_quantile(self, part: float) -> float | None:
        """First time at which at least this part had the event; where the curve is level there, the middle of that piece.

        As R's survfit does it, after Brookmeyer and Crowley, Biometrics 1982;38:29-41; that includes its comparison to
        the last bit of whether the curve ever falls so far, by which one event in ten patients has no 10th percentile.
        """
        if not self.steps or max(1 - step.survival for step in self.steps) < part:
            return None
        level = 1 - part
        reached = [step for step in self.steps if step.survival <= level + _LEVEL]
        if not reached:
            return None
        below = [step for step in reached if step.survival < level - _LEVEL]
        if len(below) == len(reached):
            return reached[0].time
        end = below[0].time if below else self.steps[-1].time
        return (reached[0].time + end) / 2

    def at(self, time: float) -> SurvivalStep | None:
        """The curve on a day; None after the last observation unless everyone had the event."""
        if self.last_time is None:
            return None
        past = [step for step in self.steps if step.time <= time]
        if not past:
            return SurvivalStep(time, self.n, 0, 0, 1.0, 0.0, None)
        if time > self.last_time and past[-1].survival > 0:
            return None
        return past[-1]

    def count_at_risk(self, time: float) -> int:
        """Patients observed on that day or longer."""
        gone = [s.n_event + s.n_censored for s in self.steps if s.time < time]
        return self.n - sum(gone)


_LEVEL = 1e-8
"""Survival that differs by less is the same: products of fractions round."""

Scale = Literal["log", "log-log", "plain"]


@dataclass(frozen=True)
class Landmark:
    """Survival on a day, the curve held at its last value, with limits on one scale. None where undefined."""

    survival: float
    std_err: float | None
    low: float | None
    high: float | None
    n_risk: int


def read_landmark(curve: SurvivalCurve, day: float, scale: Scale) -> Landmark:
    """The curve on a day, also after the last observation, with limits by one of three transformations.

    Kalbfleisch and Prentice, The Statistical Analysis of Failure Time Data, section 1.4. Before the first observation
    everything is certain.
    """
    past = [step for step in curve.steps if step.time <= day]
    n_risk = curve.count_at_risk(day)
    if not past:
        return Landmark(1.0, 0.0, 1.0, 1.0, n_risk)
    step = past[-1]
    if step.std_err is None:
        return Landmark(step.survival, None, None, None, n_risk)
    low, high = _compute_limits(step, scale)
    return Landmark(step.survival, step.std_err, low, high, n_risk)


def _compute_limits(step: SurvivalStep, scale: Scale) -> tuple[float | None, float | None]:
    if scale == "log-log":
        return (step.interval.low, step.interval.high) if step.interval else (None, None)
    reach = float(stats.norm.ppf((1 + CONFIDENCE) / 2)) * (step.std_err or 0.0)
    if scale == "plain":
        return max(0.0, step.survival - reach), min(1.0, step.survival + reach)
    factor = math.exp(reach / step.survival)
    return step.survival / factor, min(1.0, step.survival * factor)


@dataclass(frozen=True)
class LogRankTest:
    """Observed and expected events of the first group, and the test of both."""

    observed_first: int
    expected_first: float
    observed_second: int
    expected_second: float
    chi_square: float | None
    p: float | None


def compute_kaplan_meier(times: Sequence[float], is_event: Sequence[bool]) -> SurvivalCurve:
    """Estimate survival; events on a day come before censoring on that day.

    Kaplan and Meier, Journal of the American Statistical Association 1958;53:457-481; limits
    on the log(-log) scale, Kalbfleisch and Prentice, The Statistical Analysis of Failure Time
    Data, section 1.4.
    """
    days, events = as_arrays(times, is_event)
    distinct, counts = _count_times(days, events)
    survival, hazard_variance = 1.0, 0.0
    steps = []
    for time, at_risk, failed, gone in zip(distinct.tolist(), *(column.tolist() for column in counts), strict=True):
        survival *= (at_risk - failed) / at_risk
        hazard_variance += _compute_greenwood_term(failed, at_risk)
        steps.append(
            SurvivalStep(
                time=time,
                n_risk=at_risk,
                n_event=failed,
                n_censored=gone - failed,
                survival=survival,
                std_err=survival * math.sqrt(hazard_variance) if survival else None,
                interval=_compute_log_log_interval(survival, hazard_variance),
            )
        )
    last_time = float(days.max()) if len(days) else None
    return SurvivalCurve(len(days), int(events.sum()), tuple(steps), last_time)


def _count_times(days: FloatArray, events: FloatArray) -> tuple[FloatArray, list[IntArray]]:
    """Distinct times; at each of them the patients at risk, with the event, and leaving."""
    distinct, position, gone = np.unique(days, return_inverse=True, return_counts=True)
    failed = np.bincount(position, weights=events, minlength=len(distinct)).astype(np.int64)
    at_risk = len(days) - np.concatenate([[0], np.cumsum(gone)[:-1]]) if len(days) else gone
    return distinct, [at_risk.astype(np.int64), failed, gone.astype(np.int64)]


@dataclass(frozen=True)
class GroupAtTimes:
    """Patients of one group under observation, and events, on each day with an event in either group."""

    at_risk: FloatArray
    events: FloatArray


def count_at_times(
    first_times: Sequence[float],
    first_events: Sequence[bool],
    second_times: Sequence[float],
    second_events: Sequence[bool],
) -> tuple[GroupAtTimes, GroupAtTimes]:
    """Both groups on the days with an event, in order of time."""
    groups = as_arrays(first_times, first_events), as_arrays(second_times, second_events)
    days = np.unique(np.concatenate([times[events > 0] for times, events in groups]))
    one, two = (_count_group(times, events, days) for times, events in groups)
    return one, two


def _count_group(times: FloatArray, events: FloatArray, days: FloatArray) -> GroupAtTimes:
    failures = np.sort(times[events > 0])
    earlier = np.searchsorted(np.sort(times), days, side="left")
    tied = np.searchsorted(failures, days, side="right") - np.searchsorted(failures, days, side="left")
    return GroupAtTimes((len(times) - earlier).astype(np.float64), tied.astype(np.float64))


def as_arrays(times: Sequence[float], is_event: Sequence[bool]) -> tuple[FloatArray, FloatArray]:
    """Times and events (1 or 0) as arrays, refused where a time is impossible."""
    days = np.asarray(times, dtype=np.float64)
    events = np.asarray(is_event, dtype=np.float64)
    if len(days) != len(events):
        raise ValueError("Each time needs to say whether it ended with an event.")
    if np.isnan(days).any() or (days < 0).any():
        raise ValueError("Times must be zero or more.")
    return days, events


def _compute_greenwood_term(failed: int, at_risk: int) -> float:
    if failed == at_risk:
        return math.inf
    return failed / (at_risk * (at_risk - failed))


def _compute_log_log_interval(survival: float, hazard_variance: float) -> Interval | None:
    if survival in (0.0, 1.0):
        return None
    z = float(stats.norm.ppf((1 + CONFIDENCE) / 2))
    reach = z * math.sqrt(hazard_variance) / abs(math.log(survival))
    return Interval(survival ** math.exp(reach), survival ** math.exp(-reach))


def compute_log_rank(
    first_times: Sequence[float],
    first_events: Sequence[bool],
    second_times: Sequence[float],
    second_events: Sequence[bool],
) -> LogRankTest | None:
    """Compare two survival curves over all times; None where a group is empty.

    Mantel, Cancer Chemotherapy Reports 1966;50:163-170. p is None when no event happened while
    both groups were observed.
    """
    if len(first_times) == 0 or len(second_times) == 0:
        return None
    one, two = count_at_times(first_times, first_events, second_times, second_events)
    at_risk, failed = one.at_risk + two.at_risk, one.events + two.events
    share = one.at_risk / at_risk
    expected = float((failed * share).sum())
    left = (at_risk - failed) / np.maximum(at_risk - 1, 1)
    variance = float((failed * share * (1 - share) * left).sum())
    observed = int(one.events.sum()), int(two.events.sum())
    chi_square = (observed[0] - expected) ** 2 / variance if variance else None
    return LogRankTest(
        observed_first=observed[0],
        expected_first=float(expected),
        observed_second=observed[1],
        expected_second=float(sum(observed) - expected),
        chi_square=None if chi_square is None else float(chi_square),
        p=None if chi_square is None else float(stats.chi2.sf(chi_square, 1)),
    )
