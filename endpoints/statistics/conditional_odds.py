"""Conditional maximum likelihood odds ratio of a 2 x 2 table, with its exact interval.

Given all margins, the first cell has the noncentral hypergeometric distribution (Agresti, Categorical Data
Analysis, section 16.6.4; interval: Cornfield, Proceedings of the Third Berkeley Symposium 1956;4:135-148). All
probabilities are computed at once, as logarithms, so that a table of a hundred thousand costs no more than milliseconds.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import optimize, special

from endpoints.statistics.numbers import FloatArray, Interval


@dataclass(frozen=True)
class Margins:
    """Patients in both arms and the events among them all; the first cell runs over `support`."""

    first_total: int
    second_total: int
    events: int

    @property
    def lowest(self) -> int:
        return max(0, self.events - self.second_total)

    @property
    def highest(self) -> int:
        return min(self.events, self.first_total)

    def log_ways(self) -> FloatArray:
        """Logarithm of the number of tables with each first cell, up to a constant."""
        x = np.arange(self.lowest, self.highest + 1, dtype=np.float64)
        cells = (x, self.first_total - x, self.events - x, self.second_total - self.events + x)
        log_ways: FloatArray = -np.sum([special.gammaln(cell + 1) for cell in cells], axis=0)
        log_ways -= log_ways.max()
        return log_ways


def compute_conditional_odds(observed: int, margins: Margins, confidence: float) -> tuple[float, Interval]:
    """Estimate and interval; 0 and infinity where the observed cell is the smallest or largest possible.

    The margins must leave more than one table.
    """
    position = observed - margins.lowest
    log_ways = margins.log_ways()
    tail = (1 - confidence) / 2
    is_lowest, is_highest = observed == margins.lowest, observed == margins.highest
    return _find_estimate(log_ways, position), Interval(
        0.0 if is_lowest else _find_ratio(log_ways, lambda p: float(p[position:].sum()) - tail),
        math.inf if is_highest else _find_ratio(log_ways, lambda p: tail - float(p[: position + 1].sum())),
    )


def _find_estimate(log_ways: FloatArray, position: int) -> float:
    if position in (0, len(log_ways) - 1):
        return 0.0 if position == 0 else math.inf
    steps = np.arange(len(log_ways), dtype=np.float64)
    return _find_ratio(log_ways, lambda p: float(steps @ p) - position)


def _find_ratio(log_ways: FloatArray, rising: Callable[[FloatArray], float]) -> float:
    """The odds ratio at which a function of the probabilities, rising in the ratio, is zero."""
    steps = np.arange(len(log_ways), dtype=np.float64)

    def at(log_ratio: float) -> float:
        logs = log_ways + log_ratio * steps
        probabilities = np.exp(logs - logs.max())
        return rising(probabilities / probabilities.sum())

    reach = 1.0
    while at(-reach) > 0 or at(reach) < 0:
        reach *= 2
    return math.exp(float(optimize.brentq(at, -reach, reach, xtol=1e-14, rtol=1e-14)))
