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
    """The months of one phase from its first patient to its last, without a gap, and each day of entry."""

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
    days = [*registered, *entered]
    if not days:
        return
    so_far = 0
    for month in _months_between(min(days), max(days)):
        now = _in_month(entered, month)
        so_far += now
        yield AccrualMonth(first_day=month, registered=_in_month(registered, month), entered=now, entered_so_far=so_far)


def _months_between(first: date, last: date) -> Iterator[date]:
    month = first.replace(day=1)
    while month <= last:
        yield month
        month = (month.replace(day=28) + _TO_NEXT_MONTH).replace(day=1)


_TO_NEXT_MONTH = date(2001, 1, 5) - date(2001, 1, 1)


def _in_month(days: Iterable[date], month: date) -> int:
    return sum((day.year, day.month) == (month.year, month.month) for day in days)
