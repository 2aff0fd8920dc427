"""The indices of blinding against published examples and their own definition."""

import math

import pytest

from endpoints.statistics.blinding import Guesses, bang_index, james_index

# Bang, Ni and Davis 2004, table 7: the CRISP trial, lovastatin and placebo.
CRISP = (Guesses(right=82, wrong=25, unknown=170), Guesses(right=29, wrong=27, unknown=83))
# Houweling, Shapiro, Cohen and Kahn, Clin. Trials 11 (2014) 547-552, table 2: investigators; the numbers are those the documentation of
# another program (BlindingIndex, in Julia) prints for it.
INVESTIGATORS = (Guesses(right=48, wrong=4, unknown=330), Guesses(right=30, wrong=22, unknown=319))


def test_the_indices_are_the_published_ones() -> None:
    first, second = map(bang_index, CRISP)
    assert first
    assert second
    assert (round(first.estimate, 2), round(second.estimate, 2)) == (0.21, 0.01)
    whole = james_index(*CRISP)
    assert whole
    assert round(whole.estimate, 2) == 0.75
    found = [james_index(*INVESTIGATORS), *map(bang_index, INVESTIGATORS)]
    told = [
        tuple(round(number, 3) for number in (one.estimate, one.standard_error, one.interval.low, one.interval.high))
        for one in found
        if one
    ]
    assert told == [(0.896, 0.011, 0.875, 0.918), (0.115, 0.018, 0.08, 0.15), (0.022, 0.019, -0.016, 0.06)]


def test_james_index_is_what_its_definition_says() -> None:
    """By the weights and the agreement beyond chance of the paper, step by step."""
    first, second = CRISP
    n = first.total + second.total
    cells = [[first.right / n, second.wrong / n], [first.wrong / n, second.right / n]]
    unknown = (first.unknown + second.unknown) / n
    weights = [[0, 0.5], [0.5, 0]]
    pairs = [(i, j) for i in range(2) for j in range(2)]
    seen = sum(weights[i][j] * cells[i][j] for i, j in pairs) / (1 - unknown)
    chance = sum(weights[i][j] * sum(cells[i]) * (cells[0][j] + cells[1][j]) for i, j in pairs) / (1 - unknown) ** 2
    kappa = (seen - chance) / chance
    whole = james_index(first, second)
    assert whole
    assert math.isclose(whole.estimate, (1 + unknown + (1 - unknown) * kappa) / 2)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ((5, 0, 0), (5, 0, 0), 0.0),
        ((5, 5, 0), (5, 5, 0), 0.5),
        ((0, 0, 5), (0, 0, 5), 1.0),
        ((0, 5, 0), (0, 5, 0), 1.0),
    ],
)
def test_the_ends_of_james_index(first: tuple[int, int, int], second: tuple[int, int, int], expected: float) -> None:
    made = [Guesses(right=right, wrong=wrong, unknown=unknown) for right, wrong, unknown in (first, second)]
    index = james_index(*made)
    assert index
    assert math.isclose(index.estimate, expected)
    nobody = Guesses(right=0, wrong=0, unknown=0)
    assert james_index(made[0], nobody) is None
    assert bang_index(nobody) is None
    one_sided = james_index(Guesses(right=3, wrong=0, unknown=1), Guesses(right=0, wrong=3, unknown=1))
    assert one_sided
    assert math.isclose(one_sided.estimate, 0.625)  # what was guessed is no better than chance
    assert james_index(Guesses(right=3, wrong=0, unknown=1), Guesses(right=0, wrong=0, unknown=4)) is None
