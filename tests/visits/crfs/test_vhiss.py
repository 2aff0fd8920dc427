"""Venous criteria and the severity score at every threshold, on both sides of it."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.visits.crfs.around import PROTOCOL
from visits.crfs.doppler.segments import BY_KEY, SEGMENTS, Segment
from visits.crfs.doppler.vhiss import VhissResult, csa_change_mm2, read_rows, score, score_rows

THRESHOLDS = PROTOCOL.doppler
A, B, C = (PROTOCOL.vhiss_scheme(key) for key in "ABC")
Rows = dict[str, dict[str, Any]]


def healthy() -> Rows:
    """Every segment read, nothing found: areas 60 mm² lying and 40 mm² sitting, so the change is 20 mm²."""
    return {segment.key: _healthy_row(segment) for segment in SEGMENTS}


def _healthy_row(segment: Segment) -> dict[str, Any]:
    row: dict[str, Any] = {"flow": "antegrade"}
    if segment.is_jugular:
        row |= {"csa_mm2": Decimal(60 if segment.posture == "supine" else 40), "bmode": "none"}
    return row


def with_rows(**changes: Mapping[str, Any]) -> Rows:
    """The healthy rows with some changed."""
    rows = healthy()
    for key, change in changes.items():
        rows[key] |= change
    return rows


def refluxing(seconds: str, flow: str = "reflux") -> dict[str, Any]:
    return {"flow": flow, "reflux_s": Decimal(seconds)}


def judged(rows: Rows, scheme: Any = A, thresholds: Any = THRESHOLDS) -> VhissResult:
    return score(read_rows(rows), thresholds, scheme)


def points(rows: Rows, criterion: int, scheme: Any = A, thresholds: Any = THRESHOLDS) -> int | None:
    return next(part.points for part in judged(rows, scheme, thresholds).sub_scores if part.criterion == criterion)


# -- the segments themselves


def test_there_are_twenty_segments() -> None:
    assert len(BY_KEY) == len(SEGMENTS) == 20
    assert [
        sum(segment.vein == vein for segment in SEGMENTS)
        for vein in ("R_IJV", "L_IJV", "R_VV", "L_VV", "R_DCV", "L_DCV")
    ] == [6, 6, 2, 2, 2, 2]
    assert BY_KEY["R_IJV_J2_sitting"].label == "right internal jugular J2, sitting"
    assert BY_KEY["L_DCV_supine"].label == "left deep cerebral, supine"


@pytest.mark.parametrize("scheme", [A, B, C])
def test_nothing_found_is_zero_not_missing(scheme: Any) -> None:
    result = judged(healthy(), scheme)
    assert (result.total, result.criteria_count, result.positive, result.unknown) == (0, 0, frozenset(), frozenset())
    assert result.blocking == ()
    assert [part.points for part in result.sub_scores] == [0] * 5


@pytest.mark.parametrize("scheme", [A, B, C])
def test_nothing_read_is_missing_not_zero(scheme: Any) -> None:
    result = judged({}, scheme)
    assert result.total is None
    assert result.criteria_count is None
    assert result.unknown == {1, 2, 3, 4, 5}
    assert result.blocking == SEGMENTS


# -- criterion 1: reflux in the neck


@pytest.mark.parametrize(
    ("lying", "sitting", "is_positive"),
    [
        ("0.88", "0.88", False),
        ("0.89", "0.89", True),
        ("0.89", "0.88", False),
        ("0.88", "0.89", False),
        ("30", "0.881", True),
    ],
)
@pytest.mark.parametrize("place", ["R_IJV_J1", "R_IJV_J2", "L_IJV_J3", "R_VV", "L_VV"])
def test_reflux_of_the_neck_lasts_longer_in_both_postures(
    place: str, lying: str, sitting: str, is_positive: bool
) -> None:
    rows = with_rows(**{f"{place}_supine": refluxing(lying), f"{place}_sitting": refluxing(sitting)})
    assert (1 in judged(rows).positive) is is_positive
    assert points(rows, 1) == int(is_positive)


@pytest.mark.parametrize("flow", ["reflux", "bidirectional"])
def test_bidirectional_flow_counts_as_reflux(flow: str) -> None:
    rows = with_rows(R_VV_supine=refluxing("1", flow), R_VV_sitting=refluxing("1", "reflux"))
    assert judged(rows).positive == {1}


def test_reflux_in_one_posture_only_is_none() -> None:
    assert judged(with_rows(R_VV_supine=refluxing("5"))).positive == frozenset()


def test_reflux_at_different_places_in_each_posture_is_none() -> None:
    assert judged(with_rows(R_IJV_J1_supine=refluxing("5"), R_IJV_J2_sitting=refluxing("5"))).positive == frozenset()


def test_a_duration_with_antegrade_flow_is_no_reflux() -> None:
    assert (
        judged(with_rows(R_VV_supine=refluxing("5", "antegrade"), R_VV_sitting=refluxing("5"))).positive == frozenset()
    )


def test_each_vein_of_the_neck_earns_one_point_however_many_places() -> None:
    places = ("R_IJV_J1", "R_IJV_J2", "R_IJV_J3", "L_IJV_J1", "R_VV", "L_VV")
    rows = with_rows(**{f"{place}_{posture}": refluxing("1") for place in places for posture in ("supine", "sitting")})
    assert points(rows, 1) == 4
    (criterion, *_) = judged(rows).criteria
    assert criterion.places[0] == "right internal jugular J1"
    assert len(criterion.places) == 6


def test_reflux_without_a_duration_leaves_the_score_missing() -> None:
    rows = with_rows(R_VV_supine={"flow": "reflux"})
    result = judged(rows)
    assert result.total is None
    assert [segment.key for segment in result.blocking] == ["R_VV_supine"]
    assert result.unknown == {1}
    lenient = replace(THRESHOLDS, absence_in_one_posture_counts_with_reflux=True)
    assert judged(rows, A, lenient).unknown == {1, 4}


# -- criterion 2: deep cerebral veins


@pytest.mark.parametrize(("seconds", "is_positive"), [("0.5", False), ("0.51", True), ("0.88", True)])
@pytest.mark.parametrize("segment", ["R_DCV_supine", "R_DCV_sitting", "L_DCV_supine", "L_DCV_sitting"])
def test_reflux_of_deep_veins_needs_one_posture(segment: str, seconds: str, is_positive: bool) -> None:
    rows = with_rows(**{segment: refluxing(seconds)})
    assert (2 in judged(rows).positive) is is_positive
    assert points(rows, 2) == int(is_positive)
    assert points(rows, 2, B) == 2 * is_positive
    assert points(rows, 1) == 0


# -- criterion 3: defect or stenosis


@pytest.mark.parametrize(("area", "is_positive"), [("30.0", True), ("30.1", False), ("29.9", True), ("0", True)])
def test_a_jugular_vein_is_narrow_at_thirty_square_millimeters(area: str, is_positive: bool) -> None:
    rows = with_rows(
        **{f"R_IJV_{place}_supine": {"csa_mm2": Decimal("32")} for place in ("J1", "J3")},
        R_IJV_J2_sitting={"csa_mm2": Decimal(1)},
    )
    rows["R_IJV_J2_supine"]["csa_mm2"] = Decimal(area)
    assert (3 in judged(rows).positive) is is_positive
    assert points(rows, 3) == int(is_positive)


@pytest.mark.parametrize(("area", "is_positive"), [("50.0", True), ("50.1", False), ("49.9", True)])
def test_half_of_the_widest_place_is_narrow(area: str, is_positive: bool) -> None:
    rows = with_rows(
        L_IJV_J1_supine={"csa_mm2": Decimal(100)},
        L_IJV_J3_supine={"csa_mm2": Decimal(90)},
        L_IJV_J2_supine={"csa_mm2": Decimal(area)},
    )
    assert (3 in judged(rows).positive) is is_positive


def test_an_area_is_compared_within_its_own_vein() -> None:
    rows = with_rows(**{f"R_IJV_{place}_supine": {"csa_mm2": Decimal(200)} for place in ("J1", "J2", "J3")})
    assert 3 not in judged(rows).positive


def test_a_small_area_sitting_is_no_stenosis() -> None:
    assert 3 not in judged(with_rows(R_IJV_J1_sitting={"csa_mm2": Decimal(5)})).positive


@pytest.mark.parametrize(
    "code", ["septum", "valve_malformation", "double_channel", "annulus", "membrane", "other", "stenosis"]
)
@pytest.mark.parametrize("posture", ["supine", "sitting"])
@pytest.mark.parametrize("column", ["bmode", "bmode_second"])
def test_every_finding_in_the_picture_counts(code: str, posture: str, column: str) -> None:
    rows = with_rows(**{f"L_IJV_J3_{posture}": {column: code}})
    assert judged(rows).positive == {3}
    assert points(rows, 3) == 1
    assert points(rows, 3, C) == 1


def test_a_picture_without_findings_does_not_count() -> None:
    assert judged(with_rows(L_IJV_J3_supine={"bmode": "none"})).positive == frozenset()


def test_scheme_c_counts_defect_and_stenosis_apart() -> None:
    rows = with_rows(
        R_IJV_J1_supine={"bmode": "septum", "csa_mm2": Decimal(20)},
        L_IJV_J1_supine={"bmode": "septum", "bmode_second": "stenosis"},
    )
    assert (points(rows, 3), points(rows, 3, B), points(rows, 3, C)) == (2, 2, 4)


# -- criterion 4: no flow


@pytest.mark.parametrize("place", ["R_IJV_J1", "L_IJV_J2", "R_VV", "L_VV"])
def test_no_flow_in_both_postures_counts(place: str) -> None:
    rows = with_rows(**{f"{place}_{posture}": {"flow": "absent"} for posture in ("supine", "sitting")})
    assert judged(rows).positive == {4}
    assert points(rows, 4) == 1


def test_no_flow_in_one_posture_does_not_count() -> None:
    assert judged(with_rows(R_VV_supine={"flow": "absent"})).positive == frozenset()


@pytest.mark.parametrize(("seconds", "counts"), [("0.88", False), ("0.89", True)])
@pytest.mark.parametrize(("empty", "other"), [("supine", "sitting"), ("sitting", "supine")])
def test_no_flow_in_one_posture_counts_with_reflux_where_the_protocol_says_so(
    empty: str, other: str, seconds: str, counts: bool
) -> None:
    rows = with_rows(**{f"R_VV_{empty}": {"flow": "absent"}, f"R_VV_{other}": refluxing(seconds)})
    lenient = replace(THRESHOLDS, absence_in_one_posture_counts_with_reflux=True)
    assert judged(rows).positive == frozenset()
    assert (4 in judged(rows, A, lenient).positive) is counts


# -- criterion 5: the change of area between the postures


@pytest.mark.parametrize(
    ("lying", "sitting", "change", "is_positive", "graded", "plain"),
    [
        ("40.0", "40.1", "-0.1", True, 2, 1),
        ("40.0", "40.0", "0", False, 1, 0),
        ("40.1", "40.0", "0.1", False, 1, 0),
        ("47.0", "40.0", "7", False, 1, 0),
        ("47.1", "40.0", "7.1", False, 0, 0),
    ],
)
@pytest.mark.parametrize("vein", ["R_IJV", "L_IJV"])
def test_the_change_of_area(
    vein: str, lying: str, sitting: str, change: str, is_positive: bool, graded: int, plain: int
) -> None:
    rows = with_rows(
        **{f"{vein}_J2_supine": {"csa_mm2": Decimal(lying)}, f"{vein}_J2_sitting": {"csa_mm2": Decimal(sitting)}}
    )
    assert csa_change_mm2(read_rows(rows), vein) == Decimal(change)
    assert (5 in judged(rows).positive) is is_positive
    assert (points(rows, 5, A), points(rows, 5, B), points(rows, 5, C)) == (graded, plain, plain)


def test_the_published_example() -> None:
    rows = with_rows(R_IJV_J2_supine={"csa_mm2": Decimal("11.54")}, R_IJV_J2_sitting={"csa_mm2": Decimal("12.90")})
    assert csa_change_mm2(read_rows(rows), "R_IJV") == Decimal("-1.36")
    assert 5 in judged(rows).positive


def test_only_the_second_landmark_tells_the_change() -> None:
    rows = with_rows(R_IJV_J1_sitting={"csa_mm2": Decimal(200)}, R_IJV_J3_sitting={"csa_mm2": Decimal(200)})
    assert 5 not in judged(rows).positive


# -- the whole score


def worst() -> Rows:
    """Every point of every scheme: reflux and no flow cannot share a segment, so they share a vein at different places where it has several."""
    rows = healthy()
    for side in "RL":
        for posture in ("supine", "sitting"):
            rows[f"{side}_IJV_J1_{posture}"] |= refluxing("2")
            rows[f"{side}_IJV_J3_{posture}"] |= {"flow": "absent"}
            rows[f"{side}_VV_{posture}"] |= {"flow": "absent"}
            rows[f"{side}_DCV_{posture}"] |= refluxing("1")
        rows[f"{side}_IJV_J2_supine"] |= {"csa_mm2": Decimal(20), "bmode": "septum"}
    return rows


@pytest.mark.parametrize(("scheme", "parts"), [(A, [2, 2, 2, 4, 4]), (B, [2, 4, 2, 4, 2]), (C, [2, 2, 4, 4, 2])])
def test_the_parts_add_up(scheme: Any, parts: list[int]) -> None:
    result = judged(worst(), scheme)
    assert [part.points for part in result.sub_scores] == parts
    assert result.total == sum(parts) == 14
    assert result.criteria_count == 5
    assert result.scheme.maximum == 16


READINGS = st.fixed_dictionaries(
    {
        "flow": st.sampled_from(["", "antegrade", "reflux", "bidirectional", "absent"]),
        "reflux_s": st.none() | st.decimals(0, 2, places=2),
        "csa_mm2": st.none() | st.decimals(0, 100, places=1),
        "bmode": st.sampled_from(["", "none", "septum", "stenosis"]),
        "assessable": st.sampled_from([None, True, True, False]),
    }
)


@given(st.fixed_dictionaries(dict.fromkeys(BY_KEY, READINGS)), st.sampled_from([A, B, C]), st.booleans())
def test_whatever_is_entered_the_score_stays_within_its_bounds(rows: Rows, scheme: Any, is_lenient: bool) -> None:
    result = judged(rows, scheme, replace(THRESHOLDS, absence_in_one_posture_counts_with_reflux=is_lenient))
    assert all(part.points is None or 0 <= part.points <= part.maximum for part in result.sub_scores)
    assert (result.total is None) is bool(result.blocking)
    assert not result.positive & result.unknown
    assert result.total is None or 0 <= result.total <= scheme.maximum


@given(st.fixed_dictionaries(dict.fromkeys(BY_KEY, READINGS)), st.sampled_from(sorted(BY_KEY)))
def test_reading_one_segment_less_never_makes_a_criterion_positive(rows: Rows, key: str) -> None:
    without = {name: row for name, row in rows.items() if name != key}
    assert judged(without).positive <= judged(rows).positive


@pytest.mark.parametrize("scheme", [A, B, C])
@pytest.mark.parametrize("key", sorted(BY_KEY))
def test_any_segment_that_cannot_be_assessed_blocks_the_total_and_is_named(key: str, scheme: Any) -> None:
    rows = with_rows(**{key: {"assessable": False, "flow": "", "csa_mm2": None, "bmode": ""}})
    result = judged(rows, scheme)
    assert result.total is None
    assert [segment.key for segment in result.blocking] == [key]


@pytest.mark.parametrize("key", sorted(BY_KEY))
def test_what_stands_in_an_unassessable_row_is_not_used(key: str) -> None:
    rows = worst()
    rows[key]["assessable"] = False
    assert judged(rows).total is None


def test_a_positive_criterion_stays_positive_when_other_segments_are_unread() -> None:
    rows = {"L_DCV_supine": refluxing("1"), "R_VV_supine": {"flow": "absent"}, "R_VV_sitting": {"flow": "absent"}}
    result = judged(rows)
    assert result.positive == {2, 4}
    assert result.unknown == {1, 3, 5}
    assert result.criteria_count is None


def test_a_missing_picture_blocks_only_the_third_part() -> None:
    result = judged(with_rows(R_IJV_J1_supine={"bmode": ""}))
    assert [part.criterion for part in result.sub_scores if part.points is None] == [3]
    assert judged(with_rows(R_IJV_J1_sitting={"bmode": ""})).total == 0


@pytest.mark.parametrize(
    ("key", "parts"),
    [("R_IJV_J1_supine", [3]), ("R_IJV_J2_supine", [3, 5]), ("R_IJV_J2_sitting", [5]), ("R_IJV_J3_sitting", [])],
)
def test_a_missing_area_blocks_the_parts_that_use_it(key: str, parts: list[int]) -> None:
    result = judged(with_rows(**{key: {"csa_mm2": None}}))
    assert [part.criterion for part in result.sub_scores if part.points is None] == parts


def test_an_assessable_mark_left_empty_is_as_good_as_yes() -> None:
    rows = with_rows(**{key: {"assessable": True} for key in BY_KEY})
    assert judged(rows).total == judged(healthy()).total == 0


def test_the_protocol_brings_thresholds_and_scheme() -> None:
    result = score_rows(worst(), PROTOCOL)
    assert result.scheme is PROTOCOL.vhiss
    strict = replace(PROTOCOL, doppler=replace(THRESHOLDS, neck_reflux_above_s=Decimal(3)))
    assert 1 not in score_rows(worst(), strict).positive
    assert score_rows(worst(), replace(PROTOCOL, vhiss=B)).scheme.key == "B"
