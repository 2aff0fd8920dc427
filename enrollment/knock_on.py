"""How many other arms one arm gives away, at most. Pure.

It rests on what every reader of the page may know: the ratio, how many patients were drawn, and how many arms of the stratum this
account was shown before. It knows neither the list nor its scheme, so it can tell nothing of them, whatever it answers.

Why it is a bound for every scheme that the product makes: in a block that holds `m` times the ratio, others follow only when all
that is left in the block is one arm, so at least `m` times the shares of all other arms must be known; then `m` times the largest
share, at most, follow. What one more arm gives away lies in that arm's own block. The big stick gives away less, and a coin nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class KnockOn:
    """`at_most` other arms could be worked out: of the `others` drawn so far whose arm was not shown, or of those drawn next."""

    at_most: int
    others: int

    @property
    def drawn_at_most(self) -> int:
        """As many of those who were drawn already."""
        return min(self.at_most, self.others)


def bound_knock_on(ratio: Mapping[str, int], *, drawn: int, known: int) -> KnockOn:
    """What the arm of one more patient gives away to somebody who knows `known` others of the `drawn` ones in the stratum."""
    largest = max(ratio.values())
    rest = sum(ratio.values()) - largest
    at_most = (known + 1) // rest * largest if rest else 0
    return KnockOn(at_most=at_most, others=max(0, drawn - known - 1))
