"""Descriptive statistics of one sample."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from endpoints.statistics.numbers import drop_missing


@dataclass(frozen=True)
class Description:
    """What a table prints about one variable in one group; undefined numbers are None.

    Quartiles are given by two definitions of Hyndman and Fan, "Sample quantiles in
    statistical packages", The American Statistician 1996;50:361-365: type 7 (linear
    interpolation, the default of R and NumPy) and type 2 (averaged inverse of the
    empirical distribution, the default of SAS).
    """

    n: int
    n_missing: int
    mean: float | None = None
    sd: float | None = None
    median: float | None = None
    q1_type7: float | None = None
    q3_type7: float | None = None
    iqr_type7: float | None = None
    q1_type2: float | None = None
    q3_type2: float | None = None
    iqr_type2: float | None = None
    min: float | None = None
    max: float | None = None


def describe(values: Iterable[float], subjects: int | None = None) -> Description:
    """Describe the non-missing values among `subjects` patients (default: as many as values)."""
    everything = values if isinstance(values, np.ndarray) else np.asarray(list(values), dtype=np.float64)
    present = drop_missing(everything)
    total = len(everything) if subjects is None else subjects
    if total < len(present):
        raise ValueError("There are more values than subjects.")
    if len(present) == 0:
        return Description(n=0, n_missing=total)
    q1_type7, median, q3_type7 = np.quantile(present, [0.25, 0.5, 0.75], method="linear")
    q1_type2, q3_type2 = np.quantile(present, [0.25, 0.75], method="averaged_inverted_cdf")
    return Description(
        n=len(present),
        n_missing=total - len(present),
        mean=float(present.mean()),
        sd=float(present.std(ddof=1)) if len(present) > 1 else None,
        median=float(median),
        q1_type7=float(q1_type7),
        q3_type7=float(q3_type7),
        iqr_type7=float(q3_type7 - q1_type7),
        q1_type2=float(q1_type2),
        q3_type2=float(q3_type2),
        iqr_type2=float(q3_type2 - q1_type2),
        min=float(present.min()),
        max=float(present.max()),
    )
