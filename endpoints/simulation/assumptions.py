"""What a synthetic trial assumes about patients, effects and missing data."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class CountAssumptions:
    """Events per patient and year: a gamma mixture of Poisson counts. `dispersion` 0 is Poisson."""

    rate: float
    """Events per year in the sham arm and in the open one."""
    rate_ratio: float = 1.0
    """Treated over sham."""
    dispersion: float = 1.0

    def __post_init__(self) -> None:
        if self.rate < 0 or self.rate_ratio < 0 or self.dispersion < 0:
            raise ValueError("Rates, ratios and dispersions cannot be negative.")


@dataclass(frozen=True)
class Assumptions:
    """A trial to draw. Sizes are patients per arm; probabilities are per patient or per visit as said."""

    n_open: int = 10
    n_treated: int = 9
    n_sham: int = 10
    vhiss_effect: float = 2.0
    """Points by which the mean VHISS falls after the procedure in the treated and open arm, at every visit."""
    vhiss_scatter: float = 1.5
    """Standard deviation of a score around the patient's level, in points; levels scatter as much."""
    lesions: CountAssumptions = field(default_factory=lambda: CountAssumptions(3.0, 1.0, 2.0))
    relapses: CountAssumptions = field(default_factory=lambda: CountAssumptions(0.6, 1.0, 0.5))
    adverse_events_per_patient: float = 1.2
    missing_visit: float = 0.03
    """Probability that an attended patient misses a visit."""
    missing_value: float = 0.02
    """Probability that a value of an attended visit is missing."""
    drop_out: float = 0.05
    """Probability that a patient leaves before the next count visit."""
    enrollment_rate: float = 2.0
    """Patients treated a month, at moments of a Poisson process."""
    analysis_month: float = 0.0
    """Months from the start of enrollment to the analysis, which sees what happened until then; 0: when the last patient is done."""

    def __post_init__(self) -> None:
        if min(self.n_open, self.n_treated, self.n_sham) < 0:
            raise ValueError("An arm cannot have fewer than no patients.")
        if not all(0 <= part <= 1 for part in (self.missing_visit, self.missing_value, self.drop_out)):
            raise ValueError("A probability lies between 0 and 1.")
        if self.enrollment_rate <= 0 or self.analysis_month < 0:
            raise ValueError("Patients come at a rate above 0, and are analyzed after the start.")
