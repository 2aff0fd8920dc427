"""Windows and standings of planned visits, at every boundary."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from trialsite.protocol.load import load_protocol
from visits.schedule import Course, Seen, Standing, plan_visits, window_of

PREMISE = load_protocol(Path("trialsite/protocol/premise.toml"))
DAY_0 = date(2012, 2, 29)
TREATED = Course(phase_number=2, anchor_on=DAY_0, is_treated=True)


def standing(key: str, today: date, course: Course = TREATED, seen: dict[str, Seen] | None = None) -> Standing:
    schedule = plan_visits(PREMISE, course, seen or {}, today)
    return next(visit.standing for visit in schedule if visit.planned.key == key)


def attended(on: date) -> Seen:
    return Seen(visited_on=on, is_missed=False)


@pytest.mark.parametrize(
    ("days", "expected"),
    [(22, Standing.EARLY), (23, Standing.DUE), (30, Standing.DUE), (37, Standing.DUE), (38, Standing.OVERDUE)],
)
def test_month_1_is_due_from_day_23_to_day_37(days: int, expected: Standing) -> None:
    assert standing("month_1", DAY_0 + timedelta(days=days)) is expected


@pytest.mark.parametrize(
    ("days", "expected", "off"),
    [
        (22, Standing.OUT_OF_WINDOW, -1),
        (23, Standing.ATTENDED, 0),
        (37, Standing.ATTENDED, 0),
        (39, Standing.OUT_OF_WINDOW, 2),
    ],
)
def test_a_visit_outside_its_window_is_told_by_how_much(days: int, expected: Standing, off: int) -> None:
    seen = {"month_1": attended(DAY_0 + timedelta(days=days))}
    schedule = plan_visits(PREMISE, TREATED, seen, DAY_0 + timedelta(days=200))
    month_1 = next(visit for visit in schedule if visit.planned.key == "month_1")
    assert (month_1.standing, month_1.days_off) == (expected, off)


def test_before_the_draw_only_visits_before_the_procedure_are_open() -> None:
    course = Course(phase_number=2)
    today = date(2012, 1, 10)
    assert standing("screening", today, course) is Standing.DUE
    assert standing("baseline", today, course) is Standing.DUE
    assert standing("procedure", today, course) is Standing.NOT_YET
    assert standing("month_1", today, course) is Standing.NOT_YET


def test_who_waits_for_the_procedure_after_the_draw_owes_it_and_nothing_later() -> None:
    course = replace(TREATED, is_treated=False)
    today = DAY_0 + timedelta(days=30)
    assert standing("procedure", today, course) is Standing.DUE
    assert standing("month_1", today, course) is Standing.NOT_YET


def test_who_was_drawn_but_not_treated_is_followed_from_the_day_of_the_draw() -> None:
    course = replace(TREATED, is_treated=False)
    seen = {"procedure": Seen(visited_on=None, is_missed=True)}
    assert standing("month_1", DAY_0 + timedelta(days=30), course, seen) is Standing.DUE
    assert standing("month_1", DAY_0 + timedelta(days=38), course, seen) is Standing.OVERDUE


def test_a_visit_missed_stays_missed() -> None:
    seen = {"month_3": Seen(visited_on=None, is_missed=True)}
    assert standing("month_3", DAY_0 + timedelta(days=150), seen=seen) is Standing.MISSED


def test_nothing_is_expected_after_the_patient_left_but_what_was_due_before_stays() -> None:
    course = replace(TREATED, left_on=DAY_0 + timedelta(days=40))
    today = DAY_0 + timedelta(days=300)
    assert standing("month_1", today, course) is Standing.OVERDUE
    assert standing("month_3", today, course) is Standing.NOT_EXPECTED
    assert standing("month_6", today, course) is Standing.NOT_EXPECTED


def test_windows_cross_the_end_of_february() -> None:
    window = window_of(PREMISE.visit("month_1"), date(2012, 1, 31))
    assert window is not None
    assert (window.earliest_on, window.target_on, window.latest_on) == (
        date(2012, 2, 23),
        date(2012, 3, 1),
        date(2012, 3, 8),
    )


def test_unscheduled_visits_are_not_planned() -> None:
    keys = [visit.planned.key for visit in plan_visits(PREMISE, TREATED, {}, DAY_0)]
    assert keys == ["screening", "baseline", "procedure", "hour_24", "month_1", "month_3", "month_6"]
