"""The one clock of the house.

Everything that needs the present asks here, so that a test or the synthetic trial can hold the moment still. There is no way to move the
clock from a page or a setting.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

_held: ContextVar[datetime | None] = ContextVar("held_moment", default=None)


def now() -> datetime:
    """The present moment, in UTC."""
    return _held.get() or datetime.now(UTC)


def today(time_zone: str = "UTC") -> date:
    """The calendar day it is now in an IANA time zone, such as a site's."""
    return now().astimezone(ZoneInfo(time_zone)).date()


@contextmanager
def held_at(moment: datetime) -> Iterator[None]:
    """Hold the clock at an aware `moment` inside the block."""
    if moment.tzinfo is None:
        raise ValueError("the clock can only be held at a moment with a time zone")
    token = _held.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _held.reset(token)
