"""Student's t: one sample, two samples with and without equal variances."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from scipy import stats

from endpoints.statistics.numbers import CONFIDENCE, Interval, drop_missing


@dataclass(frozen=True)
class TTest:
    """A mean, or a difference of means, with t, its degrees of freedom, p and interval.

    All but the estimate are None where the standard error is zero or cannot be estimated.
    """

    estimate: float
    t: float | None = None
    df: float | None = None
    p: float | None = None
    interval: Interval | None = None


def compute_one_sample_t(values: Iterable[float]) -> TTest | None:
    """Test a mean against zero; for paired data give the differences. None without a value."""
    present = drop_missing(values)
    if len(present) == 0:
        return None
    mean = float(present.mean())
    if len(present) < 2:
        return TTest(mean)
    error = float(present.std(ddof=1)) / math.sqrt(len(present))
    return _finish(mean, error, len(present) - 1)


def compute_welch_t(first: Iterable[float], second: Iterable[float]) -> TTest | None:
    """Difference of means, variances not assumed equal; None where an arm is empty.

    Welch, Biometrika 1947;34:28-35, degrees of freedom after Satterthwaite.
    """
    one, two = drop_missing(first), drop_missing(second)
    if len(one) == 0 or len(two) == 0:
        return None
    difference = float(one.mean() - two.mean())
    if len(one) < 2 or len(two) < 2:
        return TTest(difference)
    parts = float(one.var(ddof=1)) / len(one), float(two.var(ddof=1)) / len(two)
    spread = parts[0] ** 2 / (len(one) - 1) + parts[1] ** 2 / (len(two) - 1)
    if spread == 0:
        return TTest(difference)
    return _finish(difference, math.sqrt(sum(parts)), sum(parts) ** 2 / spread)


def compute_pooled_t(first: Iterable[float], second: Iterable[float]) -> TTest | None:
    """Difference of means under equal variances; None where an arm is empty.

    Student, Biometrika 1908;6:1-25.
    """
    one, two = drop_missing(first), drop_missing(second)
    if len(one) == 0 or len(two) == 0:
        return None
    difference = float(one.mean() - two.mean())
    df = len(one) + len(two) - 2
    if df < 1:
        return TTest(difference)
    squares = float(((one - one.mean()) ** 2).sum() + ((two - two.mean()) ** 2).sum())
    return _finish(difference, math.sqrt(squares / df * (1 / len(one) + 1 / len(two))), df)


def _finish(estimate: float, error: float, df: float) -> TTest:
    # Values equal but for rounding leave an error of a few 1e-17: that is no spread.
    if error <= 1e-14 * max(1.0, abs(estimate)):
        return TTest(estimate)
    half_width = float(stats.t.ppf((1 + CONFIDENCE) / 2, df)) * error
    return TTest(
        estimate=estimate,
        t=estimate / error,
        df=df,
        p=float(2 * stats.t.sf(abs(estimate / error), df)),
        interval=Interval(estimate - half_width, estimate + half_width),
    )
