import datetime as dt
from dataclasses import FrozenInstanceError, replace
from decimal import Decimal

import pytest

from tests.protocol.samples import BRAVE, PREMISE
from trialsite.protocol.load import load_protocol
from trialsite.protocol.model import ConsentVersion, Limit, Protocol


@pytest.fixture(scope="module")
def premise() -> Protocol:
    return load_protocol(PREMISE)


@pytest.fixture(scope="module")
def brave() -> Protocol:
    return load_protocol(BRAVE)


def test_premise_is_the_trial_of_two_phases(premise: Protocol) -> None:
    assert (premise.key, premise.acronym, premise.registry) == ("premise", "PREMiSe", "NCT01450072")
    first, second = premise.phases
    assert (first.design, first.planned_n, first.arms) == ("open", 10, ("open",))
    assert (second.design, second.planned_n, second.screened_n) == ("randomized", 20, 30)
    assert first.allocation is None
    assert second.allocation is not None
    assert second.allocation.ratio == {"angioplasty": 1, "sham": 1}
    assert second.allocation.strata == ()


def test_the_deep_cerebral_veins_count_in_phase_1_only(premise: Protocol) -> None:
    assert premise.phase(1).doppler_criteria == (1, 2, 3, 4, 5)
    assert premise.phase(2).doppler_criteria == (1, 3, 4, 5)
    assert premise.phase(1).doppler_minimum == premise.phase(2).doppler_minimum == 2


def test_visits_of_premise(premise: Protocol) -> None:
    windows = [(visit.key, visit.earliest_day, visit.day, visit.latest_day) for visit in premise.visits_of_phase(2)]
    assert windows == [
        ("screening", -60, -30, -1),
        ("baseline", -30, -7, -1),
        ("procedure", 0, 0, 0),
        ("hour_24", 1, 1, 2),
        ("month_1", 23, 30, 37),
        ("month_3", 76, 90, 104),
        ("month_6", 166, 180, 194),
        ("unscheduled", None, None, None),
    ]
    assert (premise.visit("hour_24").earliest_hours, premise.visit("hour_24").latest_hours) == (18, 36)


def test_thresholds_of_premise(premise: Protocol) -> None:
    assert premise.doppler.neck_reflux_above_s == Decimal("0.88")
    assert premise.doppler.intracranial_reflux_above_s == Decimal("0.5")
    assert premise.doppler.stenosis_area_at_most_mm2 == 30
    assert premise.response.reduction_above_pct == 75
    assert premise.screening_edss_max == Decimal("6.5")
    assert premise.steroid_window_days == 30
    assert premise.pregnancy_test_max_days == 7


def test_numbers_are_exact_decimals(premise: Protocol) -> None:
    limit = premise.limit("vital_signs", "heart_rate_bpm")
    assert limit == Limit(
        hard_min=Decimal(20),
        hard_max=Decimal(220),
        soft_min=Decimal(45),
        soft_max=Decimal(110),
        unit="/min",
        decimals=0,
        soft_change=None,
    )


@pytest.mark.parametrize(
    ("value", "refused", "questioned"),
    [
        (44, False, True),
        (45, False, False),
        (110, False, False),
        (111, False, True),
        (19, True, True),
        (221, True, True),
    ],
)
def test_a_limit_includes_its_bounds(premise: Protocol, value: int, refused: bool, questioned: bool) -> None:
    limit = premise.limit("vital_signs", "heart_rate_bpm")
    assert limit is not None
    assert (limit.refuses(value), limit.questions(value)) == (refused, questioned)


def test_a_field_range_stands_for_each_field(premise: Protocol) -> None:
    for i in range(1, 6):
        assert premise.limit("cognition", f"cvlt_trial_{i}") is not None
    assert premise.limit("cognition", "cvlt_trial_6") is None
    assert premise.limit("cognition", "t25fw_2_s") is not None


def test_every_number_of_the_quality_of_life_forms_has_its_range(premise: Protocol) -> None:
    counts = {"msqol": 54, "fss": 9, "mfis": 21}
    items = {f"{form}_{i}" for form, count in counts.items() for i in range(1, count + 1)}
    sums = {"bdi_fs_total", "bdi_fs_item_7", "msis_physical", "msis_psychological"}
    assert set(premise.limits["quality_of_life"]) == items | sums


def test_an_unlimited_field_has_no_limit(premise: Protocol) -> None:
    assert premise.limit("vital_signs", "color_of_socks") is None
    assert premise.limit("no_form", "heart_rate_bpm") is None


@pytest.mark.parametrize("key", ["A", "B", "C"])
def test_each_scheme_reaches_16(premise: Protocol, key: str) -> None:
    scheme = premise.vhiss_scheme(key)
    assert sum(part.maximum for part in scheme.parts) == scheme.maximum == 16


def test_the_three_schemes_share_their_points_differently(premise: Protocol) -> None:
    maxima = {s.key: [s.part(n).maximum for n in (1, 2, 3, 4, 5)] for s in premise.vhiss_schemes}
    assert maxima == {"A": [4, 2, 2, 4, 4], "B": [4, 4, 2, 4, 2], "C": [4, 2, 4, 4, 2]}
    assert premise.vhiss == premise.vhiss_scheme("A")


def test_a_form_named_twice_is_required_when_one_line_says_so(premise: Protocol) -> None:
    visit = premise.visit("month_1")

    def laboratory(conditions: set[str]) -> list[bool]:
        return [due.is_required for due in visit.forms_due(conditions) if due.form == "laboratory"]

    assert laboratory(set()) == [False]
    assert laboratory({"childbearing"}) == [True]


def test_a_blinding_guess_is_due_in_randomized_phases_only(premise: Protocol) -> None:
    visit = premise.visit("month_6")
    assert "blinding_guess" not in [due.form for due in visit.forms_due(())]
    assert "blinding_guess" in [due.form for due in visit.forms_due({"randomized"})]


@pytest.mark.parametrize(
    ("lookup", "wanted"),
    [
        ("phase", 3),
        ("arm", "placebo"),
        ("visit", "month_2"),
        ("site", "XX"),
        ("criterion", "I99"),
        ("vhiss_scheme", "D"),
        ("consent_version", "9"),
        ("visits_of_phase", 3),
        ("criteria_of_phase", 3),
    ],
)
def test_an_unknown_name_is_named(premise: Protocol, lookup: str, wanted: object) -> None:
    with pytest.raises(KeyError, match=rf"the protocol has no .* {wanted!r}"):
        getattr(premise, lookup)(wanted)


def test_patient_numbers(premise: Protocol, brave: Protocol) -> None:
    assert premise.phase(2).patient_number(7, "UB") == "P2-007"
    assert brave.phase(1).patient_number(7, "C3") == "C3-007"
    assert brave.phase(1).is_patient_number("C3-007")
    assert not brave.phase(1).is_patient_number("-007")
    assert premise.phase(2).is_patient_number("P2-007")
    assert premise.phase(2).is_patient_number("P2-1234")
    for wrong in ("P1-007", "P2-07", "P2-007x", "P2-007\n", "P2-\u0660\u0660\u0667", ""):
        assert not premise.phase(2).is_patient_number(wrong)


def test_a_pattern_without_zeros_takes_any_number_of_digits(premise: Protocol) -> None:
    phase = replace(premise.phase(2), patient_number_pattern="A.{n}")
    assert phase.patient_number(12, "UB") == "A.12"
    assert phase.is_patient_number("A.12")
    assert not phase.is_patient_number("AB12")


def test_fields_to_be_compared_with_the_source(premise: Protocol) -> None:
    assert premise.is_critical("mri", "cel_new")
    assert not premise.is_critical("mri", "cel_total")


def test_criteria_of_a_phase(premise: Protocol) -> None:
    codes = [criterion.code for criterion in premise.criteria_of_phase(2)]
    assert codes == [*(f"I{i}" for i in range(1, 9)), *(f"E{i}" for i in range(1, 12))]


def test_a_trial_without_a_criterion_has_no_such_bound(premise: Protocol) -> None:
    bare = replace(premise, criteria=())
    assert (bare.screening_edss_max, bare.steroid_window_days, bare.pregnancy_test_max_days) == (None, None, None)


@pytest.mark.parametrize(
    ("baseline", "rise"), [("0", "1.5"), ("1.0", "1.0"), ("5.0", "1.0"), ("5.5", "0.5"), ("10", "0.5")]
)
def test_progression_depends_on_the_baseline(premise: Protocol, baseline: str, rise: str) -> None:
    assert premise.edss.progression_rise(Decimal(baseline)) == Decimal(rise)


def test_progression_from_no_step_is_refused(premise: Protocol) -> None:
    with pytest.raises(KeyError, match=r"no progression step for a baseline EDSS of 0\.5"):
        premise.edss.progression_rise(Decimal("0.5"))


def test_clocks_of_another_regime_do_not_run(premise: Protocol, brave: Protocol) -> None:
    american = {clock.key for clock in premise.safety.active_clocks}
    european = {clock.key for clock in brave.safety.active_clocks}
    assert "device_effect_to_authority" in american - european
    assert "eu_serious_to_sponsor" in european - american
    assert "serious_to_sponsor" in american & european
    clock = premise.safety.clock("device_effect_to_authority")
    assert (clock.amount, clock.unit) == (10, "working_days")


def test_a_consent_version_holds_on_its_first_and_last_day() -> None:
    version = ConsentVersion(version="2", valid_from_on=dt.date(2011, 1, 1), valid_to_on=dt.date(2011, 12, 31))
    days = [dt.date(2010, 12, 31), dt.date(2011, 1, 1), dt.date(2011, 12, 31), dt.date(2012, 1, 1)]
    assert [version.is_valid_on(day) for day in days] == [False, True, True, False]


def test_nothing_can_be_changed(premise: Protocol) -> None:
    phase = premise.phase(2)
    assert phase.allocation is not None
    with pytest.raises(FrozenInstanceError):
        phase.planned_n = 21  # type: ignore[misc]  # the refusal is what is tested
    with pytest.raises(TypeError):
        phase.allocation.ratio["sham"] = 2  # type: ignore[index]  # the refusal is what is tested
    with pytest.raises(TypeError):
        premise.limits["vital_signs"]["x"] = None  # type: ignore[index]  # the refusal is what is tested


def test_the_other_trial_differs_where_it_should(brave: Protocol) -> None:
    phase = brave.phase(1)
    assert phase.allocation is not None
    assert phase.allocation.ratio == {"angioplasty": 2, "sham": 1}
    assert phase.allocation.strata == ("site",)
    assert len(brave.sites) == 6
    assert brave.vhiss.key == "B"
    assert [v.key for v in brave.visits_of_phase(1)][-2:] == ["month_12", "unscheduled"]
    assert [arm.key for arm in brave.arms_of_phase(1)] == ["angioplasty", "sham"]
