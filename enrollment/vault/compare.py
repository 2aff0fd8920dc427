"""The predictability table: the usual schemes side by side, and the chosen one among them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from enrollment.vault.predictability import share_guessed
from enrollment.vault.schemes import Scheme, list_alternatives


@dataclass(frozen=True, slots=True)
class Compared:
    """One line of the table; `percent` of the next arms are guessed right on average."""

    label: str
    percent: float
    is_chosen: bool


def compare_schemes(ratio: Mapping[str, int], patients: int, chosen: Scheme | None) -> list[Compared]:
    """The chosen scheme, if it is not one of the usual ones, and these, for `patients` in a stratum."""
    usual = list_alternatives(ratio, patients)
    schemes = usual if chosen is None or chosen in usual else [chosen, *usual]
    return [Compared(one.label, 100 * share_guessed(one, patients), one == chosen) for one in schemes]
