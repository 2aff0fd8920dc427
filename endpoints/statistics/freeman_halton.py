"""Fisher's exact test extended to a table of two rows and any number of columns."""

import math
from collections.abc import Iterable

import numpy as np

from endpoints.statistics.numbers import as_counts

_MOST_STATES = 400_000
"""Partial tables kept apart at once; a table that needs more is too large for exact counting."""

_MOST_PATIENTS = 500


def compute_freeman_halton(first: Iterable[float], second: Iterable[float]) -> float | None:
    """Probability, given the margins, of all tables of arm by count value no more probable than the one seen.

    Freeman and Halton, Biometrika 1951;38:141-149. Columns are added one by one; partial tables with the same first
    row and equally many ways are counted together, after the idea of Mehta and Patel's network (Journal of the
    American Statistical Association 1983;78:427-434). All numbers are whole, so that equal probabilities are equal.
    None where an arm is empty, all counts are the same, or the table is too large.
    """
    one, two = as_counts(first), as_counts(second)
    values, totals = np.unique(np.concatenate([one, two]), return_counts=True)
    if len(one) == 0 or len(two) == 0 or len(values) < 2 or len(one) + len(two) > _MOST_PATIENTS:
        return None
    seen = [int((one == value).sum()) for value in values]
    columns = sorted(zip(totals.tolist(), seen, strict=True), reverse=True)
    limit = math.prod(math.comb(total, x) for total, x in columns)
    extreme = _count_extreme([total for total, _ in columns], len(one), limit)
    return None if extreme is None else extreme / math.comb(len(one) + len(two), len(one))


def _count_extreme(totals: list[int], size: int, limit: int) -> int | None:
    """In how many ways patients fill the first row of tables that arise in at most `limit` ways each."""
    states = {(0, 1): 1}
    left = sum(totals)
    for total in totals:
        left -= total
        states = _add_column(states, total, (size - left, size))
        if len(states) > _MOST_STATES:
            return None
    return sum(tables * ways for (_, ways), tables in states.items() if ways <= limit)


def _add_column(states: dict[tuple[int, int], int], total: int, reach: tuple[int, int]) -> dict[tuple[int, int], int]:
    """(patients placed, ways) -> number of partial tables, with one column more; `reach` bounds the placed."""
    ways_of = [math.comb(total, x) for x in range(total + 1)]
    grown: dict[tuple[int, int], int] = {}
    for (placed, ways), tables in states.items():
        for x in range(max(0, reach[0] - placed), min(total, reach[1] - placed) + 1):
            key = placed + x, ways * ways_of[x]
            grown[key] = grown.get(key, 0) + tables
    return grown
