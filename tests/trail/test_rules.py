"""The questions of a review, on events made by hand."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from trialsite.trail.rules import Bounds, Stored, review

NOON = datetime(2011, 3, 1, 12, tzinfo=UTC)
EVENT = Stored(
    key="a", at=NOON, local_at=NOON, person="Anna", kind="visits.edss", record="r", is_first=True, changes=(),
    visited_on=date(2011, 3, 1),
)  # fmt: skip
BOUNDS = Bounds(late_after_days=14)
THRESHOLDS = {("visits.edss", "rater_step"): [Decimal("6.5")]}


def ask(*events: Stored) -> list[tuple[str, str]]:
    return [(found.question, found.key) for found in review(events, BOUNDS, THRESHOLDS)]


def corrected(number: int, *, minutes: float = 0, old: object = None, new: object = None) -> Stored:
    at = NOON + timedelta(minutes=minutes)
    changes = (("rater_step", old, new),) if new is not None else ()
    return replace(EVENT, key=str(number), at=at, local_at=at, is_first=False, changes=changes)


def test_an_ordinary_entry_is_not_asked_about() -> None:
    assert ask(EVENT) == []


@pytest.mark.parametrize(("days", "is_late"), [(0, False), (14, False), (15, True), (400, True)])
def test_late_after_the_visit(days: int, is_late: bool) -> None:
    event = replace(EVENT, visited_on=NOON.date() - timedelta(days=days))
    assert ask(event) == ([("late", "a")] if is_late else [])


def test_a_late_correction_and_an_entry_without_a_visit_are_not_late() -> None:
    assert ask(replace(EVENT, visited_on=None)) == []
    assert ask(replace(EVENT, is_first=False, visited_on=date(2001, 1, 1))) == []


@pytest.mark.parametrize(("hour", "is_odd"), [(5, True), (6, False), (21, False), (22, True), (0, True)])
def test_at_night_on_the_clock_of_the_site(hour: int, is_odd: bool) -> None:
    assert ask(replace(EVENT, local_at=NOON.replace(hour=hour))) == ([("odd_hours", "a")] if is_odd else [])


def test_many_corrections_in_a_short_time() -> None:
    dense = [corrected(number, minutes=number * 0.5) for number in range(BOUNDS.burst_of)]
    assert ask(*dense) == [("burst", str(BOUNDS.burst_of - 1))]
    assert ask(*dense[:-1]) == []
    assert ask(*(corrected(number, minutes=number) for number in range(BOUNDS.burst_of * 2))) == []
    two_people = [replace(event, person=f"P{index % 2}") for index, event in enumerate(dense)]
    assert ask(*two_people) == []


def test_one_value_changed_again_and_again() -> None:
    changes = [corrected(number, minutes=number, old=number, new=number + 0.5) for number in range(1, 4)]
    assert ask(*changes) == [("repeated", "3")]
    assert ask(*changes[:2]) == []
    first = corrected(0, old=None, new=1)
    assert ask(first, *changes[:2]) == []


def test_changed_after_a_signature() -> None:
    change = replace(corrected(1, old=1, new=2), signed_at=NOON - timedelta(days=1))
    assert ask(change) == [("after_signature", "1")]
    assert ask(replace(change, signed_at=NOON + timedelta(days=1))) == []
    assert ask(replace(change, changes=())) == []


@pytest.mark.parametrize(
    ("old", "new", "crosses"),
    [("6.5", "7", True), ("7", "6.5", True), ("6", "6.5", False), ("7", "7.5", False), ("x", "7", False), (None, "7", False)],
)  # fmt: skip
def test_across_a_bound_that_decides(old: str | None, new: str, crosses: bool) -> None:
    assert ask(corrected(1, old=old, new=new)) == ([("threshold", "1")] if crosses else [])


def test_a_bound_of_another_form_does_not_count() -> None:
    assert ask(replace(corrected(1, old="6", new="7"), kind="visits.laboratory")) == []
