"""What an MRI form refuses, asks about, needs and shows."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from tests.visits.crfs.around import CONSENTED_ON, DAYS, TODAY, find, keys, make_context
from trialsite.lib.findings import Finding, Severity
from visits.crfs.context import VisitContext
from visits.crfs.mri.checks import check_mri
from visits.crfs.mri.form import MRI, compute_mri
from visits.crfs.mri.scans import EarlierScan, is_follow_up

BASELINE_ID, MONTH_1_ID, STRANGE_ID = UUID(int=1), UUID(int=2), UUID(int=3)
AT_BASELINE = EarlierScan(id=BASELINE_ID, scanned_on=DAYS["baseline"], visit_key="baseline", visit_label="Baseline")
AT_MONTH_1 = EarlierScan(id=MONTH_1_ID, scanned_on=DAYS["month_1"], visit_key="month_1", visit_label="Month 1")


def around(visit: str, *scans: EarlierScan, **changes: Any) -> VisitContext:
    related = {"scans": scans, **changes.pop("related", {})}
    return make_context(visit, related=related, **changes)


AT_MONTH_3 = around("month_3", AT_BASELINE, AT_MONTH_1)


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def scan(**changes: Any) -> dict[str, Any]:
    """A whole scan of month 3 on which the readers agree."""
    return {
        "assessed_on": DAYS["month_3"],
        "has_pacemaker": False,
        "has_ferromagnetic_implant": False,
        "has_claustrophobia": False,
        "is_scan_done": True,
        "scanned_at": noon(DAYS["month_3"]),
        "scanner": "Signa",
        "field_t": "3",
        "is_protocol_followed": True,
        "motion_grade": 0,
        "gd_given": True,
        "gd_agent": "gadobutrol",
        "gd_dose_mmol_kg": Decimal("0.1"),
        "gd_delay_min": 5,
        "reference_scan": MONTH_1_ID,
        "reader_1": "Reader One",
        "reader_2": "Reader Two",
        "is_blinded_read": True,
        "cel_new_reader_1": 1,
        "cel_new_reader_2": 1,
        "t2_new_reader_1": 2,
        "t2_new_reader_2": 2,
        "cel_total": 3,
        "cel_new": 1,
        "t2_total": 30,
        "t2_new": 2,
        "t2_enlarging": 1,
        "t2_also_enhancing": 1,
        "t2_volume_ml": Decimal("10.00"),
        "brain_volume_ml": Decimal("1500.0"),
        "gray_matter_ml": Decimal("800.0"),
        "white_matter_ml": Decimal("700.0"),
        "pbvc_pct": Decimal("-0.20"),
        "venography_done": False,
        "has_incidental_finding": False,
        **changes,
    }


def check(context: VisitContext = AT_MONTH_3, /, **changes: Any) -> list[Finding]:
    return check_mri(scan(**changes), context)


def found(context: VisitContext = AT_MONTH_3, /, **changes: Any) -> set[str]:
    return keys(check(context, **changes))


def test_a_whole_scan_raises_nothing() -> None:
    assert found() == set()


# -- before the scan


def test_an_implant_on_record_cannot_be_denied() -> None:
    context = around("month_3", AT_MONTH_1, related={"implant_since": DAYS["month_3"]})
    refused = find(check(context), "implant_forgotten")
    assert (refused.severity, refused.field) == (Severity.HARD, "has_pacemaker")
    assert found(context, has_ferromagnetic_implant=True) == {"scan_in_spite"}
    assert found(context, has_pacemaker=None) == set()


def test_an_implant_received_later_says_nothing_about_an_earlier_scan() -> None:
    context = around("month_3", AT_MONTH_1, related={"implant_since": date(2011, 5, 3)})
    assert found(context) == set()


@pytest.mark.parametrize("name", ["has_pacemaker", "has_ferromagnetic_implant", "has_claustrophobia"])
def test_a_scan_in_spite_of_a_contraindication_is_asked_about(name: str) -> None:
    assert found(**{name: True}) == {"scan_in_spite"}


def nothing_done(**changes: Any) -> dict[str, Any]:
    blank = dict.fromkeys(scan(), None)
    kept = ("assessed_on", "has_pacemaker", "has_ferromagnetic_implant", "has_claustrophobia")
    return blank | {name: scan()[name] for name in kept} | {"is_scan_done": False, **changes}


def test_no_scan_needs_its_reason_and_nothing_else() -> None:
    assert keys(check_mri(nothing_done(), AT_MONTH_3)) == {"not_done_reason_missing"}
    assert keys(check_mri(nothing_done(not_done_reason="pacemaker", has_pacemaker=True), AT_MONTH_3)) == set()


@pytest.mark.parametrize(
    "result",
    [{"cel_new": 0}, {"t2_volume_ml": Decimal(0)}, {"scanned_at": noon(TODAY)}, {"venography_left_vv": "absent"}],
)
def test_results_without_a_scan_are_refused(result: dict[str, Any]) -> None:
    assert "results_without_scan" in keys(check_mri(nothing_done(not_done_reason="ill", **result), AT_MONTH_3))


# -- the scan


def test_a_scan_lies_between_consent_and_today() -> None:
    assert "scanned_at_future" in found(scanned_at=noon(date(2011, 12, 2)))
    assert "scanned_at_before_consent" in found(around("month_3", AT_MONTH_1), scanned_at=noon(date(2011, 1, 2)))
    assert "scanned_at_before_consent" not in found(scanned_at=noon(CONSENTED_ON))


def test_a_scan_is_dated_by_the_clock_of_the_site() -> None:
    late = datetime(2011, 5, 3, 3, tzinfo=UTC)
    assert found(scanned_at=late) == {"scanned_another_day"}
    assert found(around("month_3", AT_MONTH_1, time_zone="America/New_York"), scanned_at=late) == set()


def test_details_of_gadolinium_need_gadolinium() -> None:
    without = {
        "gd_given": False,
        "gd_not_given_reason": "refused",
        "gd_agent": "",
        "gd_dose_mmol_kg": None,
        "gd_delay_min": None,
    }
    blank = dict.fromkeys(("cel_total", "cel_new", "cel_new_reader_1", "cel_new_reader_2", "t2_also_enhancing"))
    assert found(**without, **blank) == set()
    assert found(**{**without, **blank, "gd_delay_min": 5}) == {"gd_details"}
    assert found(**{**without, **blank, "cel_total": 0}) == {"cel_without_gd"}
    assert found(**{**without, **blank, "gd_not_given_reason": ""}) == {"gd_not_given_reason_missing"}


# -- the reference scan


def test_new_lesions_need_a_reference() -> None:
    refused = find(check(reference_scan=None), "new_without_reference")
    assert (refused.severity, refused.field) == (Severity.HARD, "reference_scan")


def test_a_follow_up_without_reference_and_counts_stays_a_draft() -> None:
    blank = dict.fromkeys(("cel_new", "t2_new", "t2_enlarging", "t2_also_enhancing", "pbvc_pct", "reference_scan"))
    blank |= dict.fromkeys(("cel_new_reader_1", "cel_new_reader_2", "t2_new_reader_1", "t2_new_reader_2"))
    findings = check(**blank)
    assert {finding.severity for finding in findings} == {Severity.MISSING}
    assert {"reference_scan_missing", "cel_new_missing", "t2_new_missing", "pbvc_pct_missing"} <= keys(findings)


def test_a_reference_is_one_of_the_patients_scans() -> None:
    assert "reference_unknown" in found(reference_scan=STRANGE_ID)


@pytest.mark.parametrize(("on", "is_refused"), [(DAYS["month_1"], True), (date(2011, 3, 4), False)])
def test_a_reference_is_earlier(on: date, is_refused: bool) -> None:
    refused = "reference_not_earlier" in found(scanned_at=noon(on), assessed_on=on)
    assert refused is is_refused


def test_the_last_earlier_scan_is_the_reference() -> None:
    assert "reference_not_last" in found(reference_scan=BASELINE_ID)
    assert "reference_not_last" not in found(around("month_3", AT_BASELINE), reference_scan=BASELINE_ID)


def test_a_missing_scan_in_between_is_flagged_with_the_interval() -> None:
    asked = find(check(around("month_3", AT_BASELINE), reference_scan=BASELINE_ID), "reference_interval_long")
    assert "Month 1" in asked.message
    assert asked.severity is Severity.SOFT
    assert "reference_interval_long" not in found()


def test_volume_change_belongs_to_follow_up() -> None:
    early = {"assessed_on": DAYS["baseline"], "scanned_at": noon(DAYS["baseline"]), "reference_scan": None}
    blank = dict.fromkeys(("cel_new", "t2_new", "t2_enlarging", "t2_also_enhancing"))
    blank |= dict.fromkeys(("cel_new_reader_1", "cel_new_reader_2", "t2_new_reader_1", "t2_new_reader_2"))
    assert found(around("baseline"), **early, **blank) == {"pbvc_at_baseline"}
    assert found(around("baseline"), **early, **{**blank, "pbvc_pct": None}) == set()


@pytest.mark.parametrize(
    ("visit", "scans", "expected"),
    [
        ("screening", (), False),
        ("baseline", (), False),
        ("month_1", (), True),
        ("unscheduled", (), False),
        ("unscheduled", (AT_BASELINE,), True),
    ],
)
def test_what_counts_as_follow_up(visit: str, scans: tuple[EarlierScan, ...], expected: bool) -> None:
    assert is_follow_up(around(visit, *scans)) is expected


def test_the_list_offers_earlier_scans_only_newest_first() -> None:
    offered = MRI.links["reference_scan"]
    assert [label for _, label in offered(AT_MONTH_3)] == ["2011-03-03 (Month 1)", "2011-01-20 (Baseline)"]
    assert [label for _, label in offered(around("month_1", AT_BASELINE, AT_MONTH_1))] == ["2011-01-20 (Baseline)"]
    assert offered(around("baseline", AT_BASELINE)) == []


# -- readers


@pytest.mark.parametrize(
    "names", [("reader_1", "reader_2"), ("reader_1", "adjudicated_by"), ("reader_2", "adjudicated_by")]
)
def test_readers_are_different_people(names: tuple[str, str]) -> None:
    findings = check(**{names[0]: "Reader  X", names[1]: "reader x"})
    assert find(findings, f"{names[1]}_is_{names[0]}").severity is Severity.HARD


def test_counts_come_from_blinded_readers() -> None:
    assert found(is_blinded_read=False) == {"counts_unblinded"}


@pytest.mark.parametrize("count", ["cel_new", "t2_new"])
def test_agreeing_readers_give_the_count(count: str) -> None:
    other = {"cel_new": 2, "t2_new": 3, "cel_total": 5}
    assert f"{count}_not_as_read" in found(**{**other, count: other[count]})
    assert found(**{count: None}) == {f"{count}_missing"}


def differing(**changes: Any) -> set[str]:
    return found(**{"t2_new_reader_1": 2, "t2_new_reader_2": 5, **changes})


def test_differing_readers_need_a_third() -> None:
    assert differing(t2_new=None) == {
        "t2_new_to_adjudicate",
        "t2_new_missing",
        "adjudicated_by_missing",
        "adjudicated_on_missing",
    }
    assert {"t2_new_adjudicator_missing", "adjudicated_by_missing"} <= differing(t2_new=3)
    decided = {"adjudicated_by": "Reader Three", "adjudicated_on": DAYS["month_3"]}
    assert differing(t2_new=3, **decided) == set()
    assert differing(t2_new=2, **decided) == set()
    assert differing(t2_new=5, **decided) == set()
    assert differing(t2_new=1, t2_also_enhancing=0, **decided) == {"t2_new_outside_readings"}
    assert differing(t2_new=6, **decided) == {"t2_new_outside_readings"}


# -- numbers


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"cel_total": 0}, "cel_new_above_cel_total"),
        ({"t2_total": 1}, "t2_new_above_t2_total"),
        ({"t2_also_enhancing": 2}, "t2_also_enhancing_above_cel_new"),
    ],
)
def test_a_part_is_not_more_than_the_whole(changes: dict[str, Any], key: str) -> None:
    assert find(check(**changes), key).severity is Severity.HARD


@pytest.mark.parametrize("changes", [{"cel_total": 1}, {"t2_total": 2}, {"t2_also_enhancing": 0}])
def test_a_part_may_be_the_whole(changes: dict[str, Any]) -> None:
    assert found(**changes) == set()


def test_lesions_counted_twice_are_not_more_than_there_are() -> None:
    many = {"cel_new": 9, "cel_new_reader_1": 9, "cel_new_reader_2": 9, "cel_total": 9}
    assert found(**many, t2_also_enhancing=3) == set()
    assert found(**many, t2_also_enhancing=4) == {"overlap_above_active"}


@pytest.mark.parametrize(("gray", "is_asked"), [("815.0", False), ("815.1", True), ("785.0", False), ("784.9", True)])
def test_gray_and_white_matter_make_the_brain_within_one_percent(gray: str, is_asked: bool) -> None:
    assert ("brain_parts_differ" in found(gray_matter_ml=Decimal(gray))) is is_asked


@pytest.mark.parametrize(("before", "is_asked"), [("20.00", False), ("20.02", True), ("6.67", False), ("6.66", True)])
def test_a_lesion_volume_that_changed_by_more_than_half_is_asked_about(before: str, is_asked: bool) -> None:
    context = around("month_3", AT_BASELINE, AT_MONTH_1, previous={"t2_volume_ml": Decimal(before)})
    assert ("t2_volume_ml_changed" in found(context)) is is_asked


def test_a_field_strength_that_is_not_chosen_yet_has_not_changed() -> None:
    context = around("month_3", AT_BASELINE, AT_MONTH_1, previous={"field_t": "3"})
    assert "field_t_changed" not in found(context, field_t="")


# -- veins, incidental findings, what is needed


VEINS = {
    "venography_right_ijv": "pinpoint",
    "venography_left_ijv": "normal",
    "venography_right_vv": "absent",
    "venography_left_vv": "present",
}


def test_venography_is_whole_or_not_done() -> None:
    assert found(venography_done=True, **VEINS) == set()
    assert found(venography_done=True, **{**VEINS, "venography_left_vv": ""}) == {"venography_left_vv_missing"}
    assert found(venography_done=False, **VEINS) == {"veins_without_venography"}


def test_an_incidental_finding_is_named_and_passed_on() -> None:
    assert found(has_incidental_finding=True) == {"incidental_finding_missing", "incidental_not_notified"}
    told = {"incidental_finding": "aneurysm", "incidental_notified_on": DAYS["month_3"]}
    assert found(has_incidental_finding=True, **told) == set()
    assert found(incidental_finding="aneurysm") == {"incidental_denied"}


@pytest.mark.parametrize(
    "name",
    ["scanner", "field_t", "gd_agent", "reader_2", "t2_new_reader_2", "brain_volume_ml", "has_incidental_finding"],
)
def test_a_scan_that_was_done_needs_its_items(name: str) -> None:
    assert find(check(**{name: None}), f"{name}_missing").severity is Severity.MISSING


# -- what is shown


def shown(context: VisitContext = AT_MONTH_3, /, **changes: Any) -> dict[str, tuple[str, str, bool]]:
    return {one.label: (one.value, one.note, one.is_alert) for one in compute_mri(scan(**changes), context)}


def test_what_is_shown_beside() -> None:
    values = shown(venography_done=True, **VEINS)
    assert values["Days since the reference scan"] == ("60", "2011-03-03 (Month 1)", False)
    assert values["Readers on new enhancing lesions"] == ("agree", "1", False)
    assert values["Combined active lesions"][0] == "3"
    assert values["Abnormal veins on venography"][0] == "2 of 4"


def test_an_undecided_difference_is_an_alert() -> None:
    label = "Readers on new T2 lesions"
    assert shown(t2_new_reader_2=4, t2_new=None)[label] == ("differ", "2 and 4", True)
    assert shown(t2_new_reader_2=4, t2_new=3)[label] == ("differ", "2 and 4", False)


def test_nothing_is_computed_from_gaps() -> None:
    values = {one.label: one.value for one in compute_mri({}, around("month_3"))}
    assert set(values.values()) == {"—"}
