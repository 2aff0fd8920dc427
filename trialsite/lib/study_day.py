"""Study days: day 0 is the day of the procedure, the day before it is -1."""

from datetime import date


def study_day(anchor_on: date, on: date) -> int:
    """Days from the anchor (day 0) to `on`; negative before it."""
    return (on - anchor_on).days


def age_in_years(born_on: date, on: date) -> int:
    """Completed years of age on a day. Born on 29 February, one is a year older on 1 March of a common year."""
    return on.year - born_on.year - ((on.month, on.day) < (born_on.month, born_on.day))
