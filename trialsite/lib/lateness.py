"""When an entry counts as late: on paper first, or from memory. The same bound for the form and for the review of the trail. Pure."""

from datetime import date

LATE_AFTER_DAYS = 14


def count_days_late(assessed_on: date | None, entered_on: date) -> int:
    """Days from the assessment to the first entry, both on the calendar of the site; 0 where that is not late."""
    days = (entered_on - assessed_on).days if assessed_on else 0
    return days if days > LATE_AFTER_DAYS else 0
