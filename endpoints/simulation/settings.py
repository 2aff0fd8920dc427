"""What somebody who simulates may choose, with its defaults: the same from the command and from the page."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from endpoints.simulation.assumptions import Assumptions, CountAssumptions

_KNOWN = Assumptions()
_SIZE = re.compile(r"(\d+)\+(\d+)")


@dataclass(frozen=True, slots=True)
class Choice:
    """A number to choose: what it is, what it is without a choice, and its limits."""

    label: str
    default: float
    low: float
    high: float


CHOICES: Mapping[str, Choice] = {
    "vhiss_effect": Choice("Fall of the mean VHISS by the treatment, points", 4.0, -16, 16),
    "vhiss_scatter": Choice("Standard deviation of the VHISS, points", _KNOWN.vhiss_scatter, 0, 16),
    "lesion_rate": Choice("New lesions a patient and year, sham", _KNOWN.lesions.rate, 0, 1000),
    "lesion_ratio": Choice("Rate of new lesions, treated over sham", 0.5, 0, 100),
    "lesion_dispersion": Choice(
        "Dispersion of lesions between patients (0: Poisson)", _KNOWN.lesions.dispersion, 0, 100
    ),
    "relapse_rate": Choice("Relapses a patient and year, sham", _KNOWN.relapses.rate, 0, 1000),
    "relapse_ratio": Choice("Rate of relapses, treated over sham", 0.5, 0, 100),
    "relapse_dispersion": Choice(
        "Dispersion of relapses between patients (0: Poisson)", _KNOWN.relapses.dispersion, 0, 100
    ),
    "missing_visit": Choice("Probability that a visit is missed", _KNOWN.missing_visit, 0, 1),
    "missing_value": Choice("Probability that a value is missing", _KNOWN.missing_value, 0, 1),
    "drop_out": Choice("Probability of leaving before each visit that counts", _KNOWN.drop_out, 0, 1),
    "enrollment_rate": Choice("Patients treated a month", _KNOWN.enrollment_rate, 0.01, 10_000),
    "analysis_month": Choice("Months from the first day to the analysis (0: when all are done)", 0, 0, 1_200),
}


def assume(chosen: Mapping[str, float]) -> Assumptions:
    """The assumptions of these choices; what is not chosen is as usual. Raises ValueError with a sentence for one out of its limits."""
    chosen = {key: chosen.get(key, choice.default) for key, choice in CHOICES.items()}
    for key, choice in CHOICES.items():
        value = chosen[key]
        if not choice.low <= value <= choice.high:
            raise ValueError(f"{choice.label}: choose a number from {choice.low:g} to {choice.high:g}.")
    return Assumptions(
        n_open=0,
        vhiss_effect=chosen["vhiss_effect"],
        vhiss_scatter=chosen["vhiss_scatter"],
        lesions=CountAssumptions(chosen["lesion_rate"], chosen["lesion_ratio"], chosen["lesion_dispersion"]),
        relapses=CountAssumptions(chosen["relapse_rate"], chosen["relapse_ratio"], chosen["relapse_dispersion"]),
        missing_visit=chosen["missing_visit"],
        missing_value=chosen["missing_value"],
        drop_out=chosen["drop_out"],
        enrollment_rate=chosen["enrollment_rate"],
        analysis_month=chosen["analysis_month"],
    )


def read_size(text: str) -> tuple[int, int]:
    """Patients of both arms, treated first, from a text such as 9+10. Raises ValueError with a sentence."""
    found = _SIZE.fullmatch(text.strip())
    if found is None or not all(map(int, found.groups())):
        raise ValueError(f"{text}: write the patients of both arms as 9+10.")
    treated, sham = map(int, found.groups())
    return treated, sham
