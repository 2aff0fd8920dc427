"""Every eligibility rule, on both sides of its boundaries."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from enrollment.evidence import Evidence
from enrollment.rules import RULES, Verdict, check_consent, check_eligibility
from trialsite.lib.partial_dates import PartialDate
from trialsite.protocol.current import get_protocol
from trialsite.protocol.load import load_protocol
from trialsite.protocol.model import CRITERION_RULES, ConsentVersion, Protocol

ON = date(2011, 3, 1)
CONSENTED_ON = date(2011, 2, 1)
PASSED, FAILED, UNKNOWN = Verdict.PASSED, Verdict.FAILED, Verdict.UNKNOWN

ANSWERS = {"I8": "yes", "E2": "no", "E3": "no", "E5": "no", "E7": "na", "E10": "no", "E11": "no"}
ELIGIBLE = Evidence(
    born=PartialDate(1975, 5, 4),
    sex="F",
    has_childbearing_potential=True,
    consented_on=CONSENTED_ON,
    consent_version="1.0",
    first_assessment_on=CONSENTED_ON,
    ms_course="RR",
    mcdonald_version="2005",
    screening_edss=Decimal("3.5"),
    dmt="interferon_beta_1a",
    dmt_started=PartialDate(2008),
    doppler={1: True, 2: False, 3: True, 4: False, 5: False},
    egfr_ml_min=Decimal(95),
    inr=Decimal("1.0"),
    platelets_10e9_l=Decimal(250),
    pregnancy_test="negative",
    pregnancy_tested_on=date(2011, 2, 26),
    are_relapses_known=True,
    relapses=(PartialDate(2010, 9),),
    are_steroids_known=True,
    steroid_days=(PartialDate(2010, 9, 20),),
    has_previous_venous_procedure=False,
    has_progressed=False,
    is_breast_feeding=False,
    lacks_contraception=False,
    has_treatment_contraindication=False,
    answers=ANSWERS,
)


@pytest.fixture
def protocol() -> Protocol:
    return get_protocol()


def verdict(code: str, protocol: Protocol, phase: int = 2, on: date = ON, **changes: Any) -> Verdict:
    result = check_eligibility(replace(ELIGIBLE, **changes), protocol, phase, on)
    return next(criterion.verdict for criterion in result.criteria if criterion.code == code)


def test_every_rule_a_protocol_may_name_is_implemented() -> None:
    assert set(RULES) == set(CRITERION_RULES)


def test_who_fits_is_eligible_by_every_criterion(protocol: Protocol) -> None:
    result = check_eligibility(ELIGIBLE, protocol, 2, ON)
    assert [criterion.code for criterion in result.criteria] == [criterion.code for criterion in protocol.criteria]
    assert [criterion.reason for criterion in result.criteria if criterion.verdict is not PASSED] == []
    assert result.is_eligible
    assert result.findings == []


def test_nothing_known_means_nothing_decided(protocol: Protocol) -> None:
    result = check_eligibility(Evidence(), protocol, 2, ON)
    assert {criterion.verdict for criterion in result.criteria} == {UNKNOWN}
    assert not result.is_eligible
    assert all(criterion.reason.endswith(".") for criterion in result.criteria)


def test_all_failures_are_listed_each_with_its_code(protocol: Protocol) -> None:
    result = check_eligibility(
        replace(ELIGIBLE, ms_course="PP", egfr_ml_min=Decimal(40), answers=ANSWERS | {"E5": "yes"}, inr=None),
        protocol,
        2,
        ON,
    )
    assert [criterion.code for criterion in result.failed] == ["I2", "I6", "E4", "E5"]
    assert [criterion.code for criterion in result.unknown] == ["E8"]
    assert [finding.item for finding in result.findings] == ["I2", "I6", "E4", "E5", "E8"]


@pytest.mark.parametrize(
    ("born", "expected"),
    [
        (PartialDate(1993, 2, 1), PASSED),  # 18 on the day of consent
        (PartialDate(1993, 2, 2), FAILED),  # 17, a day short
        (PartialDate(1945, 2, 2), PASSED),  # the last day of 65
        (PartialDate(1945, 2, 1), FAILED),  # 66 on the day of consent
        (PartialDate(1993), UNKNOWN),  # 17 or 18
        (PartialDate(1993, 2), UNKNOWN),
        (PartialDate(1993, 1), PASSED),
        (PartialDate(1945), UNKNOWN),
        (PartialDate(1944), FAILED),
        (PartialDate(1970), PASSED),
        (None, UNKNOWN),
    ],
)
def test_age_counts_at_consent(born: PartialDate | None, expected: Verdict, protocol: Protocol) -> None:
    assert verdict("I1", protocol, born=born) is expected


def test_born_on_29_february_turns_18_on_1_march(protocol: Protocol) -> None:
    leap = PartialDate(1992, 2, 29)
    assert verdict("I1", protocol, born=leap, consented_on=date(2010, 2, 28)) is FAILED
    assert verdict("I1", protocol, born=leap, consented_on=date(2010, 3, 1)) is PASSED


@pytest.mark.parametrize(
    ("course", "version", "expected"),
    [
        ("RR", "2010", PASSED),
        ("SPR", "2010", PASSED),
        ("SP", "2010", FAILED),
        ("CIS", "2010", FAILED),
        ("RR", "none", FAILED),
        ("RR", "", UNKNOWN),
        ("", "2010", UNKNOWN),
    ],
)
def test_course_and_mcdonald_criteria(course: str, version: str, expected: Verdict, protocol: Protocol) -> None:
    assert verdict("I2", protocol, ms_course=course, mcdonald_version=version) is expected


@pytest.mark.parametrize(("step", "expected"), [("0", PASSED), ("6.5", PASSED), ("7.0", FAILED)])
def test_edss_bound_is_included(step: str, expected: Verdict, protocol: Protocol) -> None:
    assert verdict("I3", protocol, screening_edss=Decimal(step)) is expected


@pytest.mark.parametrize(
    ("dmt", "started", "expected"),
    [
        ("fingolimod", PartialDate(2011, 1, 31), PASSED),
        ("fingolimod", PartialDate(2011, 2, 1), FAILED),
        ("fingolimod", PartialDate(2011, 2), FAILED),
        ("fingolimod", PartialDate(2011), UNKNOWN),
        ("fingolimod", None, UNKNOWN),
        ("none", None, FAILED),
        ("", PartialDate(2008), UNKNOWN),
    ],
)
def test_therapy_began_before_consent(
    dmt: str, started: PartialDate | None, expected: Verdict, protocol: Protocol
) -> None:
    assert verdict("I4", protocol, dmt=dmt, dmt_started=started) is expected


@pytest.mark.parametrize(
    ("positive", "unknown", "phase", "expected"),
    [
        ({1, 3}, set(), 2, PASSED),
        ({1, 2}, set(), 2, FAILED),  # the deep cerebral veins do not count in phase 2
        ({1, 2}, set(), 1, PASSED),
        ({4}, set(), 1, FAILED),
        ({1}, {3}, 2, UNKNOWN),
        ({1}, {2}, 2, FAILED),
        ({1, 3}, {4, 5}, 2, PASSED),
        (set(), {1}, 2, FAILED),  # one more would not be enough
    ],
)
def test_doppler_criteria_by_phase(
    positive: set[int], unknown: set[int], phase: int, expected: Verdict, protocol: Protocol
) -> None:
    doppler = {number: None if number in unknown else number in positive for number in range(1, 6)}
    assert verdict("I5", protocol, phase, doppler=doppler) is expected


@pytest.mark.parametrize(("rate", "expected"), [("60", FAILED), ("60.1", PASSED), ("59", FAILED)])
def test_filtration_rate_must_exceed_its_bound_and_e4_follows(rate: str, expected: Verdict, protocol: Protocol) -> None:
    assert verdict("I6", protocol, egfr_ml_min=Decimal(rate)) is expected
    assert verdict("E4", protocol, egfr_ml_min=Decimal(rate)) is expected


@pytest.mark.parametrize(
    ("consented_on", "first_on", "expected"),
    [
        (CONSENTED_ON, CONSENTED_ON, PASSED),
        (CONSENTED_ON, None, PASSED),
        (CONSENTED_ON, CONSENTED_ON - timedelta(days=1), FAILED),
        (ON + timedelta(days=1), None, FAILED),
        (ON, None, PASSED),
        (None, None, UNKNOWN),
    ],
)
def test_consent_before_the_first_examination(
    consented_on: date | None, first_on: date | None, expected: Verdict, protocol: Protocol
) -> None:
    assert verdict("I7", protocol, consented_on=consented_on, first_assessment_on=first_on) is expected


@pytest.mark.parametrize(
    ("code", "answer", "expected"),
    [
        ("I8", "yes", PASSED),
        ("I8", "no", FAILED),
        ("I8", "na", UNKNOWN),
        ("I8", "", UNKNOWN),
        ("E2", "no", PASSED),
        ("E2", "na", PASSED),
        ("E2", "yes", FAILED),
        ("E2", "", UNKNOWN),
        ("E2", "maybe", UNKNOWN),
    ],
)
def test_plain_answers(code: str, answer: str, expected: Verdict, protocol: Protocol) -> None:
    assert verdict(code, protocol, answers=ANSWERS | {code: answer}) is expected


DAY_30, DAY_31 = ON - timedelta(days=30), ON - timedelta(days=31)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"relapses": (PartialDate(DAY_31.year, DAY_31.month, DAY_31.day),)}, PASSED),
        ({"relapses": (PartialDate(DAY_30.year, DAY_30.month, DAY_30.day),)}, FAILED),
        ({"relapses": (PartialDate(2011, 1),)}, UNKNOWN),  # the 30 days begin on 30 January
        ({"relapses": (PartialDate(2011, 2),)}, FAILED),
        ({"relapses": (PartialDate(2010, 12),)}, PASSED),
        ({"relapses": (PartialDate(2010),)}, PASSED),
        ({"relapses": (PartialDate(2010), PartialDate(2011, 2, 20))}, FAILED),
        ({"relapses": ()}, PASSED),
        ({"relapses": (), "are_relapses_known": False}, UNKNOWN),
        ({"steroid_days": (PartialDate(DAY_30.year, DAY_30.month, DAY_30.day),)}, FAILED),
        ({"steroid_days": (PartialDate(DAY_31.year, DAY_31.month, DAY_31.day),)}, PASSED),
        ({"are_steroids_known": False}, UNKNOWN),
        ({"is_on_steroids": True}, FAILED),
        ({"has_progressed": True}, FAILED),
        ({"has_progressed": None}, UNKNOWN),
        ({"has_progressed": True, "are_relapses_known": False}, FAILED),
    ],
)
def test_stable_in_the_days_before_entry(changes: dict[str, Any], expected: Verdict, protocol: Protocol) -> None:
    assert verdict("E1", protocol, **changes) is expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"pregnancy_tested_on": ON - timedelta(days=7)}, PASSED),
        ({"pregnancy_tested_on": ON - timedelta(days=8)}, UNKNOWN),
        ({"pregnancy_tested_on": ON}, PASSED),
        ({"pregnancy_tested_on": ON + timedelta(days=1)}, UNKNOWN),
        ({"pregnancy_test": "positive"}, FAILED),
        ({"pregnancy_test": "", "pregnancy_tested_on": None}, UNKNOWN),
        ({"is_breast_feeding": True}, FAILED),
        ({"is_breast_feeding": None}, UNKNOWN),
        ({"lacks_contraception": True}, FAILED),
        ({"lacks_contraception": None}, UNKNOWN),
        ({"has_childbearing_potential": False, "pregnancy_test": "", "lacks_contraception": None}, PASSED),
        ({"has_childbearing_potential": False, "is_breast_feeding": True}, FAILED),
        ({"has_childbearing_potential": None}, UNKNOWN),
        ({"sex": ""}, UNKNOWN),
        ({"sex": "X", "has_childbearing_potential": None}, UNKNOWN),
        ({"sex": "M", "has_childbearing_potential": None, "is_breast_feeding": None, "pregnancy_test": ""}, PASSED),
    ],
)
def test_pregnancy(changes: dict[str, Any], expected: Verdict, protocol: Protocol) -> None:
    assert verdict("E6", protocol, **changes) is expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"inr": Decimal("1.5")}, PASSED),
        ({"inr": Decimal("1.51")}, FAILED),
        ({"inr": None}, UNKNOWN),
        ({"platelets_10e9_l": Decimal(100)}, PASSED),
        ({"platelets_10e9_l": Decimal(99)}, FAILED),
        ({"platelets_10e9_l": None}, UNKNOWN),
        ({"has_treatment_contraindication": True}, FAILED),
        ({"has_treatment_contraindication": None}, UNKNOWN),
        ({"inr": None, "platelets_10e9_l": Decimal(20)}, FAILED),
    ],
)
def test_coagulation(changes: dict[str, Any], expected: Verdict, protocol: Protocol) -> None:
    assert verdict("E8", protocol, **changes) is expected


@pytest.mark.parametrize(("had", "expected"), [(False, PASSED), (True, FAILED), (None, UNKNOWN)])
def test_an_earlier_procedure_excludes(had: bool | None, expected: Verdict, protocol: Protocol) -> None:
    assert verdict("E9", protocol, has_previous_venous_procedure=had) is expected


def test_a_criterion_of_the_same_kind_may_be_the_opposite(protocol: Protocol) -> None:
    stated = replace(protocol.criterion("E4"), kind="inclusion")
    changed = replace(protocol, criteria=tuple(stated if one.code == "E4" else one for one in protocol.criteria))
    assert verdict("E4", changed, egfr_ml_min=Decimal(90)) is FAILED
    assert verdict("E4", changed, egfr_ml_min=Decimal(30)) is PASSED
    assert verdict("E4", changed, egfr_ml_min=None) is UNKNOWN


@pytest.mark.parametrize(("step", "expected"), [("1.5", FAILED), ("2.0", PASSED), ("5.5", PASSED), ("6.0", FAILED)])
def test_another_trial_has_other_bounds(step: str, expected: Verdict) -> None:
    other = load_protocol(Path(__file__).parents[1] / "data" / "brave_dreams_shape.toml")
    result = check_eligibility(replace(ELIGIBLE, screening_edss=Decimal(step)), other, other.phases[0].number, ON)
    of_edss = [criterion.verdict for criterion in result.criteria if "EDSS" in criterion.text]
    assert (FAILED in of_edss) is (expected is FAILED)


# -- evidence


def test_evidence_becomes_plain_values_without_loss() -> None:
    plain = ELIGIBLE.as_plain()
    assert (plain["born"], plain["relapses"], plain["doppler"]["3"]) == ("1975-05-04", ["2010-09"], True)
    assert replace(ELIGIBLE, born=PartialDate(1975)).as_plain() != plain


# -- consent

VERSIONS = (
    ConsentVersion(version="1.0", valid_from_on=date(2010, 6, 1), valid_to_on=date(2010, 12, 31)),
    ConsentVersion(version="2.0", valid_from_on=date(2011, 1, 1), valid_to_on=None),
)


@pytest.mark.parametrize(
    ("version", "on", "keys"),
    [
        ("1.0", date(2010, 5, 31), ["consent_version"]),
        ("1.0", date(2010, 6, 1), []),
        ("1.0", date(2010, 12, 31), []),
        ("1.0", date(2011, 1, 1), ["consent_version"]),
        ("2.0", date(2011, 1, 1), []),
        ("3.0", date(2011, 1, 1), ["consent_version"]),
        ("", date(2011, 1, 1), []),
    ],
)
def test_a_consent_form_counts_while_it_was_in_use(version: str, on: date, keys: list[str], protocol: Protocol) -> None:
    trial = replace(protocol, consent_versions=VERSIONS)
    moment = datetime(on.year, on.month, on.day, 17, tzinfo=UTC)
    findings = check_consent(version, moment, on, trial, moment)
    assert [finding.key for finding in findings] == keys


def test_consent_cannot_lie_in_the_future(protocol: Protocol) -> None:
    now = datetime(2011, 3, 1, 15, 0, tzinfo=UTC)
    late = now + timedelta(minutes=1)
    assert [finding.key for finding in check_consent("1.0", late, late.date(), protocol, now)] == ["consent_future"]
    assert check_consent("1.0", now, now.date(), protocol, now) == []
