"""How fast patients came: registered and entered, by month. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from endpoints.flow import Participant


@dataclass(frozen=True, slots=True, kw_only=True)
class AccrualMonth:
    """One calendar month of one phase, and all months up to its end."""

    first_day: date
    registered: int
    entered: int
    entered_so_far: int

    @property
    def label(self) -> str:
        return f"{self.first_day:%Y-%m}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseAccrual:
    """The months of one phase in which somebody came, and each day of entry."""

    phase_number: int
    label: str
    planned_n: int
    months: tuple[AccrualMonth, ...]
    entered_on: tuple[date, ...]


def compute_accrual(phase_number: int, label: str, planned_n: int, participants: Iterable[Participant]) -> PhaseAccrual:
    """Patients of the phase by month of registration and of entry into treatment."""
    patients = [one for one in participants if one.phase_number == phase_number]
    registered = [one.registered_on for one in patients]
    entered = sorted(one.entered_on for one in patients if one.entered_on is not None)
    return PhaseAccrual(
        phase_number=phase_number,
        label=label,
        planned_n=planned_n,
        months=tuple(_count_months(registered, entered)),
        entered_on=tuple(entered),
    )


def _count_months(registered: Sequence[date], entered: Sequence[date]) -> Iterator[AccrualMonth]:
    so_far = 0
    for month in sorted({day.replace(day=1) for day in (*registered, *entered)}):
        now = _in_month(entered, month)
        so_far += now
        yield AccrualMonth(first_day=month, registered=_in_month(registered, month), entered=now, entered_so_far=so_far)


def _in_month(days: Iterable[date], first_day: date) -> int:
    return sum(day.replace(day=1) == first_day for day in days)
