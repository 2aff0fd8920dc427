"""A look at the assumptions behind the sample size that needs no arm: the spread of all patients together."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from scipy import stats

from endpoints.statistics.numbers import CONFIDENCE, Interval, drop_missing

POWERS = (0.8, 0.9)


@dataclass(frozen=True)
class BlindedSpread:
    """Standard deviation over both arms as one sample, in units of the outcome, with its limits for normal values.

    `detectable` holds by power the difference between arms that planned sizes would find; `needed` by power the patients in
    both arms of equal size that a difference of one unit would need.
    """

    n: int
    sd: float
    interval: Interval
    detectable: dict[float, float]
    needed: dict[float, int]


def compute_blinded_spread(values: Iterable[float], first_size: float, second_size: float) -> BlindedSpread | None:
    """One-sample variance of all values: it is too large by the square of half the true difference, so sizes err on the safe side.

    Gould and Shih, Communications in Statistics: Theory and Methods 1992;21:2833-2853; Friede and Kieser, Pharmaceutical
    Statistics 2013;12:141-146. Two-sided level 5 %, normal approximation. None below three values, or where no value differs.
    """
    known = drop_missing(values)
    if len(known) < 3 or float(known.std()) == 0:
        return None
    df, sd = len(known) - 1, float(known.std(ddof=1))
    tail = (1 - CONFIDENCE) / 2
    limits = (sd * math.sqrt(df / float(stats.chi2.ppf(part, df))) for part in (1 - tail, tail))
    reach = {power: float(stats.norm.ppf(1 - tail) + stats.norm.ppf(power)) for power in POWERS}
    spread = sd * math.sqrt(1 / first_size + 1 / second_size)
    return BlindedSpread(
        n=len(known),
        sd=sd,
        interval=Interval(*limits),
        detectable={power: z * spread for power, z in reach.items()},
        needed={power: 2 * math.ceil(2 * (z * sd) ** 2) for power, z in reach.items()},
    )
