"""How well a trial was blinded, from guesses of the treatment: James' index over both arms, Bang's index for each. Pure.

Sources: K. E. James, D. A. Bloch, K. K. Lee, H. C. Kraemer, R. K. Fuller, Stat. Med. 15 (1996) 1421-1434, with its weights (correct 0, wrong
1/2, do not know 1); H. Bang, L. Ni, C. E. Davis, Control. Clin. Trials 25 (2004) 143-156. Intervals are normal ones. The variance of James'
index follows from the multinomial distribution of the six cells by the delta method, which is what the authors' formula comes to.

With two arms James' index is d + g**2 * o / (2 * t): d the share of "do not know", g = 1 - d, o the share of wrong guesses and
t = r0 * c1 + r1 * c0 from the margins r (guesses) and c (arms) of the definite guesses.
"""

import math
from dataclasses import dataclass

from endpoints.statistics.numbers import Interval

Z = 1.959963984540054
"""The 97.5 % point of the normal distribution."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guesses:
    """Answers in one arm: how many were right, wrong, and did not know."""

    right: int
    wrong: int
    unknown: int

    @property
    def total(self) -> int:
        return self.right + self.wrong + self.unknown


@dataclass(frozen=True, slots=True)
class BlindingIndex:
    """An estimate with its standard error and 95 % interval, which may reach beyond the range of the index."""

    estimate: float
    standard_error: float

    @property
    def interval(self) -> Interval:
        half = Z * self.standard_error
        return Interval(self.estimate - half, self.estimate + half)


def bang_index(guesses: Guesses) -> BlindingIndex | None:
    """From -1 (all wrong) over 0 (chance) to 1 (all right); None where nobody answered."""
    n = guesses.total
    if n == 0:
        return None
    right, wrong = guesses.right / n, guesses.wrong / n
    variance = (right * (1 - right) + wrong * (1 - wrong) + 2 * right * wrong) / n
    return BlindingIndex(right - wrong, math.sqrt(variance))


def james_index(first: Guesses, second: Guesses) -> BlindingIndex | None:
    """From 0 (all right) over 1/2 (chance) to 1 (nobody knows); None where it is not defined. Where nobody ventures a guess it is 1 exactly."""
    n = first.total + second.total
    if first.total == 0 or second.total == 0:
        return None
    if first.unknown + second.unknown == n:
        return BlindingIndex(1.0, 0.0)
    # Rows: what was guessed; columns: the arm.
    cells = ((first.right / n, second.wrong / n), (first.wrong / n, second.right / n))
    rows = tuple(map(sum, cells))
    columns = tuple(map(sum, zip(*cells, strict=True)))
    definite = sum(rows)
    wrong = cells[0][1] + cells[1][0]
    chance = rows[0] * columns[1] + rows[1] * columns[0]
    if chance == 0:
        return None
    unknown = 1 - definite
    slope = 1 - definite * wrong / chance
    mean, square = unknown * slope, unknown * slope**2
    for i in range(2):
        for j in range(2):
            slope = definite**2 / 2 * ((i != j) / chance - wrong * (columns[1 - i] + rows[1 - j]) / chance**2)
            mean += cells[i][j] * slope
            square += cells[i][j] * slope**2
    variance = max(0.0, square - mean**2) / n
    return BlindingIndex(unknown + definite**2 * wrong / (2 * chance), math.sqrt(variance))
