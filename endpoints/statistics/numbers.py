"""The small shared vocabulary of the statistics: arrays, intervals, what is undefined."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

CONFIDENCE = 0.95
"""Coverage of every interval of the analysis plan; two-sided."""

EXACT_LIMIT = 60
"""Largest number of observations for which exact distributions are enumerated."""

RANKING_DECIMALS = 10
"""Decimals kept before ranking: 2.3 - 2.0 and 0.3 must tie although they differ in binary."""


@dataclass(frozen=True)
class Interval:
    """A two-sided interval; a limit may be infinite."""

    low: float
    high: float


def drop_missing(values: Iterable[float]) -> FloatArray:
    """The values that are there, as floats, in the order given."""
    array = np.asarray(values if isinstance(values, np.ndarray) else list(values), dtype=np.float64)
    return array[~np.isnan(array)]


def round_for_ranking(values: Iterable[float]) -> FloatArray:
    """Non-missing values rounded so that equal decimal numbers tie; -0.0 becomes 0.0."""
    return np.round(drop_missing(values), RANKING_DECIMALS) + 0.0


def as_counts(values: Iterable[float]) -> IntArray:
    """Non-missing values as whole numbers; refuses fractions and negative numbers."""
    array = drop_missing(values)
    if (array < 0).any() or (array != np.floor(array)).any():
        raise ValueError("Counts must be whole numbers of zero or more.")
    return array.astype(np.int64)


def defined(number: float) -> float | None:
    """None for an undefined number (NaN); infinities stay, they are answers."""
    return None if math.isnan(number) else float(number)
