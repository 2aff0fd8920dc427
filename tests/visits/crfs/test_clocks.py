"""Reporting clocks: hours, calendar days and working days, around weekends, holidays, the year's end and summer time."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from trialsite.protocol.current import get_protocol
from trialsite.protocol.model import SafetyClock
from visits.crfs.adverse_event.clocks import Duty, add_working_days, due_moment, duties, reported_at

BUFFALO = "America/New_York"


def local(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, second, tzinfo=ZoneInfo(BUFFALO))


def a_clock(amount: int, unit: str, **given: Any) -> SafetyClock:
    usual: dict[str, Any] = {
        "key": "k",
        "label": "A report",
        "regime": "any",
        "applies_to": "serious",
        "starts_at": "site_awareness",
        "sender": "site",
        "receiver": "sponsor",
        "basis": "P",
    }
    return SafetyClock(**{**usual, **given}, amount=amount, unit=unit)  # type: ignore[arg-type]  # a literal in the model


@pytest.mark.parametrize(
    ("day", "count", "expected"),
    [
        (date(2011, 3, 2), 1, date(2011, 3, 3)),  # Wednesday to Thursday
        (date(2011, 3, 4), 1, date(2011, 3, 7)),  # Friday to Monday
        (date(2011, 3, 5), 1, date(2011, 3, 7)),  # Saturday to Monday
        (date(2011, 3, 6), 1, date(2011, 3, 7)),  # Sunday to Monday
        (date(2011, 3, 2), 10, date(2011, 3, 16)),  # two weekends
        (date(2011, 3, 4), 10, date(2011, 3, 18)),  # from a Friday: two weekends
        (date(2011, 5, 27), 1, date(2011, 5, 31)),  # over Memorial Day (30 May)
        (date(2011, 7, 1), 1, date(2011, 7, 5)),  # over Independence Day, a Monday
        (date(2010, 7, 2), 1, date(2010, 7, 6)),  # 4 July 2010 was a Sunday: observed on Monday
        (date(2010, 12, 23), 1, date(2010, 12, 27)),  # Christmas on a Saturday, observed on Friday 24
        (date(2010, 12, 30), 1, date(2011, 1, 3)),  # New Year on a Saturday, observed on Friday 31
        (date(2011, 12, 22), 10, date(2012, 1, 9)),  # over Christmas and New Year, both observed on Mondays
        (date(2011, 3, 2), 0, date(2011, 3, 2)),
    ],
)
def test_working_days_skip_weekends_and_holidays(day: date, count: int, expected: date) -> None:
    assert add_working_days(day, count, "US") == expected


def test_the_country_decides_the_holidays() -> None:
    assert add_working_days(date(2011, 7, 1), 1, "IT") == date(2011, 7, 4)
    assert add_working_days(date(2011, 4, 22), 1, "IT") == date(2011, 4, 26)  # Easter Monday


def test_hours_are_hours_also_when_the_clocks_change() -> None:
    """Summer time began in Buffalo on 13 March 2011 at 2:00: one hour of that night is missing on the wall."""
    due = due_moment(a_clock(24, "hours"), local(2011, 3, 12, 18, 0), "US", BUFFALO)
    assert due == local(2011, 3, 13, 19, 0)
    assert due is not None
    assert due.astimezone(UTC) - local(2011, 3, 12, 18, 0).astimezone(UTC) == timedelta(hours=24)


def test_calendar_days_count_every_day_and_end_with_the_day() -> None:
    due = due_moment(a_clock(7, "calendar_days"), local(2010, 12, 28, 9, 30), "US", BUFFALO)
    assert due is not None
    assert due.date() == date(2011, 1, 4)
    assert local(2011, 1, 4, 23, 59, 59) < due < local(2011, 1, 5)


def test_the_first_day_is_the_day_at_the_site_not_in_utc() -> None:
    """9 at night on 3 March in Buffalo is already 4 March in UTC."""
    start = datetime(2011, 3, 4, 2, 0, tzinfo=UTC)
    due = due_moment(a_clock(1, "working_days"), start, "US", BUFFALO)
    assert due is not None
    assert due.date() == date(2011, 3, 4)


def test_a_clock_that_has_not_started_is_due_never() -> None:
    assert due_moment(a_clock(24, "hours"), None, "US", BUFFALO) is None
    assert not Duty(clock=a_clock(24, "hours"), due_at=None, reported_at=None).is_overdue(local(2030, 1, 1))


@pytest.mark.parametrize(("now", "is_overdue"), [(local(2011, 3, 3, 9, 0), False), (local(2011, 3, 3, 9, 0, 1), True)])
def test_overdue_begins_after_the_due_moment(now: datetime, is_overdue: bool) -> None:
    duty = Duty(clock=a_clock(24, "hours"), due_at=local(2011, 3, 3, 9, 0), reported_at=None)
    assert duty.is_overdue(now) is is_overdue


@pytest.mark.parametrize(("sent", "is_late"), [(local(2011, 3, 3, 9, 0), False), (local(2011, 3, 3, 9, 0, 1), True)])
def test_a_report_may_be_late_but_not_overdue(sent: datetime, is_late: bool) -> None:
    duty = Duty(clock=a_clock(24, "hours"), due_at=local(2011, 3, 3, 9, 0), reported_at=sent)
    assert duty.is_late is is_late
    assert not duty.is_overdue(local(2030, 1, 1))


def test_a_report_to_two_is_made_when_both_know() -> None:
    first, second = local(2011, 3, 2), local(2011, 3, 4)
    assert reported_at("sponsor and review board", {"sponsor": first, "review board": None}) is None
    assert reported_at("sponsor and review board", {"sponsor": first, "review board": second}) == second
    assert reported_at("sponsor", {"sponsor": first, "review board": None}) == first
    assert reported_at("the press", {"sponsor": first}) is None


def test_only_the_clocks_of_the_regime_and_of_the_event_run() -> None:
    safety = get_protocol().safety
    starts = {"site_awareness": local(2011, 3, 2, 9, 0), "sponsor_awareness": None}
    found = duties(safety, {"serious", "unanticipated_device_effect"}, starts, {"sponsor": None}, BUFFALO)
    assert [duty.clock.key for duty in found] == [
        "serious_to_sponsor",
        "device_effect_to_sponsor_and_board",
        "device_effect_to_authority",
    ]
    dues = [duty.due_at and duty.due_at.date() for duty in found]
    assert dues == [date(2011, 3, 3), date(2011, 3, 16), None]
    assert duties(safety, set(), starts, {}, BUFFALO) == []
