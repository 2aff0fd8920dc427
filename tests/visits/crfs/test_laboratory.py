"""Laboratory results: the eGFR against published values, units, and the pregnancy test."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.visits.crfs.conftest import keys_of, make_context
from trialsite.lib.findings import Severity
from visits.crfs.context import VisitContext
from visits.crfs.laboratory.checks import check_laboratory, compute_laboratory
from visits.crfs.laboratory.egfr import compute_egfr, to_mg_dl

ON = date(2011, 2, 1)


def mg_dl(value: str) -> dict[str, Any]:
    return {"assessed_on": ON, "creatinine": Decimal(value), "creatinine_unit": "mg_dl"}


@pytest.mark.parametrize(
    ("creatinine", "age", "sex", "rate"),
    [
        # At kappa both powers are 1: 142 x 0.9938^age (x 1.012 for women).
        ("0.9", 50, "M", "104.0"),
        ("0.7", 50, "F", "105.3"),
        # Below and above kappa, computed apart with an arbitrary-precision calculator through logarithms.
        ("0.5", 30, "F", "129.3"),
        ("0.6", 30, "M", "133.2"),
        ("1.0", 50, "M", "91.7"),
        ("1.0", 50, "F", "68.6"),
        ("2.0", 65, "F", "27.2"),
        ("4.0", 80, "M", "14.4"),
    ],
)
def test_the_equation_of_2021(creatinine: str, age: int, sex: str, rate: str) -> None:
    assert compute_egfr(Decimal(creatinine), age, sex) == Decimal(rate)


@pytest.mark.parametrize(
    ("creatinine", "unit", "age", "sex", "rate"), [("1.09", "mg_dl", 55, "M", 80), ("85", "umol_l", 65, "F", 66)]
)
def test_the_values_that_the_national_kidney_foundation_gives(
    creatinine: str, unit: str, age: int, sex: str, rate: int
) -> None:
    """As its calculator of the 2021 equation shows them, rounded to whole numbers (quoted in the tests of pharmaverse admiral)."""
    computed = compute_egfr(to_mg_dl(Decimal(creatinine), unit), age, sex)
    assert computed is not None
    assert round(computed) == rate


@pytest.mark.parametrize(("age", "sex"), [(17, "F"), (40, "X"), (40, "")])
def test_no_rate_for_a_child_or_an_unknown_sex(age: int, sex: str) -> None:
    assert compute_egfr(Decimal("0.9"), age, sex) is None


def test_an_adult_has_a_rate_from_18_on() -> None:
    assert compute_egfr(Decimal("0.9"), 18, "female") is not None


def test_88_4_micromoles_are_one_milligram() -> None:
    assert to_mg_dl(Decimal("88.4"), "umol_l") == 1
    assert to_mg_dl(Decimal("1.25"), "mg_dl") == Decimal("1.25")
    with pytest.raises(ValueError, match="grams"):
        to_mg_dl(Decimal(1), "grams")


def test_both_units_give_the_same_rate(around: VisitContext) -> None:
    micromoles = {"assessed_on": ON, "creatinine": Decimal("88.4"), "creatinine_unit": "umol_l"}
    rates = [
        [value.value for value in compute_laboratory(values, around) if value.label == "eGFR"]
        for values in (mg_dl("1.0"), micromoles)
    ]
    assert rates[0] == rates[1] == ["73.5 mL/min/1.73 m²"]
    assert "Creatinine" in [value.label for value in compute_laboratory(micromoles, around)]


def test_the_formula_is_named(around: VisitContext) -> None:
    assert "CKD-EPI 2021" in next(value.note for value in compute_laboratory(mg_dl("1.0"), around))


@pytest.mark.parametrize(
    ("creatinine", "key"),
    [
        ("0.09", "creatinine_impossible"),
        ("0.1", "creatinine_unusual"),
        ("0.49", "creatinine_unusual"),
        ("0.5", ""),
        ("1.3", ""),
        ("1.31", "creatinine_unusual"),
        ("20", "creatinine_unusual"),
        ("20.01", "creatinine_impossible"),
    ],
)
def test_limits_of_creatinine_hold_in_either_unit(creatinine: str, key: str) -> None:
    context = make_context(sex="")  # without an eGFR, so that only creatinine speaks
    in_micromoles = {"creatinine": Decimal(creatinine) * Decimal("88.4"), "creatinine_unit": "umol_l"}
    for values in (mg_dl(creatinine), in_micromoles):
        assert keys_of(check_laboratory(values, context)) == ({key} if key else set())


@pytest.mark.parametrize(("age", "is_low"), [(60, False), (61, True)])
def test_a_rate_below_60_raises_a_question(age: int, is_low: bool) -> None:
    """A man with 1.35 mg/dL has 60.1 at 60 years and 59.7 at 61."""
    born_on = date(ON.year - age, 1, 1)
    found = keys_of(check_laboratory(mg_dl("1.35"), make_context(sex="M", born_on=born_on)))
    assert ("egfr_low" in found) is is_low


def test_a_number_without_its_unit_is_refused(around: VisitContext) -> None:
    found = check_laboratory({"creatinine": Decimal(1), "creatinine_unit": ""}, around)
    assert [(finding.key, finding.severity) for finding in found] == [("creatinine_without_unit", Severity.HARD)]


@pytest.mark.parametrize(
    ("may_bear", "test", "key"),
    [
        (True, "", "pregnancy_test_missing"),
        (False, "negative", "pregnancy_test_not_applicable"),
        (False, "", None),
        (None, "", None),
    ],
)
def test_the_test_concerns_women_who_can_become_pregnant(may_bear: bool | None, test: str, key: str | None) -> None:
    context = make_context(related={"is_of_childbearing_potential": may_bear})
    values = {"pregnancy_test": test, "pregnancy_test_on": ON if test else None}
    assert keys_of(check_laboratory(values, context)) == ({key} if key else set())


@pytest.mark.parametrize(("tested_on", "is_old"), [(date(2011, 1, 25), False), (date(2011, 1, 24), True)])
def test_a_pregnancy_test_counts_for_seven_days(around: VisitContext, tested_on: date, is_old: bool) -> None:
    values = {"assessed_on": ON, "pregnancy_test": "negative", "pregnancy_test_on": tested_on}
    assert ("pregnancy_test_old" in keys_of(check_laboratory(values, around))) is is_old


def test_a_result_needs_its_date_and_a_date_its_result(around: VisitContext) -> None:
    assert keys_of(check_laboratory({"pregnancy_test": "negative"}, around)) == {"pregnancy_test_undated"}
    without_result = {"pregnancy_test": "not_done", "pregnancy_test_on": ON}
    assert keys_of(check_laboratory(without_result, around)) == {"pregnancy_date_without_test"}


def test_a_positive_test_is_an_alert(around: VisitContext) -> None:
    values = {"pregnancy_test": "positive", "pregnancy_test_on": ON, "assessed_on": ON}
    assert keys_of(check_laboratory(values, around)) == {"pregnancy_test_positive"}
    assert [value.label for value in compute_laboratory(values, around) if value.is_alert] == ["Pregnancy"]


def test_a_rate_that_cannot_be_known_says_what_is_missing() -> None:
    shown = compute_laboratory(mg_dl("1.0"), make_context(sex=""))
    assert [(value.label, value.value) for value in shown] == [("eGFR", "not known")]
    assert compute_laboratory({}, make_context(sex="")) == []
