"""Dates of which only the year, or the year and month, may be known.

Written as ISO 8601 with the unknown tail left out: "2009", "2009-04", "2009-04-17".
"""

import re
from calendar import monthrange
from datetime import date
from functools import total_ordering

_SHAPE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)


@total_ordering
class PartialDate:
    """A day known to the day, the month or the year.

    Ordered by the earliest day it may be. To judge an order of events use `is_surely_before`, which does not guess.
    """

    __slots__ = ("day", "month", "year")

    def __init__(self, year: int, month: int | None = None, day: int | None = None) -> None:
        if month is None and day is not None:
            raise ValueError("a day needs its month")
        date(year, month or 1, day or 1)
        self.year, self.month, self.day = year, month, day

    @classmethod
    def parse(cls, text: str) -> "PartialDate":
        """Read "YYYY", "YYYY-MM" or "YYYY-MM-DD"; ValueError says what is wrong."""
        shape = _SHAPE.fullmatch(text.strip())
        if shape is None:
            raise ValueError("Write the date as 2009-04-17, or 2009-04, or 2009.")
        parts = [int(part) for part in shape.groups() if part is not None]
        try:
            return cls(*parts)
        except ValueError:
            raise ValueError(f"There is no such date as {text.strip()}.") from None

    @property
    def earliest(self) -> date:
        return date(self.year, self.month or 1, self.day or 1)

    @property
    def latest(self) -> date:
        month = self.month or 12
        return date(self.year, month, self.day or monthrange(self.year, month)[1])

    def is_surely_before(self, other: "PartialDate | date") -> bool:
        return self.latest < (other.earliest if isinstance(other, PartialDate) else other)

    def is_surely_after(self, other: "PartialDate | date") -> bool:
        return self.earliest > (other.latest if isinstance(other, PartialDate) else other)

    def __str__(self) -> str:
        parts = [f"{self.year:04}", *(f"{part:02}" for part in (self.month, self.day) if part)]
        return "-".join(parts)

    def __repr__(self) -> str:
        return f"PartialDate({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PartialDate) and str(self) == str(other)

    def __lt__(self, other: "PartialDate") -> bool:
        return (self.earliest, self.latest) < (other.earliest, other.latest)

    def __hash__(self) -> int:
        return hash(str(self))
