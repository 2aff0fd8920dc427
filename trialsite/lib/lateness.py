"""When an entry counts as late: on paper first, or from memory. The same for the form, its cell and the trail. Pure."""

from datetime import date


def count_days_late(assessed_on: date | None, entered_on: date, *, late_after_days: int) -> int:
    """Days from the assessment to the first entry, both on the calendar of the site; 0 where that is not late."""
    days = (entered_on - assessed_on).days if assessed_on else 0
    return days if days > late_after_days else 0
