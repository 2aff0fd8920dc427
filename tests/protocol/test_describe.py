import pytest

from tests.protocol.samples import BRAVE, PREMISE
from trialsite.protocol.describe import is_open, list_open_settings
from trialsite.protocol.load import load_protocol
from trialsite.protocol.model import Protocol


@pytest.fixture(scope="module")
def premise() -> Protocol:
    return load_protocol(PREMISE)


@pytest.mark.parametrize(
    ("basis", "expected"),
    [("S1", False), ("S1, S3", False), ("D", False), ("P", True), ("U", True), ("S4, K-med", True), ("", False)],
)
def test_only_sources_and_arithmetic_settle_a_setting(basis: str, expected: bool) -> None:
    assert is_open(basis) is expected


def _rows(protocol: Protocol) -> dict[str, tuple[str, str]]:
    return {row.key: (row.value, row.basis) for row in list_open_settings(protocol)}


def test_what_the_study_team_must_confirm(premise: Protocol) -> None:
    rows = _rows(premise)
    assert rows["vhiss.scheme"] == ("A", "U")
    assert rows["visits[month_1].latest_day"] == ("37", "P")
    assert rows["criteria[I1].parameters"] == ("minimum_years 18, maximum_years 65", "K-med")
    assert rows["phases[2].allocation.ratio"] == ("angioplasty 1, sham 1", "K-med")
    assert rows["phases[2].allocation.strata"] == ("none", "U")
    assert rows["doppler.absence_in_one_posture_counts_with_reflux"] == ("no", "U")
    assert rows["limits.vital_signs.fields.heart_rate_bpm"] == (
        "unit /min, decimals 0, hard_min 20, hard_max 220, soft_min 45, soft_max 110",
        "P",
    )
    assert rows["consent.versions[1.0].valid_from_on"] == ("2010-06-01", "U")


def test_what_a_source_settles_is_not_asked(premise: Protocol) -> None:
    rows = _rows(premise)
    for key in (
        "visits[month_1].day",
        "response.reduction_above_pct",
        "phases[2].doppler_minimum",
        "doppler.stenosis_area_at_most_mm2",
        "sites[UB].time_zone",
        "title",
    ):
        assert key not in rows


def test_a_field_may_rest_on_something_else_than_its_form(premise: Protocol) -> None:
    rows = _rows(premise)
    assert rows["limits.cognition.fields.dkefs_sorts"][1] == "K-med"
    assert "limits.edss.fields.fs_visual" not in rows
    assert rows["limits.edss.fields.walking_distance_m"][1] == "P"


def test_nothing_in_a_protocol_file_says_how_the_order_of_arms_is_made() -> None:
    for path in (PREMISE, BRAVE):
        keys = {row.key.rpartition(".")[2] for row in load_protocol(path).settings if ".allocation." in row.key}
        assert keys == {"ratio", "strata"}


def test_every_setting_stands_once() -> None:
    for path in (PREMISE, BRAVE):
        keys = [setting.key for setting in load_protocol(path).settings]
        assert len(keys) == len(set(keys))
