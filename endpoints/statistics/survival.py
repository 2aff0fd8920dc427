"""Time to an event: Kaplan-Meier curve and log-rank test."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from endpoints.statistics.numbers import CONFIDENCE, FloatArray, Interval


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
    survival, hazard_variance = 1.0, 0.0
    steps = []
    for time in np.unique(days):
        at_risk = int((days >= time).sum())
        failed = int(events[days == time].sum())
        survival *= 1 - failed / at_risk
        hazard_variance += _compute_greenwood_term(failed, at_risk)
        steps.append(
            SurvivalStep(
                time=float(time),
                n_risk=at_risk,
                n_event=failed,
                n_censored=int((days == time).sum()) - failed,
                survival=survival,
                std_err=survival * math.sqrt(hazard_variance) if survival else None,
                interval=_compute_log_log_interval(survival, hazard_variance),
            )
        )
    last_time = float(days.max()) if len(days) else None
    return SurvivalCurve(len(days), int(events.sum()), tuple(steps), last_time)


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
    one, one_events = as_arrays(first_times, first_events)
    two, two_events = as_arrays(second_times, second_events)
    if len(one) == 0 or len(two) == 0:
        return None
    expected, variance = 0.0, 0.0
    for time in np.unique(np.concatenate([one[one_events > 0], two[two_events > 0]])):
        at_risk = int((one >= time).sum() + (two >= time).sum())
        failed = int(one_events[one == time].sum() + two_events[two == time].sum())
        share = (one >= time).sum() / at_risk
        expected += failed * share
        if at_risk > 1:
            variance += failed * share * (1 - share) * (at_risk - failed) / (at_risk - 1)
    observed = int(one_events.sum()), int(two_events.sum())
    chi_square = (observed[0] - expected) ** 2 / variance if variance else None
    return LogRankTest(
        observed_first=observed[0],
        expected_first=float(expected),
        observed_second=observed[1],
        expected_second=float(sum(observed) - expected),
        chi_square=None if chi_square is None else float(chi_square),
        p=None if chi_square is None else float(stats.chi2.sf(chi_square, 1)),
    )
