"""Cognition and timed function: totals, the composite, and every check on both sides of its boundary."""

from decimal import Decimal
from typing import Any

import pytest

from tests.visits.crfs.conftest import keys_of, make_context
from visits.crfs.cognition.checks import check_cognition, compute_cognition, score_session
from visits.crfs.cognition.scoring import mean_all, msfc_z, reciprocal_mean, sum_all
from visits.crfs.context import VisitContext

CVLT = {f"cvlt_trial_{n}": words for n, words in enumerate((6, 9, 11, 12, 13), start=1)}
BVMT = {f"bvmt_trial_{n}": points for n, points in enumerate((4, 7, 9), start=1)}


def test_totals_need_every_trial() -> None:
    assert score_session(CVLT).cvlt_total == 51
    assert score_session(BVMT).bvmt_total == 20
    assert score_session({**CVLT, "cvlt_trial_3": None}).cvlt_total is None
    assert score_session({**BVMT, "bvmt_trial_1": 0}).bvmt_total == 16
    assert sum_all([0, 0]) == 0


def test_means_need_both_trials() -> None:
    assert mean_all([Decimal("5.0"), Decimal("6.0")]) == Decimal("5.5")
    assert mean_all([Decimal("5.0"), None]) is None


def test_the_hands_are_averaged_as_speeds() -> None:
    # 1/20 and 1/25 make 0.05 and 0.04: their mean is 0.045, not 1/22.5.
    assert reciprocal_mean(Decimal(20), Decimal(25)) == Decimal("0.045")
    assert reciprocal_mean(Decimal(20), None) is None


def test_the_composite_is_zero_at_the_reference_means() -> None:
    assert msfc_z(Decimal("0.0439"), Decimal("9.5353"), 45) == pytest.approx(
        Decimal("-0.0008585"), abs=Decimal("0.000001")
    )


def test_each_part_moves_the_composite_by_a_third_of_its_z() -> None:
    base = msfc_z(Decimal("0.0439"), Decimal("9.5353"), 45)
    faster_hands = msfc_z(Decimal("0.0540"), Decimal("9.5353"), 45)
    slower_walk = msfc_z(Decimal("0.0439"), Decimal("20.9411"), 45)
    assert base is not None
    assert faster_hands is not None
    assert slower_walk is not None
    third = Decimal(1) / 3
    assert faster_hands - base == pytest.approx(third, abs=Decimal("1e-20"))
    assert slower_walk - base == pytest.approx(-third, abs=Decimal("1e-20"))


def test_the_composite_is_missing_with_any_part() -> None:
    assert msfc_z(None, Decimal(5), 45) is None
    assert msfc_z(Decimal("0.04"), None, 45) is None
    assert msfc_z(Decimal("0.04"), Decimal(5), None) is None


def test_only_what_can_be_derived_is_shown(around: VisitContext) -> None:
    shown = {value.label: value.value for value in compute_cognition({**CVLT, "t25fw_1_s": Decimal("5.0")}, around)}
    assert shown == {"CVLT-II, total learning": "51"}


@pytest.mark.parametrize(("correct", "errors", "is_refused"), [(105, 5, False), (105, 6, True), (110, 0, False)])
def test_answers_and_errors_fit_into_the_test(
    around: VisitContext, correct: int, errors: int, is_refused: bool
) -> None:
    found = keys_of(check_cognition({"sdmt_correct": correct, "sdmt_errors": errors}, around))
    assert ("sdmt_too_many" in found) is is_refused


@pytest.mark.parametrize(("before", "now", "is_asked"), [("a", "a", True), ("a", "b", False), ("", "a", False)])
def test_the_same_version_twice_raises_a_question(before: str, now: str, is_asked: bool) -> None:
    context = make_context(previous={"alternate_form": before})
    assert ("alternate_form_repeated" in keys_of(check_cognition({"alternate_form": now}, context))) is is_asked


@pytest.mark.parametrize(
    ("validity", "reason", "key"),
    [
        ("invalid", "", "validity_without_reason"),
        ("invalid", "tired", None),
        ("valid", "tired", "reason_without_invalidity"),
        ("valid", "", None),
    ],
)
def test_an_invalid_session_says_why(around: VisitContext, validity: str, reason: str, key: str | None) -> None:
    found = keys_of(check_cognition({"validity": validity, "invalid_reason": reason}, around))
    assert found == ({key} if key else set())


@pytest.mark.parametrize(("last", "is_asked"), [(5, True), (6, False)])
def test_a_falling_learning_curve_raises_a_question(around: VisitContext, last: int, is_asked: bool) -> None:
    assert ("cvlt_falling" in keys_of(check_cognition({**CVLT, "cvlt_trial_5": last}, around))) is is_asked


@pytest.mark.parametrize(("second", "is_asked"), [("9.0", False), ("9.1", True), ("4.0", False), ("3.9", True)])
def test_trials_may_differ_by_half_of_the_faster(around: VisitContext, second: str, is_asked: bool) -> None:
    values = {"t25fw_1_s": Decimal("6.0"), "t25fw_2_s": Decimal(second)}
    assert ("t25fw_2_s_differs" in keys_of(check_cognition(values, around))) is is_asked


@pytest.mark.parametrize(("now", "is_asked"), [(35, False), (34, True), (65, False), (66, True)])
def test_a_change_of_more_than_15_symbols_raises_a_question(now: int, is_asked: bool) -> None:
    context = make_context(previous={"sdmt_correct": 50})
    assert ("sdmt_correct_changed" in keys_of(check_cognition({"sdmt_correct": now}, context))) is is_asked


@pytest.mark.parametrize(("trials", "is_asked"), [((4, 4, 4, 4, 4), False), ((4, 4, 4, 3, 4), True)])
def test_a_low_total_raises_a_question(around: VisitContext, trials: tuple[int, ...], is_asked: bool) -> None:
    values: dict[str, Any] = {f"cvlt_trial_{n}": words for n, words in enumerate(trials, start=1)}
    assert ("cvlt_total_unusual" in keys_of(check_cognition(values, around))) is is_asked
