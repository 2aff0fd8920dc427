"""Order statistics of pairs against writing every pair down, and medians of level survival curves by hand."""

import numpy as np
import pytest

from endpoints.statistics.selection import select_differences, select_walsh_sums
from endpoints.statistics.survival import compute_kaplan_meier


@pytest.mark.parametrize("decimals", [0, 2])
def test_ranks_among_many_pairs_are_those_of_the_sorted_pairs(decimals: int) -> None:
    random = np.random.default_rng(3)
    first, second = (np.round(random.normal(0, 10, size), decimals) for size in (600, 620))
    differences = np.sort(np.subtract.outer(first, second).ravel())
    ranks = [1, 7, len(differences) // 2, len(differences)]
    assert select_differences(first, second, ranks) == pytest.approx(differences[np.array(ranks) - 1], abs=1e-9)
    values = np.concatenate([first, second])
    rows, columns = np.triu_indices(len(values))
    sums = np.sort(values[rows] + values[columns])
    ranks = [1, 9, len(sums) // 2, len(sums)]
    assert select_walsh_sums(values, ranks) == pytest.approx(sums[np.array(ranks) - 1], abs=1e-9)


@pytest.mark.parametrize(
    ("times", "is_event", "median"),
    [
        ([1, 2, 3, 4], [True, True, True, True], 2.5),  # level at a half from 2 to 3
        ([1, 2, 5, 9], [True, True, False, False], 5.5),  # level at a half to the end of observation
        ([1, 2, 3], [True, True, True], 2),
        ([1, 2, 3], [True, False, False], None),
    ],
)
def test_the_median_lies_amid_a_level_piece(times: list[float], is_event: list[bool], median: float | None) -> None:
    assert compute_kaplan_meier(times, is_event).find_quantile(0.5) == median
