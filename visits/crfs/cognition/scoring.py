"""Totals, means and the composite of cognition and timed function. Pure.

MSFC: Fischer JS et al., Multiple Sclerosis Functional Composite: administration and scoring manual, National MS Society, 2001. Means and
standard deviations are those of its task-force database; the walk is turned round because more seconds are worse.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Reference:
    """Mean and standard deviation of the reference population."""

    mean: Decimal
    sd: Decimal

    def z(self, value: Decimal) -> Decimal:
        return (value - self.mean) / self.sd


# 1/s, s and correct answers.
ARM_REFERENCE = Reference(Decimal("0.0439"), Decimal("0.0101"))
LEG_REFERENCE = Reference(Decimal("9.5353"), Decimal("11.4058"))
COGNITION_REFERENCE = Reference(Decimal("45.0311"), Decimal("12.0771"))


def sum_all(numbers: Iterable[int | None]) -> int | None:
    """The sum; None when one is missing."""
    total = 0
    for number in numbers:
        if number is None:
            return None
        total += number
    return total


def mean_all(numbers: Sequence[Decimal | None]) -> Decimal | None:
    """The mean; None when one is missing."""
    known = [number for number in numbers if number is not None]
    return sum(known, Decimal()) / len(known) if known and len(known) == len(numbers) else None


def reciprocal_mean(dominant_s: Decimal | None, other_s: Decimal | None) -> Decimal | None:
    """The mean of the two hands' speeds, in 1/s, from the mean seconds of each hand."""
    if not dominant_s or not other_s:
        return None
    return (1 / dominant_s + 1 / other_s) / 2


def msfc_z(pegs_per_s: Decimal | None, walk_s: Decimal | None, pasat_correct: int | None) -> Decimal | None:
    """The composite: the mean of arm, leg (turned round) and cognition z-scores. Higher is better; None when a part is missing."""
    if pegs_per_s is None or walk_s is None or pasat_correct is None:
        return None
    parts = (ARM_REFERENCE.z(pegs_per_s), -LEG_REFERENCE.z(walk_s), COGNITION_REFERENCE.z(Decimal(pasat_correct)))
    return sum(parts, Decimal()) / 3
