"""Reporting duties and their due moments. Pure.

Day 0 is the day on which the clock starts. A duty in hours is due that many hours later to the second. A duty in days is due at the end of
its last day in the site's time zone; calendar days count every day, working days skip Saturdays, Sundays and public holidays.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import holidays

from trialsite.protocol.model import Safety, SafetyClock

SATURDAY = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """One report that is owed. `due_at` is None while the clock has not started, `reported_at` while somebody has not been told."""

    clock: SafetyClock
    due_at: datetime | None
    reported_at: datetime | None

    def is_overdue(self, now: datetime) -> bool:
        """Still owed after the due moment."""
        return self.due_at is not None and self.reported_at is None and now > self.due_at

    @property
    def is_late(self) -> bool:
        """Fulfilled, but after the due moment."""
        return self.due_at is not None and self.reported_at is not None and self.reported_at > self.due_at


def duties(
    safety: Safety,
    events: Collection[str],
    starts: Mapping[str, datetime | None],
    reports: Mapping[str, datetime | None],
    time_zone: str,
) -> list[Duty]:
    """The duties that `events` set off under the trial's regime, in the order of the protocol."""
    return [
        Duty(
            clock=clock,
            due_at=due_moment(clock, starts.get(clock.starts_at), safety.holiday_country, time_zone),
            reported_at=reported_at(clock.receiver, reports),
        )
        for clock in safety.active_clocks
        if clock.applies_to in events
    ]


def due_moment(clock: SafetyClock, start: datetime | None, country: str, time_zone: str) -> datetime | None:
    """When a duty that started at `start` is due, in the site's time."""
    if start is None:
        return None
    zone = ZoneInfo(time_zone)
    if clock.unit == "hours":
        return (start.astimezone(UTC) + timedelta(hours=clock.amount)).astimezone(zone)
    first = start.astimezone(zone).date()
    last = (
        first + timedelta(days=clock.amount)
        if clock.unit == "calendar_days"
        else add_working_days(first, clock.amount, country)
    )
    return datetime.combine(last, time.max, zone)


def add_working_days(day: date, count: int, country: str) -> date:
    """The `count`-th working day after `day`."""
    public_holidays = holidays.country_holidays(country)
    while count:
        day += timedelta(days=1)
        if day.weekday() < SATURDAY and day not in public_holidays:
            count -= 1
    return day


def reported_at(receiver: str, reports: Mapping[str, datetime | None]) -> datetime | None:
    """When the last of the receivers that `receiver` names was told; None while one of them was not."""
    named = [moment for word, moment in reports.items() if word in receiver]
    told = [moment for moment in named if moment is not None]
    return max(told) if told and len(told) == len(named) else None
