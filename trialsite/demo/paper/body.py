"""What stays the same about a synthetic patient from visit to visit, so that single values can vary around it. Pure."""

from dataclasses import dataclass
from decimal import Decimal
from random import Random

from trialsite.demo.plan import Person

Sheet = dict[str, str | list[str]]


@dataclass(slots=True, kw_only=True)
class Body:
    """A patient's usual values. `lesions_t2` grows with each scan that finds new ones."""

    rng: Random
    person: Person
    systolic_mmhg: int
    heart_rate_bpm: int
    creatinine_mg_dl: Decimal
    sdmt: int
    walk_s: Decimal
    pegs_s: Decimal
    well_being: float  # 0 worst, 1 best
    lesions_t2: int
    t2_volume_ml: Decimal
    brain_volume_ml: Decimal

    def near(self, value: int, by: int) -> int:
        """A whole number not further than `by` from `value`."""
        return value + self.rng.randint(-by, by)

    def near_decimal(self, value: Decimal, by: str) -> Decimal:
        """The same with as many decimals as `by` has."""
        step = Decimal(by)
        unit = Decimal(1).scaleb(int(step.as_tuple().exponent))
        return value + self.rng.randint(-int(step / unit), int(step / unit)) * unit


def make_body(rng: Random, person: Person) -> Body:
    weight = float(person.edss)
    return Body(
        rng=rng,
        person=person,
        systolic_mmhg=rng.randint(108, 132),
        heart_rate_bpm=rng.randint(62, 82),
        creatinine_mg_dl=Decimal(rng.randint(62, 82) if person.sex == "F" else rng.randint(75, 98)) / 100,
        sdmt=rng.randint(48, 62) - int(2 * weight),
        walk_s=Decimal(rng.randint(42, 52)) / 10 + person.edss / 2,
        pegs_s=Decimal(rng.randint(185, 215)) / 10 + person.edss / 2,
        well_being=0.85 - 0.08 * weight + rng.uniform(-0.05, 0.05),
        lesions_t2=rng.randint(12, 44),
        t2_volume_ml=Decimal(rng.randint(250, 1900)) / 100,
        brain_volume_ml=Decimal(rng.randint(14500, 15900)) / 10,
    )


def yes_no(answer: bool) -> str:
    return "yes" if answer else "no"
