"""What a Doppler examination refuses and asks about, what it shows, and who may open it."""

from decimal import Decimal
from typing import Any

import pytest

from tests.visits.crfs.around import DAYS, PROTOCOL, find, keys, make_context
from tests.visits.crfs.test_vhiss import healthy, refluxing, with_rows, worst
from trialsite.accounts.models import User
from trialsite.accounts.roles import Instrument, Role
from trialsite.lib.findings import Finding, Severity
from visits.crfs.doppler.checks import check_doppler, has_cell, rows_of
from visits.crfs.doppler.form import DOPPLER, compute_doppler
from visits.crfs.doppler.segments import SEGMENTS

Rows = dict[str, dict[str, Any]]


def form(rows: Rows, visit: str = "baseline", **changes: Any) -> dict[str, Any]:
    cells = {f"segments.{key}.{column}": value for key, row in rows.items() for column, value in row.items()}
    return {"assessed_on": DAYS[visit], "is_blinded_read": True, "reader_total": None, **cells, **changes}


def check(rows: Rows, visit: str = "baseline", **changes: Any) -> list[Finding]:
    return check_doppler(form(rows, visit, **changes), make_context(visit))


def at_follow_up(rows: Rows, **changes: Any) -> set[str]:
    return keys(check(rows, "month_1", **changes))


def test_a_whole_examination_raises_nothing() -> None:
    assert at_follow_up(healthy()) == set()
    assert keys(check(worst())) == set()


def test_rows_come_out_as_they_went_in() -> None:
    rows = rows_of(form(healthy()))
    assert rows["R_IJV_J1_supine"]["csa_mm2"] == 60
    assert set(rows) == {segment.key for segment in SEGMENTS}


@pytest.mark.parametrize(
    ("visit", "is_asked"), [("screening", True), ("baseline", True), ("month_1", False), ("month_6", False)]
)
def test_a_low_total_before_treatment_is_asked_about(visit: str, is_asked: bool) -> None:
    assert ("baseline_total_low" in keys(check(healthy(), visit))) is is_asked


@pytest.mark.parametrize(("veins", "is_asked"), [((), True), (("R_VV",), True), (("R_VV", "L_VV"), False)])
def test_a_total_of_two_is_enough_before_treatment(veins: tuple[str, ...], is_asked: bool) -> None:
    rows = with_rows(**{f"{vein}_{posture}": {"flow": "absent"} for vein in veins for posture in ("supine", "sitting")})
    assert ("baseline_total_low" in keys(check(rows))) is is_asked


def test_a_missing_total_is_not_called_low() -> None:
    assert "baseline_total_low" not in keys(check({"R_VV_supine": {"flow": "antegrade"}}))


@pytest.mark.parametrize(("total", "is_asked"), [(14, False), (13, True), (15, True), (0, True), (None, False)])
def test_the_reader_agrees_with_the_segments(total: int | None, is_asked: bool) -> None:
    assert ("reader_total_differs" in keys(check(worst(), reader_total=total))) is is_asked


def test_a_reader_total_without_a_computable_one_names_the_segments() -> None:
    rows = worst()
    rows["L_VV_sitting"] = {"assessable": False, "not_assessable_reason": "bandage"}
    assert "left vertebral, sitting" in find(check(rows, reader_total=12), "reader_total_differs").message


@pytest.mark.parametrize(("largest", "is_asked"), [("4.9", True), ("5.0", False), ("60", False)])
def test_areas_that_look_like_square_centimeters_are_asked_about(largest: str, is_asked: bool) -> None:
    rows = {key: {**row, "csa_mm2": Decimal("0.6")} if "csa_mm2" in row else row for key, row in healthy().items()}
    rows["R_IJV_J1_supine"]["csa_mm2"] = Decimal(largest)
    assert ("areas_look_like_cm2" in at_follow_up(rows)) is is_asked


def test_one_small_area_alone_says_nothing_about_the_unit() -> None:
    rows = {key: {**row, "csa_mm2": None} for key, row in healthy().items()}
    assert "areas_look_like_cm2" not in at_follow_up(rows)
    rows["R_IJV_J1_supine"]["csa_mm2"] = Decimal("0.6")
    assert "areas_look_like_cm2" not in at_follow_up(rows)


def test_an_unassessable_segment_needs_its_reason() -> None:
    row = {"assessable": False, "flow": "", "csa_mm2": None, "bmode": ""}
    gap = find(check(with_rows(R_IJV_J1_supine=row), "month_1"), "R_IJV_J1_supine_no_reason")
    assert (gap.severity, gap.field) == (Severity.MISSING, "segments.R_IJV_J1_supine.not_assessable_reason")
    assert at_follow_up(with_rows(R_IJV_J1_supine={**row, "not_assessable_reason": "bandage"})) == set()


@pytest.mark.parametrize(
    "change", [{"flow": "antegrade"}, {"csa_mm2": Decimal(3)}, {"bmode": "none"}, {"reflux_s": Decimal(0)}]
)
def test_findings_in_an_unassessable_segment_are_refused(change: dict[str, Any]) -> None:
    row = {"flow": "", "csa_mm2": None, "bmode": "", "assessable": False, "not_assessable_reason": "bandage", **change}
    assert at_follow_up(with_rows(R_IJV_J1_supine=row)) == {"R_IJV_J1_supine_found_unassessable"}


@pytest.mark.parametrize("assessable", [None, True])
def test_a_reason_without_the_mark_is_refused(assessable: bool | None) -> None:
    rows = with_rows(R_VV_supine={"assessable": assessable, "not_assessable_reason": "bandage"})
    assert at_follow_up(rows) == {"R_VV_supine_reason_without_no"}


@pytest.mark.parametrize(
    ("row", "key", "severity"),
    [
        ({"flow": "reflux"}, "R_VV_supine_no_duration", Severity.SOFT),
        ({"flow": "bidirectional"}, "R_VV_supine_no_duration", Severity.SOFT),
        ({"flow": "absent", "reflux_s": Decimal("0.1")}, "R_VV_supine_reflux_without_flow", Severity.HARD),
        ({"flow": "antegrade", "reflux_s": Decimal("0.1")}, "R_VV_supine_duration_without_reflux", Severity.SOFT),
    ],
)
def test_flow_and_duration_belong_together(row: dict[str, Any], key: str, severity: Severity) -> None:
    assert find(check(with_rows(R_VV_supine=row), "month_1"), key).severity is severity


@pytest.mark.parametrize(
    "row", [{"flow": "absent", "reflux_s": Decimal(0)}, {"flow": "antegrade", "reflux_s": Decimal(0)}, refluxing("0.3")]
)
def test_a_duration_of_zero_contradicts_nothing(row: dict[str, Any]) -> None:
    assert at_follow_up(with_rows(R_VV_supine=row)) == set()


@pytest.mark.parametrize(
    ("first", "second", "is_refused"),
    [
        ("septum", "annulus", False),
        ("", "annulus", True),
        ("none", "annulus", True),
        ("septum", "none", True),
        ("septum", "septum", True),
    ],
)
def test_a_second_finding_needs_another_first_one(first: str, second: str, is_refused: bool) -> None:
    rows = with_rows(R_IJV_J1_supine={"bmode": first, "bmode_second": second})
    assert ("R_IJV_J1_supine_second_without_first" in at_follow_up(rows)) is is_refused


def test_rows_left_empty_are_asked_about_by_name() -> None:
    asked = find(check(with_rows(L_DCV_sitting={"flow": ""}), "month_1"), "segments_empty")
    assert "left deep cerebral, sitting" in asked.message
    assert asked.severity is Severity.SOFT
    assert at_follow_up({}) == {"segments_all_empty"}


def test_many_empty_rows_are_not_all_listed() -> None:
    asked = find(check({"R_VV_supine": {"flow": "antegrade"}}), "segments_empty")
    assert "and 13 more" in asked.message


def test_an_unblinded_read_is_asked_about() -> None:
    assert at_follow_up(healthy(), is_blinded_read=False) == {"unblinded_read"}


def test_cells_exist_where_something_is_measured() -> None:
    assert has_cell("R_IJV_J1_supine", "csa_mm2")
    assert not has_cell("R_VV_supine", "csa_mm2")
    assert not has_cell("L_DCV_supine", "bmode")
    assert has_cell("L_DCV_supine", "reflux_s")


# -- what is shown


def shown(rows: Rows, **changes: Any) -> dict[str, tuple[str, str, bool]]:
    return {
        one.label: (one.value, one.note, one.is_alert) for one in compute_doppler(form(rows, **changes), make_context())
    }


def test_a_whole_examination_shows_its_score() -> None:
    values = shown(worst())
    assert values["VHISS total"] == ("14 of 16", "scheme A 1.0", False)
    assert values["VHISS 5"][0] == "4 of 4"
    assert values["Positive criteria"][0] == "5 of 5"
    assert values["Area change, right internal jugular J2"] == ("-20 mm²", "wider sitting than lying", True)
    assert values["VH1 Reflux in the neck, lying and sitting"][:2] == (
        "positive",
        "right internal jugular J1; left internal jugular J1",
    )


def test_a_blocked_total_names_its_segments() -> None:
    values = shown(with_rows(L_VV_sitting={"flow": ""}))
    assert values["VHISS total"] == ("missing", "scheme A 1.0; blocked by left vertebral, sitting", True)
    assert values["VHISS 1"][:2] == ("missing", "1 segment unread")
    assert values["VH1 Reflux in the neck, lying and sitting"][0] == "cannot be told"
    assert values["VH2 Reflux in deep cerebral veins"][0] == "negative"
    assert values["Positive criteria"][0] == "at least 0 of 5"


def test_an_empty_examination_shows_dashes() -> None:
    values = shown({})
    assert values["Area change, left internal jugular J2"][0] == "—"
    assert values["VHISS total"][0] == "missing"


def test_the_score_belongs_to_the_protocols_scheme() -> None:
    assert PROTOCOL.vhiss.key == "A"


# -- who may open it


def person(role: Role, *instruments: Instrument) -> User:
    return User(username=role.value, roles=[role], site_codes=["UB"], instruments=list(instruments), is_active=True)


def test_raters_of_other_instruments_never_see_the_score() -> None:
    for instrument in Instrument:
        rater = person(Role.ASSESSOR, instrument)
        assert DOPPLER.may_view(rater) is (instrument == Instrument.DOPPLER)
        assert DOPPLER.may_enter(rater) is (instrument == Instrument.DOPPLER)


def test_the_operator_and_the_administrator_do_not_open_it() -> None:
    assert not DOPPLER.may_view(person(Role.OPERATOR))
    assert not DOPPLER.may_view(person(Role.ADMIN))
    assert DOPPLER.may_enter(person(Role.COORDINATOR))
    assert not DOPPLER.may_enter(person(Role.MONITOR))
