"""Poisson regression of counts on two arms, with errors for counts that scatter more than Poisson counts."""

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats

from endpoints.statistics.numbers import CONFIDENCE, FloatArray, Interval


@dataclass(frozen=True)
class PoissonRegression:
    """Log link, offset log(person-years). `interval` is Wald's, on the ratio's scale.

    `dispersion` is Pearson's chi-square by its degrees of freedom, `quasi_error` the standard error times its root
    (Wedderburn, Biometrika 1974;61:439-447), `robust_error` the sandwich HC0 (White, Econometrica 1980;48:817-838).
    """

    log_ratio: float
    standard_error: float
    interval: Interval
    p: float
    dispersion: float | None
    quasi_error: float | None
    robust_error: float


def compute_poisson_regression(
    first_counts: FloatArray, first_years: FloatArray, second_counts: FloatArray, second_years: FloatArray
) -> PoissonRegression | None:
    """Counts ~ arm; with two arms the fit is in closed form. None where an arm has no event: the fit diverges.

    McCullagh and Nelder, Generalized Linear Models, chapter 6.
    """
    arms = (first_counts, first_years), (second_counts, second_years)
    events = [float(counts.sum()) for counts, _ in arms]
    if 0 in events:
        return None
    means = [years * (event / years.sum()) for (_, years), event in zip(arms, events, strict=True)]
    squares = [(counts - mean) ** 2 for (counts, _), mean in zip(arms, means, strict=True)]
    log_ratio = math.log(events[0] / first_years.sum()) - math.log(events[1] / second_years.sum())
    error = math.sqrt(1 / events[0] + 1 / events[1])
    half_width = float(stats.norm.ppf((1 + CONFIDENCE) / 2)) * error
    df = len(first_counts) + len(second_counts) - 2
    chi_square = sum(float((square / mean).sum()) for square, mean in zip(squares, means, strict=True))
    dispersion = chi_square / df if df else None
    robust = sum(float(square.sum()) / event**2 for square, event in zip(squares, events, strict=True))
    return PoissonRegression(
        log_ratio=log_ratio,
        standard_error=error,
        interval=Interval(math.exp(log_ratio - half_width), math.exp(log_ratio + half_width)),
        p=float(2 * stats.norm.sf(abs(log_ratio) / error)),
        dispersion=dispersion,
        quasi_error=None if dispersion is None else error * math.sqrt(dispersion),
        robust_error=math.sqrt(np.float64(robust)),
    )
