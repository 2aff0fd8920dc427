"""Which patients of a randomized phase are analyzed in which set, from what is known without any arm.

Intention to treat: everyone drawn, by the arm drawn. Safety: everyone on whom the procedure was begun. Per protocol: of both, everyone without
a major deviation who came to the visit that the protocol names. Whose procedure turns out, once the arms are open, not to be the one drawn stays in
the first two sets and leaves the third; that rule is fixed with the sets. Who withdrew the use of their data is in none.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

ITT, SAFETY, PER_PROTOCOL = "intention to treat", "safety", "per protocol"
SETS = (ITT, SAFETY, PER_PROTOCOL)
RULES = (
    "Intention to treat: everyone drawn, by the arm drawn. Safety: everyone on whom the procedure was begun. Per protocol: who is in both,"
    " has no major deviation and came to the visit of the protocol; after the arms are opened, whose procedure was not the one drawn leaves"
    " this set. Who withdrew the use of their data is in none."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One drawn patient, as far as the sets ask. `came` is whether they came to the visit of the protocol."""

    number: str
    phase_number: int
    uses_data: bool
    is_treated: bool
    has_major_deviation: bool
    came: bool


@dataclass(frozen=True, slots=True)
class Membership:
    """One patient and why they are not in a set, by set; a set without a reason holds them."""

    number: str
    phase_number: int
    reasons: Mapping[str, tuple[str, ...]]

    def is_in(self, name: str) -> bool:
        return not self.reasons[name]


def derive_memberships(candidates: Iterable[Candidate], visit_label: str) -> tuple[Membership, ...]:
    """Every candidate with the sets, by number. `visit_label` names the visit of the protocol in the reasons."""
    return tuple(
        Membership(one.number, one.phase_number, {name: tuple(_find_reasons(one, name, visit_label)) for name in SETS})
        for one in sorted(candidates, key=lambda one: one.number)
    )


def derive_analysis_sets(memberships: Iterable[Membership]) -> dict[str, list[str]]:
    """The numbers of the patients in each set, "phase 2: safety" -> numbers in order."""
    found: dict[str, list[str]] = {}
    for one in memberships:
        for name in SETS:
            members = found.setdefault(f"phase {one.phase_number}: {name}", [])
            if one.is_in(name):
                members.append(one.number)
    return found


def _find_reasons(one: Candidate, name: str, visit_label: str) -> Iterator[str]:
    if not one.uses_data:
        yield "withdrew the use of the data"
    if name != ITT and not one.is_treated:
        yield "the procedure was not begun"
    if name == PER_PROTOCOL:
        if one.has_major_deviation:
            yield "has a major deviation"
        if not one.came:
            yield f"did not come to {visit_label}"
