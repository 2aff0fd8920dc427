"""The distribution of counts in two arms compared as a table."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy import stats

from endpoints.statistics.numbers import as_counts


@dataclass(frozen=True)
class ChiSquareTest:
    """Pearson's chi-square of arm by count value, without continuity correction."""

    chi_square: float
    df: int
    p: float
    columns: tuple[int, ...]
    observed: tuple[tuple[int, ...], tuple[int, ...]]


def compute_count_table_chi_square(first: Iterable[float], second: Iterable[float]) -> ChiSquareTest | None:
    """Test whether the counts are distributed alike in both arms.

    Pearson, Philosophical Magazine 1900;50:157-175. Each count value that occurs is a column.
    None where an arm is empty or all patients have the same count: nothing to compare.
    """
    one, two = as_counts(first), as_counts(second)
    columns = np.unique(np.concatenate([one, two]))
    if len(one) == 0 or len(two) == 0 or len(columns) < 2:
        return None
    table = [[int((arm == column).sum()) for column in columns] for arm in (one, two)]
    result = stats.chi2_contingency(table, correction=False)
    return ChiSquareTest(
        chi_square=float(result.statistic),
        df=int(result.dof),
        p=float(result.pvalue),
        columns=tuple(int(column) for column in columns),
        observed=(tuple(table[0]), tuple(table[1])),
    )
