"""Which visits a patient owes, when, and how each stands on a day. Pure.

Day 0 is the day of the procedure. A patient who was enrolled or drawn but never treated counts from that day instead (protocol section 1.6).
Before a patient is enrolled or drawn, the visits before the procedure are simply open, and nothing later is expected yet. After that the
procedure is open too, and no later visit has a date until it was done or missed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from trialsite.lib.study_day import study_day
from trialsite.protocol.model import PlannedVisit, Protocol


class Standing(StrEnum):
    """How a planned visit stands on a day."""

    NOT_YET = "not yet"
    EARLY = "early"  # its date is known, its window not yet open
    DUE = "due"
    OVERDUE = "overdue"
    ATTENDED = "attended"
    OUT_OF_WINDOW = "out of window"
    MISSED = "missed"
    NOT_EXPECTED = "not expected"  # the patient left the trial before it


@dataclass(frozen=True, slots=True)
class Window:
    """The days on which a visit may take place, and the day meant."""

    earliest_on: date
    target_on: date
    latest_on: date

    def holds(self, on: date) -> bool:
        return self.earliest_on <= on <= self.latest_on


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What is recorded of a visit: attended on a day, or missed."""

    visited_on: date | None
    is_missed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What the schedule needs to know of a patient.

    `anchor_on` is day 0 or None; `is_treated` says whether day 0 is the procedure; `left_on` is the day of withdrawal, death or screening
    failure; `conditions` name what makes some forms due (such as "childbearing").
    """

    phase_number: int
    anchor_on: date | None = None
    is_treated: bool = False
    left_on: date | None = None
    conditions: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledVisit:
    planned: PlannedVisit
    window: Window | None
    standing: Standing
    visited_on: date | None = None

    @property
    def days_off(self) -> int:
        """Days by which the visit missed its window: negative when early, 0 inside."""
        if self.visited_on is None or self.window is None:
            return 0
        if self.visited_on < self.window.earliest_on:
            return study_day(self.window.earliest_on, self.visited_on)
        return max(0, study_day(self.window.latest_on, self.visited_on))


def window_of(planned: PlannedVisit, anchor_on: date | None) -> Window | None:
    """The window of a planned visit around day 0; None while day 0 is unknown or the visit has no day."""
    if anchor_on is None or planned.day is None or planned.earliest_day is None or planned.latest_day is None:
        return None
    earliest, target, latest = (
        anchor_on + timedelta(days=days) for days in (planned.earliest_day, planned.day, planned.latest_day)
    )
    return Window(earliest, target, latest)


def plan_visits(protocol: Protocol, course: Course, seen: Mapping[str, Seen], today: date) -> list[ScheduledVisit]:
    """Every planned visit of the patient's phase in order, with its window and how it stands today."""
    planned = [visit for visit in protocol.visits_of_phase(course.phase_number) if visit.kind != "unscheduled"]
    is_awaiting = not course.is_treated and not any(
        visit.kind == "procedure" and visit.key in seen for visit in planned
    )
    known = replace(course, anchor_on=None) if is_awaiting else course
    ahead = _AHEAD if course.anchor_on is None else _AHEAD - {"procedure"}
    return [_schedule(visit, known, seen.get(visit.key), today, ahead) for visit in planned]


# Kinds of visits nobody expects while they have no day; the procedure is one until the patient is enrolled or drawn.
_AHEAD = frozenset({"procedure", "follow_up"})


def _schedule(
    planned: PlannedVisit, course: Course, seen: Seen | None, today: date, ahead: frozenset[str]
) -> ScheduledVisit:
    window = window_of(planned, course.anchor_on)
    standing = _standing_seen(seen, window) if seen else _standing_unseen(planned, course, window, today, ahead)
    return ScheduledVisit(
        planned=planned, window=window, standing=standing, visited_on=seen.visited_on if seen else None
    )


def _standing_seen(seen: Seen, window: Window | None) -> Standing:
    if seen.is_missed:
        return Standing.MISSED
    is_outside = window is not None and seen.visited_on is not None and not window.holds(seen.visited_on)
    return Standing.OUT_OF_WINDOW if is_outside else Standing.ATTENDED


def _standing_unseen(
    planned: PlannedVisit, course: Course, window: Window | None, today: date, ahead: frozenset[str]
) -> Standing:
    if course.left_on is not None and (window is None or window.earliest_on > course.left_on):
        return Standing.NOT_EXPECTED
    if window is None:
        return Standing.NOT_YET if planned.kind in ahead else Standing.DUE
    if planned.kind == "procedure" and not course.is_treated:
        return Standing.DUE
    if today < window.earliest_on:
        return Standing.EARLY
    return Standing.DUE if today <= window.latest_on else Standing.OVERDUE


def next_open(schedule: Iterable[ScheduledVisit]) -> ScheduledVisit | None:
    """The earliest visit that still waits for the patient."""
    waiting = {Standing.DUE, Standing.OVERDUE, Standing.EARLY}
    return next((visit for visit in schedule if visit.standing in waiting), None)
