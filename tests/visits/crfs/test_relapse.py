"""When an episode is a relapse, and what its form refuses and asks about."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from tests.visits.crfs.around import PROTOCOL, TODAY, find, keys, make_context
from trialsite.lib.findings import Finding, Severity
from visits.crfs.context import VisitContext
from visits.crfs.relapse.checks import check_relapse, list_exams
from visits.crfs.relapse.form import compute_relapse
from visits.crfs.relapse.rules import (
    CONDITIONS,
    EdssExam,
    OtherRelapse,
    RelapseStatus,
    find_reference,
    find_too_close,
    has_objective_change,
    judge,
)

RULE = PROTOCOL.relapse
ONSET = date(2011, 6, 1)
NORMAL = {"fs_pyramidal": 1, "fs_sensory": 1, "fs_visual": 0}


def day(number: int) -> date:
    return ONSET + timedelta(days=number)


def exam(number: int, on: date, step: str | None = "2.0", **systems: int) -> EdssExam:
    known = None if step is None else Decimal(step)
    return EdssExam(id=UUID(int=number), assessed_on=on, rater_step=known, systems={**NORMAL, **systems})


BEFORE = exam(1, day(-30))
AFTER = exam(2, day(3), "2.5")


def episode(**changes: Any) -> dict[str, Any]:
    return {"onset_on": ONSET, "ended_on": None, **dict.fromkeys(CONDITIONS, True), "exam": AFTER.id, **changes}


def around(*exams: EdssExam, **changes: Any) -> VisitContext:
    related = {"edss_exams": exams or (BEFORE, AFTER), "relapses": (), **changes.pop("related", {})}
    return make_context(visit="unscheduled", related=related, **changes)


def found(context: VisitContext | None = None, /, **changes: Any) -> set[str]:
    return keys(check(context, **changes))


def check(context: VisitContext | None = None, /, **changes: Any) -> list[Finding]:
    return check_relapse(episode(**changes), context or around())


# -- the status


def status(*exams: EdssExam, **changes: Any) -> RelapseStatus:
    return judge(episode(**changes), exams or (BEFORE, AFTER), RULE).status


def test_a_relapse_with_an_objective_change_is_confirmed() -> None:
    assert status() is RelapseStatus.CONFIRMED


@pytest.mark.parametrize("condition", CONDITIONS)
def test_each_condition_excludes_and_each_gap_leaves_suspicion(condition: str) -> None:
    assert status(**{condition: False}) is RelapseStatus.NOT_RELAPSE
    assert status(**{condition: None}) is RelapseStatus.SUSPECTED


def test_one_no_outweighs_any_gap() -> None:
    assert status(lasted_over_24_h=False, is_stable_before=None) is RelapseStatus.NOT_RELAPSE


@pytest.mark.parametrize(
    ("days", "expected"), [(-1, "suspected"), (0, "confirmed"), (30, "confirmed"), (31, "suspected")]
)
def test_an_examination_confirms_within_thirty_days(days: int, expected: str) -> None:
    assert status(BEFORE, exam(2, day(days), "2.5")) is RelapseStatus(expected)


@pytest.mark.parametrize(
    ("step", "systems", "is_change"),
    [
        ("2.5", {}, True),
        ("2.0", {}, False),
        ("1.5", {}, False),
        (None, {}, False),
        ("2.0", {"fs_sensory": 2}, False),
        ("2.0", {"fs_sensory": 3}, True),
        ("2.0", {"fs_sensory": 2, "fs_visual": 1}, True),
        ("2.0", {"fs_sensory": 2, "fs_visual": 0}, False),
        ("2.0", {"fs_sensory": 0, "fs_visual": 1}, False),
        (None, {"fs_visual": 2}, True),
    ],
)
def test_what_is_an_objective_change(step: str | None, systems: dict[str, int], is_change: bool) -> None:
    assert has_objective_change(BEFORE, exam(2, day(3), step, **systems), RULE) is is_change


def test_a_system_graded_only_once_tells_no_change() -> None:
    assert not has_objective_change(BEFORE, exam(2, day(3), "2.0", fs_cerebral=5), RULE)


@pytest.mark.parametrize("exams", [(AFTER,), (BEFORE,), (BEFORE, exam(2, day(3), "2.0"))])
def test_without_a_change_to_see_it_stays_suspected(exams: tuple[EdssExam, ...]) -> None:
    assert status(*exams) is RelapseStatus.SUSPECTED


def test_without_an_onset_nothing_is_confirmed() -> None:
    assert status(onset_on=None) is RelapseStatus.SUSPECTED
    assert status(exam=None) is RelapseStatus.SUSPECTED


@pytest.mark.parametrize(("verdict", "expected"), [("confirmed", "confirmed"), ("not_relapse", "not a relapse")])
def test_an_adjudication_outranks_the_rule(verdict: str, expected: str) -> None:
    judged = judge(episode(adjudicated_as=verdict, lasted_over_24_h=False), (), RULE)
    assert (judged.status, judged.is_adjudicated) == (RelapseStatus(expected), True)


def test_the_last_examination_before_the_onset_is_the_reference() -> None:
    on_the_day = exam(4, ONSET)
    nearest = exam(3, day(-1))
    assert find_reference((BEFORE, nearest, on_the_day, AFTER), ONSET) is nearest
    assert find_reference((on_the_day, AFTER), ONSET) is None


@pytest.mark.parametrize(("days", "is_close"), [(-29, True), (-30, False), (29, True), (30, False), (0, True)])
def test_two_relapses_are_thirty_days_apart(days: int, is_close: bool) -> None:
    other = OtherRelapse(id=UUID(int=9), onset_on=day(days))
    assert (find_too_close(ONSET, (other,), RULE) is not None) is is_close
    assert ("relapse_too_close" in found(around(related={"relapses": (other,)}))) is is_close


def test_the_nearest_relapse_is_named() -> None:
    others = tuple(OtherRelapse(id=UUID(int=9), onset_on=day(days)) for days in (-20, -5, 10))
    asked = find(check(around(related={"relapses": others})), "relapse_too_close")
    assert str(day(-5)) in asked.message
    assert asked.severity is Severity.SOFT


# -- the form


def test_a_sound_entry_raises_nothing() -> None:
    assert found() == set()


def test_an_onset_lies_between_consent_and_today() -> None:
    assert "onset_on_before_consent" in found(onset_on=date(2011, 1, 2), exam=None)
    assert "onset_on_before_consent" not in found(onset_on=date(2011, 1, 3), exam=None)
    assert "onset_on_future" in found(onset_on=TODAY + timedelta(days=1), exam=None)


def test_an_end_is_not_before_the_onset() -> None:
    assert "ended_on_before_onset_on" in found(ended_on=day(-1))
    assert found(ended_on=day(1)) == set()


def test_one_day_is_not_longer_than_a_day() -> None:
    assert found(ended_on=ONSET) == {"one_day_only"}
    assert found(ended_on=ONSET, lasted_over_24_h=False) == set()


@pytest.mark.parametrize(
    ("days", "key"),
    [(-1, "exam_before_onset"), (0, None), (7, None), (8, "exam_late"), (30, "exam_late"), (31, "exam_too_late")],
)
def test_the_examination_is_near_the_onset(days: int, key: str | None) -> None:
    assert found(around(BEFORE, exam(2, day(days)))) == ({key} if key else set())


@pytest.mark.parametrize(
    ("degrees", "days", "is_asked"),
    [("38.0", 0, False), ("38.1", 0, True), ("38.1", 7, True), ("38.1", -7, True), ("38.1", 8, False)],
)
def test_a_fever_on_record_is_asked_about(degrees: str, days: int, is_asked: bool) -> None:
    context = around(related={"temperatures": ((day(days), Decimal(degrees)),)})
    assert ("fever_on_record" in found(context)) is is_asked
    assert "fever_on_record" not in found(context, is_fever_excluded=False)


STEROIDS = {
    "is_steroid_treated": True,
    "steroid_name": "methylprednisolone",
    "steroid_started_on": day(2),
    "steroid_dose_mg": 1000,
    "steroid_days": 3,
}


def test_steroids_are_whole_or_denied() -> None:
    assert found(**STEROIDS) == set()
    assert found(**{**STEROIDS, "steroid_days": None}) == {"steroid_days_missing"}
    assert found(**{**STEROIDS, "is_steroid_treated": False}) == {"steroids_denied"}
    assert found(is_steroid_treated=False) == set()


def test_steroids_start_after_the_onset() -> None:
    assert "steroid_started_on_before_onset_on" in found(**{**STEROIDS, "steroid_started_on": day(-1)})


def test_steroids_stand_among_the_medication() -> None:
    assert found(around(related={"steroid_courses": ()}), **STEROIDS) == {"steroids_not_in_medication"}
    assert found(around(related={"steroid_courses": (day(2),)}), **STEROIDS) == set()


def test_an_adjudication_is_whole() -> None:
    assert found(adjudicated_as="confirmed") == {"adjudicated_by_missing", "adjudicated_on_missing"}
    assert found(adjudicated_as="confirmed", adjudicated_by="Board", adjudicated_on=day(9)) == set()


def test_the_list_offers_examinations_newest_first() -> None:
    assert [label for _, label in list_exams(around())] == [f"{day(3)} (EDSS 2.5)", f"{day(-30)} (EDSS 2.0)"]
    assert exam(1, ONSET, None).label == f"{ONSET} (step missing)"


def test_what_is_shown_beside() -> None:
    other = OtherRelapse(id=UUID(int=9), onset_on=day(-45))
    values = {
        one.label: (one.value, one.note) for one in compute_relapse(episode(), around(related={"relapses": (other,)}))
    }
    assert values["Status"] == ("confirmed", f"objective change since {day(-30)}")
    assert values["Days since the previous relapse"] == ("45", f"it began on {day(-45)}")
    assert values["Examined after the onset"] == ("3 days", f"{day(3)} (EDSS 2.5)")


def test_an_empty_entry_shows_dashes() -> None:
    values = [one.value for one in compute_relapse({}, around())]
    assert values == ["suspected", "—", "—"]
