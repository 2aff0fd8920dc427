"""Days on which a trial site works. Pure."""

from datetime import date, timedelta
from functools import cache

import holidays

SATURDAY = 5
TUESDAY, WEDNESDAY, THURSDAY = 1, 2, 3


@cache
def _public_holidays(country: str) -> "holidays.HolidayBase":
    return holidays.country_holidays(country)


def is_working_day(on: date, country: str) -> bool:
    return on.weekday() < SATURDAY and on not in _public_holidays(country)


def working_day_from(on: date, country: str) -> date:
    """The day itself, or the next one on which the site works."""
    while not is_working_day(on, country):
        on += timedelta(days=1)
    return on


def working_day_until(on: date, country: str) -> date:
    """The day itself, or the last one before on which the site worked."""
    while not is_working_day(on, country):
        on -= timedelta(days=1)
    return on


def procedure_day_from(on: date, country: str) -> date:
    """A Tuesday or Wednesday, so that the day after and the day after that are working days too."""
    while on.weekday() not in (TUESDAY, WEDNESDAY) or not all(
        is_working_day(on + timedelta(days=after), country) for after in range(3)
    ):
        on += timedelta(days=1)
    return on


def procedure_day_until(on: date, country: str) -> date:
    """The day itself, or the last one before, that is a working day from Monday to Thursday with another after it."""
    while on.weekday() > THURSDAY or not all(is_working_day(on + timedelta(days=after), country) for after in range(2)):
        on -= timedelta(days=1)
    return on
