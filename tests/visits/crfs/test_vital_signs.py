"""Vital signs: order of the pressures, slow hearts and fever at their boundaries."""

from decimal import Decimal

import pytest

from tests.visits.crfs.conftest import keys_of
from visits.crfs.context import VisitContext
from visits.crfs.vital_signs.checks import check_vital_signs, compute_vital_signs


@pytest.mark.parametrize(("systolic", "diastolic", "is_refused"), [(81, 80, False), (80, 80, True), (79, 80, True)])
def test_systolic_lies_above_diastolic(around: VisitContext, systolic: int, diastolic: int, is_refused: bool) -> None:
    found = keys_of(check_vital_signs({"systolic_mmhg": systolic, "diastolic_mmhg": diastolic}, around))
    assert ("pressure_order" in found) is is_refused


def test_one_pressure_alone_is_no_contradiction(around: VisitContext) -> None:
    assert check_vital_signs({"systolic_mmhg": 60, "diastolic_mmhg": None}, around) == []


@pytest.mark.parametrize(("rate", "is_slow"), [(44, True), (45, False), (None, False)])
def test_a_heart_below_45_is_an_alert(around: VisitContext, rate: int | None, is_slow: bool) -> None:
    shown = compute_vital_signs({"heart_rate_bpm": rate}, around)
    assert [value.label for value in shown if value.is_alert] == (["Bradycardia"] if is_slow else [])


@pytest.mark.parametrize(("temperature", "is_fever"), [("38.0", False), ("38.1", True)])
def test_fever_starts_above_38(around: VisitContext, temperature: str, is_fever: bool) -> None:
    shown = compute_vital_signs({"temperature_c": Decimal(temperature)}, around)
    assert bool(shown) is is_fever


def test_the_body_mass_index_needs_both_measures(around: VisitContext) -> None:
    shown = compute_vital_signs({"height_cm": Decimal("180.0"), "weight_kg": Decimal("81.0")}, around)
    assert [(value.label, value.value) for value in shown] == [("Body mass index", "25.0 kg/m²")]
    assert compute_vital_signs({"height_cm": Decimal("180.0"), "weight_kg": None}, around) == []
