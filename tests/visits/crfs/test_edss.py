"""What an examination refuses and what it asks about."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.visits.crfs.around import DAYS, find, keys, make_context
from trialsite.lib.findings import Severity
from visits.crfs.context import VisitContext
from visits.crfs.edss.checks import check_edss
from visits.crfs.edss.form import compute_edss
from visits.crfs.edss.step import SYSTEMS

HERE = make_context("month_1")


def exam(**changes: Any) -> dict[str, Any]:
    """A whole examination: sensory 2, everything else normal, step 2.0."""
    return {
        "assessed_on": DAYS["month_1"],
        "assessed_by": "Rater One",
        "is_blinded_rater": True,
        **dict.fromkeys(SYSTEMS, 0),
        "fs_sensory": 2,
        "ambulation_form": "0-16",
        "ambulation": 0,
        "walking_distance_m": 600,
        "aid": "none",
        "rater_step": Decimal("2.0"),
        **changes,
    }


def found(context: VisitContext = HERE, /, **changes: Any) -> set[str]:
    return keys(check_edss(exam(**changes), context))


def test_a_sound_examination_raises_nothing() -> None:
    assert found() == set()


@pytest.mark.parametrize("step", ["0.5", "0.25", "10.5", "1.2", "-1"])
def test_a_step_off_the_scale_is_refused(step: str) -> None:
    refused = find(check_edss(exam(rater_step=Decimal(step)), HERE), "step_not_on_scale")
    assert (refused.severity, refused.field) == (Severity.HARD, "rater_step")


def test_the_missing_half_step_is_explained() -> None:
    assert "0 to 1.0" in find(check_edss(exam(rater_step=Decimal("0.5")), HERE), "step_not_on_scale").message


@pytest.mark.parametrize(("step", "is_asked"), [("2.0", False), ("1.5", True), ("2.5", True)])
def test_a_step_other_than_derived_is_asked_about(step: str, is_asked: bool) -> None:
    assert ("step_differs" in found(rater_step=Decimal(step))) is is_asked


def test_nothing_is_derived_while_a_grade_is_missing() -> None:
    assert found(fs_visual=None, rater_step=Decimal("5.0")) == set()


def test_mood_alone_raises_no_question_either_way() -> None:
    for step in ("0", "1.0"):
        assert found(fs_sensory=0, fs_cerebral=1, rater_step=Decimal(step)) == set()
    assert "step_differs" in found(fs_sensory=0, fs_cerebral=1, rater_step=Decimal("1.5"))


@pytest.mark.parametrize("system", ["fs_pyramidal", "fs_sensory"])
def test_a_system_of_six_is_asked_about_though_the_step_agrees(system: str) -> None:
    assert found(**{"fs_sensory": 0, system: 6, "rater_step": Decimal("5.0")}) == {"step_below_system"}


@pytest.mark.parametrize(("system", "step"), [("fs_visual", "4.0"), ("fs_bowel_bladder", "5.0")])
def test_visual_and_bladder_may_be_above_the_step(system: str, step: str) -> None:
    assert found(**{"fs_sensory": 0, system: 6, "rater_step": Decimal(step)}) == set()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"walking_distance_m": 499}, {"distance_differs"}),
        ({"walking_distance_m": 500}, set()),
        ({"aid": "unilateral"}, {"aid_differs"}),
        ({"ambulation": 6, "aid": "unilateral", "walking_distance_m": 50, "rater_step": Decimal("6.0")}, set()),
        (
            {"ambulation": 6, "aid": "bilateral", "walking_distance_m": 49, "rater_step": Decimal("6.0")},
            {"distance_differs", "aid_differs"},
        ),
        ({"ambulation": 8, "aid": "unilateral", "walking_distance_m": 49, "rater_step": Decimal("6.5")}, set()),
        ({"ambulation": 11, "aid": "wheelchair", "walking_distance_m": 0, "rater_step": Decimal("7.5")}, set()),
        ({"ambulation": None, "walking_distance_m": 10}, set()),
    ],
)
def test_ambulation_agrees_with_distance_and_aid(changes: dict[str, Any], expected: set[str]) -> None:
    assert found(**changes) == expected


def test_the_older_ambulation_form_is_kept_but_not_judged_by_the_newer_table() -> None:
    older = {"ambulation_form": "0-12", "ambulation": 12, "rater_step": Decimal("9.0"), "aid": "wheelchair"}
    assert found(**older) == set()
    assert found(**{**older, "ambulation": 13}) == {"ambulation_beyond_form"}


def test_step_ten_and_death_go_together() -> None:
    dead = {"ambulation": 16, "rater_step": Decimal("10.0")}
    assert found(**dead) == {"step_10_alive"}
    assert found(make_context("month_1", died_on=DAYS["month_1"]), **dead) == set()
    assert find(check_edss(exam(**{**dead, "rater_step": None}), HERE), "step_10_alive").field == "ambulation"


def test_nobody_is_examined_after_death() -> None:
    day_before = date(2011, 3, 2)
    assert "examined_after_death" in found(make_context("month_1", died_on=day_before))
    assert found(make_context("month_1", died_on=DAYS["month_1"])) == set()


@pytest.mark.parametrize(("before", "is_asked"), [(0, True), (1, False), (2, False), (4, False)])
def test_a_system_much_worse_than_last_time_is_asked_about(before: int, is_asked: bool) -> None:
    context = make_context("month_1", previous={"fs_sensory": before})
    assert ("fs_sensory_worse" in found(context)) is is_asked


@pytest.mark.parametrize(("before", "is_asked"), [("4.0", True), ("3.5", False), ("0", True), ("1.0", False)])
def test_a_step_far_from_last_time_is_asked_about(before: str, is_asked: bool) -> None:
    context = make_context("month_1", previous={"rater_step": Decimal(before)})
    assert ("step_changed_much" in found(context)) is is_asked


def test_a_change_of_rater_is_asked_about() -> None:
    assert found(make_context("month_1", previous={"assessed_by": "Rater Two"})) == {"rater_changed"}
    assert found(make_context("month_1", previous={"assessed_by": " rater one"})) == set()


def test_the_rater_is_certified_and_blinded() -> None:
    assert found(certified_on=DAYS["month_1"]) == set()
    assert found(certified_on=date(2011, 3, 4)) == {"certified_later"}
    assert found(is_blinded_rater=False) == {"rater_unblinded"}


@pytest.mark.parametrize(
    ("step", "visit", "is_asked"), [("7.0", "screening", True), ("6.5", "screening", False), ("7.0", "month_1", False)]
)
def test_a_step_too_high_to_enter_is_asked_about_at_screening(step: str, visit: str, is_asked: bool) -> None:
    context = make_context(visit)
    changes = {"assessed_on": DAYS[visit], "rater_step": Decimal(step), "ambulation": None}
    assert ("step_above_entry" in found(context, **changes)) is is_asked


def shown(context: VisitContext = HERE, /, **changes: Any) -> dict[str, tuple[str, str, bool]]:
    return {one.label: (one.value, one.note, one.is_alert) for one in compute_edss(exam(**changes), context)}


def test_what_is_shown_beside() -> None:
    values = shown(fs_visual=5, fs_bowel_bladder=4, rater_step=Decimal("4.0"))
    assert values["Visual, converted"] == ("3", "from 5", False)
    assert values["Bowel and bladder, converted"] == ("3", "from 4", False)
    assert values["Derived step"][0] == "4.0"
    assert values["Rater and derived step"][0] == "agree"


def test_a_difference_is_an_alert() -> None:
    assert shown(rater_step=Decimal("3.0"))["Rater and derived step"] == ("differ", "3.0 and 2.0", True)


def test_the_other_step_for_mood_is_shown() -> None:
    value, note, _ = shown(fs_sensory=0, fs_cerebral=1)["Derived step"]
    assert (value, note.split()[0]) == ("1.0", "0.0")


def test_nothing_is_shown_of_what_is_missing() -> None:
    values = shown(fs_visual=None, ambulation=None, rater_step=None)
    assert values["Derived step"][0] == "—"
    assert "Rater and derived step" not in values
    assert "Change since the baseline visit" not in values


@pytest.mark.parametrize(
    ("step", "change", "is_progression"), [("2.0", "+1.0", True), ("1.5", "+0.5", False), ("1.0", "+0.0", False)]
)
def test_the_change_since_baseline_is_shown(step: str, change: str, is_progression: bool) -> None:
    context = make_context("month_1", baseline={"rater_step": Decimal("1.0")})
    value, note, _ = shown(context, rater_step=Decimal(step))["Change since the baseline visit"]
    assert (value, bool(note)) == (change, is_progression)
    before = make_context("baseline", baseline={"rater_step": Decimal("1.0")})
    assert "Change since the baseline visit" not in shown(before, rater_step=Decimal(step))
