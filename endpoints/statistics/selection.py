"""Order statistics of all pairwise differences and means, without writing every pair down.

Ten thousand patients in each of two arms have a hundred million differences. Values are whole multiples of
10^-10 here, so the k-th smallest is found by bisection over whole numbers, counting by sorted search: exact, in
n log n steps. The idea is that of Johnson and Mizoguchi, SIAM Journal on Computing 1978;7:147-153.
"""

from collections.abc import Callable

import numpy as np

from endpoints.statistics.numbers import RANKING_DECIMALS, FloatArray, IntArray

_UNITS = 10**RANKING_DECIMALS
_LISTED = 250_000
"""Up to so many pairs are simply listed and sorted."""


def select_differences(first: FloatArray, second: FloatArray, ranks: list[int]) -> list[float]:
    """The differences first - second of these ranks (1 is the smallest), each value paired with each."""
    if len(first) * len(second) <= _LISTED:
        return _take(np.subtract.outer(_as_units(first), _as_units(second)).ravel(), ranks)
    values, weights = np.unique(_as_units(first), return_counts=True)
    others, below = _accumulate(_as_units(second))

    def count(limit: int) -> int:
        """Pairs with first - second <= limit, that is second >= first - limit."""
        less = below[np.searchsorted(others, values - limit, side="left")]
        return int((weights * (below[-1] - less)).sum())

    low, high = int(values[0] - others[-1]), int(values[-1] - others[0])
    return [_bisect(count, low, high, rank) / _UNITS for rank in ranks]


def select_walsh_sums(values: FloatArray, ranks: list[int]) -> list[float]:
    """The sums of these ranks among the sums of all pairs of values, each paired with itself too."""
    units = _as_units(values)
    if len(units) ** 2 <= 2 * _LISTED:
        rows, columns = np.triu_indices(len(units))
        return _take(units[rows] + units[columns], ranks)
    distinct, weights = np.unique(units, return_counts=True)
    _, below = _accumulate(units)

    def count(limit: int) -> int:
        ordered = int((weights * below[np.searchsorted(distinct, limit - distinct, side="right")]).sum())
        with_itself = int(weights[2 * distinct <= limit].sum())
        return (ordered + with_itself) // 2

    low, high = int(2 * distinct[0]), int(2 * distinct[-1])
    return [_bisect(count, low, high, rank) / _UNITS for rank in ranks]


def find_middle(total: int) -> list[int]:
    """The ranks whose mean is the median of so many values."""
    return [(total + 1) // 2, total // 2 + 1]


def _as_units(values: FloatArray) -> IntArray:
    units: IntArray = np.rint(values * _UNITS).astype(np.int64)
    return units


def _accumulate(units: IntArray) -> tuple[IntArray, IntArray]:
    """Distinct values, and how many values lie before each of them; one entry more for the end."""
    distinct, weights = np.unique(units, return_counts=True)
    return distinct, np.concatenate([[0], np.cumsum(weights)]).astype(np.int64)


def _take(pairs: IntArray, ranks: list[int]) -> list[float]:
    positions = [rank - 1 for rank in ranks]
    ordered = np.partition(pairs, sorted(set(positions)))
    return [float(ordered[position] / _UNITS) for position in positions]


def _bisect(count: Callable[[int], int], low: int, high: int, rank: int) -> int:
    """The smallest whole number up to which at least `rank` pairs lie."""
    while low < high:
        middle = (low + high) // 2
        if count(middle) >= rank:
            high = middle
        else:
            low = middle + 1
    return low
