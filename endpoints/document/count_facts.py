"""Events added up over the follow-up, per patient."""

from dataclasses import dataclass, replace

import numpy as np

from endpoints.derivations.counts import DAYS_PER_YEAR
from endpoints.document.cohort import Cohort, Mask
from endpoints.statistics.numbers import FloatArray


@dataclass(frozen=True, eq=False)
class CountFacts:
    """One entry per patient, NaN without any count: the sum, and the days to the last visit with a count.

    `nominal_days` takes that visit's planned day in place of the actual one.
    """

    cumulative: FloatArray
    days: FloatArray
    nominal_days: FloatArray

    @property
    def years(self) -> FloatArray:
        return self.days / DAYS_PER_YEAR

    @property
    def nominal_years(self) -> FloatArray:
        return self.nominal_days / DAYS_PER_YEAR

    def keep(self, kept: Mask) -> "CountFacts":
        """The others count as missing; nobody leaves the arm."""
        return replace(
            self,
            cumulative=np.where(kept, self.cumulative, np.nan),
            days=np.where(kept, self.days, np.nan),
            nominal_days=np.where(kept, self.nominal_days, np.nan),
        )


def derive_counts(cohort: Cohort, outcome: str) -> CountFacts:
    """A visit missed in between leaves the sum and does not shorten the follow-up."""
    size = len(cohort.subjects)
    total, days, nominal = np.zeros(size), np.full(size, np.nan), np.full(size, np.nan)
    for visit, planned in zip(cohort.plan.count_visits, cohort.plan.landmark_days, strict=True):
        counts = cohort.values(outcome, visit)
        has_count = ~np.isnan(counts)
        total[has_count] += counts[has_count]
        days[has_count] = np.fmax(days, cohort.values("study_day", visit))[has_count]
        nominal[has_count] = planned
    total[np.isnan(nominal)] = np.nan
    return CountFacts(total, days, nominal)
