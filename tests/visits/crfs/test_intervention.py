"""The restricted part: arms and inflations, lesions at 50 %, rows that agree with themselves, and who may open it."""

from typing import Any

import pytest

from tests.visits.crfs.conftest import keys_of, make_context
from trialsite.accounts.models import User
from trialsite.accounts.roles import BLINDED, Role
from visits.crfs.context import VisitContext
from visits.crfs.intervention.checks import (
    check_intervention,
    compute_intervention,
    count_inflations,
    is_abnormal_at_ivus,
    is_abnormal_at_venography,
)
from visits.crfs.intervention.form import INTERVENTION
from visits.crfs.intervention.model import Intervention, InterventionVein

EXAMINED: dict[str, Any] = {
    "is_examined": True,
    "venography_stenosis_pct": 70,
    "lesions": ["stenosis"],
    "ivus_done": False,
    "inflation_count": 0,
}
TREATED: dict[str, Any] = {
    **EXAMINED,
    "inflation_count": 2,
    "balloon_diameter_mm": 12,
    "balloon_length_mm": 40,
    "inflation_pressure_atm": 8,
    "rated_burst_atm": 10,
    "inflation_duration_s": 60,
    "device_model": "B12",
    "device_lot": "L1",
    "residual_stenosis_pct": 20,
}


def values_of(**rows: dict[str, Any]) -> dict[str, Any]:
    """Rows by vein, as the names of the grid's inputs."""
    return {f"veins.{vein}.{column}": value for vein, row in rows.items() for column, value in row.items()}


def found_in(context: VisitContext, **rows: dict[str, Any]) -> set[str]:
    return keys_of(check_intervention(values_of(**rows), context))


@pytest.mark.parametrize(
    ("arm", "row", "key"),
    [
        ("sham", EXAMINED, None),
        ("sham", {**TREATED, "inflation_count": 1}, "inflation_in_sham"),
        ("angioplasty", {**TREATED, "inflation_count": 1}, None),
        ("angioplasty", EXAMINED, "no_inflation"),
        ("open", EXAMINED, "no_inflation"),
        ("open", TREATED, None),
        (None, EXAMINED, None),
        (None, TREATED, None),
    ],
)
def test_no_balloon_in_the_sham_arm_and_one_at_least_elsewhere(
    arm: str | None, row: dict[str, Any], key: str | None
) -> None:
    assert found_in(make_context(related={"arm": arm}), R_IJV=row) == ({key} if key else set())


def test_inflations_count_over_all_veins() -> None:
    assert count_inflations(values_of(R_IJV=EXAMINED, L_IJV=TREATED, AZYGOS={**TREATED, "inflation_count": 3})) == 5
    assert count_inflations(values_of(R_IJV={"inflation_count": None})) is None
    treated_elsewhere = {"R_IJV": EXAMINED, "AZYGOS": TREATED}
    assert found_in(make_context(related={"arm": "angioplasty"}), **treated_elsewhere) == set()


@pytest.mark.parametrize(("narrowing", "is_abnormal"), [(49, False), (50, True), (None, False)])
def test_a_lesion_counts_from_50_percent_on(around: VisitContext, narrowing: int | None, is_abnormal: bool) -> None:
    assert is_abnormal_at_venography({"venography_stenosis_pct": narrowing}, around) is is_abnormal
    assert is_abnormal_at_ivus({"ivus_done": True, "ivus_restriction_pct": narrowing}, around) is is_abnormal


@pytest.mark.parametrize("sign", ["has_intraluminal_defect", "has_reduced_pulsatility"])
def test_ultrasound_inside_has_two_more_signs(around: VisitContext, sign: str) -> None:
    assert is_abnormal_at_ivus({"ivus_done": True, "ivus_restriction_pct": 10, sign: True}, around)
    assert not is_abnormal_at_ivus({"ivus_done": False, sign: True}, around)


@pytest.mark.parametrize(("narrowing", "is_asked"), [(49, True), (50, False)])
def test_no_lesion_at_all_raises_a_question(around: VisitContext, narrowing: int, is_asked: bool) -> None:
    row = {**EXAMINED, "venography_stenosis_pct": narrowing}
    assert ("no_lesion" in found_in(around, R_IJV=row)) is is_asked
    assert "no_lesion" not in found_in(around, R_IJV=row, L_IJV=EXAMINED)


@pytest.mark.parametrize("column", ["venography_stenosis_pct", "lesions", "inflation_count"])
def test_every_arm_answers_the_same(around: VisitContext, column: str) -> None:
    """An examined vein needs the same entries whether or not a balloon follows; 0 inflations are an entry."""
    row = {**EXAMINED, column: None}
    found_by_arm = [
        {key for key in found_in(make_context(related={"arm": arm}), R_IJV=row) if key.endswith("_missing")}
        for arm in ("sham", "angioplasty", "open", None)
    ]
    assert found_by_arm == [{f"R_IJV_{column}_missing"}] * 4


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({}, None),
        ({"residual_stenosis_pct": 70}, None),
        ({"residual_stenosis_pct": 71}, "L_IJV_residual_above_baseline"),
        ({"inflation_pressure_atm": 10}, None),
        ({"inflation_pressure_atm": 11}, "L_IJV_above_burst"),
        ({"device_lot": ""}, "L_IJV_device_lot_missing"),
        ({"lesions": ["normal", "stenosis"]}, "L_IJV_normal_and_lesion"),
        ({"ivus_restriction_pct": 60}, "L_IJV_ivus_restriction_pct_without_ivus"),
        ({"ivus_restriction_pct": 60, "ivus_done": True}, None),
        ({"is_examined": False}, "L_IJV_not_examined"),
        ({"is_examined": None}, "L_IJV_not_examined"),
        ({"inflation_count": 0}, "L_IJV_inflation_pressure_atm_without_inflation"),
    ],
)
def test_a_row_agrees_with_itself(around: VisitContext, changes: dict[str, Any], key: str | None) -> None:
    found = found_in(around, L_IJV={**TREATED, **changes})
    assert key in found if key else found == set()


def test_a_finding_stands_at_its_cell(around: VisitContext) -> None:
    found = check_intervention(values_of(AZYGOS={**TREATED, "residual_stenosis_pct": 90}), around)
    assert [finding.field for finding in found] == ["veins.AZYGOS.residual_stenosis_pct"]


@pytest.mark.parametrize(("residual", "word"), [(49, "successful"), (50, "not successful")])
def test_success_leaves_less_than_50_percent(around: VisitContext, residual: int, word: str) -> None:
    shown = compute_intervention(values_of(R_IJV={**TREATED, "residual_stenosis_pct": residual}), around)
    assert shown[0].value.split(", ") == ["venography abnormal", word]
    assert (shown[1].label, shown[1].value) == ("Inflations, all veins", "2")


def test_antithrombotic_treatment_is_named(around: VisitContext) -> None:
    seen = values_of(AZYGOS=EXAMINED)
    assert keys_of(check_intervention({**seen, "antithrombotic_after": "both"}, around)) == {
        *keys_of(check_intervention(seen, around)),
        "antithrombotic_unsaid",
    }
    assert "antithrombotic_unsaid" not in keys_of(check_intervention({**seen, "antithrombotic_after": "none"}, around))


def test_a_form_without_any_vein_examined_is_asked_about_in_every_arm(around: VisitContext) -> None:
    assert "no_vein_examined" in keys_of(check_intervention({"script_steps": ["catheter"]}, around))
    assert "no_vein_examined" not in keys_of(check_intervention(values_of(OTHER=EXAMINED), around))


@pytest.mark.parametrize("role", sorted(BLINDED))
def test_no_blinded_role_opens_it(role: Role) -> None:
    user = User(username="u", roles=[role], instruments=["edss", "cognition"])
    assert not INTERVENTION.may_view(user)
    assert not INTERVENTION.may_enter(user)


def test_its_team_enters_it_and_the_statistician_reads_it() -> None:
    assert INTERVENTION.may_enter(User(username="o", roles=[Role.OPERATOR]))
    statistician = User(username="s", roles=[Role.STATISTICIAN])
    assert INTERVENTION.may_view(statistician)
    assert not INTERVENTION.may_enter(statistician)


def test_form_and_rows_are_marked_as_restricted() -> None:
    assert Intervention.IS_RESTRICTED
    assert InterventionVein.IS_RESTRICTED
    assert INTERVENTION.is_restricted
