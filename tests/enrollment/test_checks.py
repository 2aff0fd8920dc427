"""The checks of the forms about a patient, as pure functions."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from enrollment.context import OtherConsent, PatientContext, PatientFacts
from enrollment.crfs.consent.checks import check_consent_form
from enrollment.crfs.demographics.checks import check_demographics
from enrollment.crfs.demographics.form import compute_demographics
from enrollment.crfs.eligibility.checks import check_eligibility_form
from enrollment.crfs.eligibility.form import eligibility_for
from enrollment.crfs.medical_history.checks import check_medical_history
from enrollment.crfs.ms_history.checks import check_ms_history
from enrollment.outs import (
    FailureReport,
    Whereabouts,
    WithdrawalReport,
    check_screening_failure,
    check_withdrawal,
)
from trialsite.lib.findings import Finding
from trialsite.lib.partial_dates import PartialDate
from trialsite.protocol.current import get_protocol

NOW = datetime(2011, 3, 1, 15, 0, tzinfo=UTC)
CONSENTED_AT = datetime(2011, 2, 1, 15, 0, tzinfo=UTC)
CONSENTED_ON = date(2011, 2, 1)


def context(**changes: Any) -> PatientContext:
    facts: dict[str, Any] = {
        "sex": "F",
        "born": PartialDate(1975, 5, 4),
        "born_on": date(1975, 5, 4),
        "has_childbearing_potential": True,
        "consented_at": CONSENTED_AT,
        "consented_on": CONSENTED_ON,
    }
    known = {name: changes.pop(name) for name in list(changes) if name in facts}
    return PatientContext(
        protocol=get_protocol(),
        now=NOW,
        time_zone="America/New_York",
        phase_number=2,
        facts=PatientFacts(**facts | known),
        **changes,
    )


def keys(findings: list[Finding]) -> list[str]:
    """Keys, marked by severity: ! refuses, ? asks, nothing keeps a draft."""
    marks = {"hard": "!", "soft": "?", "missing": ""}
    return [f"{finding.key}{marks[finding.severity]}" for finding in findings]


# -- consent

CONSENT = {"occasion": "first", "form_version": "1.0", "consented_at": CONSENTED_AT, "is_copy_given": True}
FIRST = OtherConsent(consented_at=CONSENTED_AT, form_version="1.0")


@pytest.mark.parametrize(
    ("changes", "around", "expected"),
    [
        ({}, {}, []),
        ({"consented_at": NOW}, {}, []),
        ({"consented_at": NOW + timedelta(minutes=1)}, {}, ["consent_future!"]),
        ({"consented_at": datetime(2010, 5, 31, 12, tzinfo=UTC)}, {}, ["consent_version!"]),
        # Midnight in London is still the day before in Buffalo.
        ({"consented_at": datetime(2010, 6, 1, 0, 30, tzinfo=UTC)}, {}, ["consent_version!"]),
        ({"consented_at": datetime(2010, 6, 1, 4, 30, tzinfo=UTC)}, {}, []),
        ({"is_copy_given": False}, {}, ["no_copy?"]),
        ({"consented_at": None}, {}, []),
        ({}, {"born_on": date(2011, 2, 2)}, ["consent_before_birth!"]),
        ({}, {"other_consents": (FIRST,)}, ["consent_first_twice!"]),
        ({"occasion": "again"}, {}, ["consent_again_without_first!"]),
        ({"occasion": "again"}, {"other_consents": (FIRST,)}, ["consent_again_without_first!"]),
        ({"occasion": "again", "consented_at": NOW}, {"other_consents": (FIRST,)}, ["consent_same_version?"]),
        (
            {"occasion": "again", "consented_at": NOW},
            {"other_consents": (replace(FIRST, form_version="0.9"),)},
            [],
        ),
    ],
)
def test_consent(changes: dict[str, Any], around: dict[str, Any], expected: list[str]) -> None:
    assert keys(check_consent_form(CONSENT | changes, context(**around))) == expected


# -- demographics

PERSON = {"born_on": "1975-05-04", "sex": "F", "has_childbearing_potential": True}


@pytest.mark.parametrize(
    ("changes", "around", "expected"),
    [
        ({}, {}, []),
        ({"born_on": ""}, {}, []),
        ({"born_on": "nonsense"}, {}, []),
        ({"born_on": "2011-03-02"}, {}, ["born_on_future!"]),
        ({"born_on": "2011-02-02"}, {}, ["born_on_after_consent!"]),
        ({"born_on": "1993-02-01"}, {}, []),  # 18 at consent
        ({"born_on": "1993-02-02"}, {}, ["age_refused!"]),
        ({"born_on": "1993"}, {}, ["age_unusual?"]),  # 17 or 18
        ({"born_on": "1994"}, {}, ["age_refused!"]),
        ({"born_on": "1945-02-02"}, {}, []),  # 65
        ({"born_on": "1945-02-01"}, {}, ["age_unusual?"]),
        ({"born_on": "1910-02-02"}, {}, ["age_unusual?"]),  # 100
        ({"born_on": "1910-02-01"}, {}, ["age_refused!"]),
        ({"born_on": "1993-03-01"}, {"consented_on": None}, []),  # without consent, by today
        ({"sex": "M"}, {}, ["childbearing_man!"]),
        ({"sex": "M", "has_childbearing_potential": None}, {}, []),
        ({"sex": "M", "has_childbearing_potential": False}, {}, []),
        ({"has_childbearing_potential": None}, {}, ["childbearing_missing"]),
        ({"sex": "X", "has_childbearing_potential": None}, {}, ["childbearing_missing"]),
        ({"sex": "", "has_childbearing_potential": None}, {}, []),
    ],
)
def test_demographics(changes: dict[str, Any], around: dict[str, Any], expected: list[str]) -> None:
    assert keys(check_demographics(PERSON | changes, context(**around))) == expected


def test_age_and_body_mass_index_are_computed() -> None:
    from_year = compute_demographics({"born_on": "1975", "height_cm": 180, "weight_kg": 81}, context())
    assert [(item.label, item.value) for item in from_year] == [
        ("Age at consent", "35 or 36 years"),
        ("Body mass index", "25.0 kg/m²"),
    ]
    assert compute_demographics({}, context()) == []


# -- MS history

HISTORY = {
    "ms_course": "RR",
    "mcdonald_version": "2005",
    "onset_on": "2004",
    "diagnosed_on": "2004-06",
    "relapses_12_months": 1,
    "relapses_24_months": 2,
    "last_relapse_on": "2010-09-01",
    "last_steroid_on": "2010-09-10",
    "dmt": "glatiramer",
    "dmt_started_on": "2006",
    "has_previous_venous_procedure": False,
    "has_syncope_or_arrhythmia": False,
}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"onset_on": "2004-12-31", "diagnosed_on": "2004"}, []),  # may be the same day
        ({"onset_on": "2005", "diagnosed_on": "2004-06"}, ["diagnosed_on_before_onset_on!"]),
        ({"onset_on": "2004-02-29", "diagnosed_on": "2004-02-28"}, ["diagnosed_on_before_onset_on!"]),
        ({"onset_on": "1970"}, ["onset_on_before_birth!"]),
        ({"onset_on": "1975"}, []),
        ({"diagnosed_on": "2011-02-01"}, []),
        ({"diagnosed_on": "2011-02-02"}, ["diagnosed_on_after_consent!"]),
        ({"diagnosed_on": "2011"}, []),
        ({"diagnosed_on": "2012"}, ["diagnosed_on_future!", "diagnosed_on_after_consent!"]),
        ({"relapses_12_months": 2}, []),
        ({"relapses_12_months": 3}, ["relapses_order!"]),
        ({"last_relapse_on": "2011-02-02"}, ["last_relapse_on_after_consent!"]),
        ({"last_relapse_on": "2003"}, ["last_relapse_on_before_onset_on!", "last_relapse_too_early?"]),
        ({"last_relapse_on": "2009-12"}, ["last_relapse_too_early?"]),
        ({"last_relapse_on": "2010"}, []),
        ({"relapses_12_months": 0}, ["last_relapse_too_late?"]),
        ({"last_steroid_on": "2011-02-15"}, ["last_steroid_on_after_consent!"]),
        ({"dmt_started_on": "2011-01-31"}, []),
        ({"dmt_started_on": "2011-02-01"}, ["dmt_started_on_after_consent!"]),
        ({"dmt_started_on": ""}, ["dmt_started_missing"]),
        ({"dmt": "none"}, ["dmt_none_started!"]),
        ({"dmt": "none", "dmt_started_on": ""}, []),
        ({"dmt": "other"}, ["dmt_other_missing"]),
        ({"dmt": "other", "dmt_other": "Ocrelizumab"}, []),
        ({"ms_course": "PP"}, ["course_not_allowed?"]),
        ({"mcdonald_version": "2010"}, []),
        ({"mcdonald_version": "2017"}, ["mcdonald_too_new!"]),
        ({"has_previous_venous_procedure": True}, ["previous_venous_procedure_details_missing"]),
        ({"has_syncope_or_arrhythmia": True}, ["syncope_or_arrhythmia_details_missing"]),
        ({"has_syncope_or_arrhythmia": True, "syncope_or_arrhythmia_details": "2009, standing"}, []),
    ],
)
def test_ms_history(changes: dict[str, Any], expected: list[str]) -> None:
    assert keys(check_ms_history(HISTORY | changes, context())) == expected


def test_an_empty_ms_history_raises_nothing() -> None:
    assert check_ms_history({}, context(consented_on=None, born=None)) == []


# -- medical history


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, []),
        ({"onset_on": "2009", "is_ongoing": True}, []),
        ({"onset_on": "2009", "is_ongoing": True, "ended_on": "2010"}, ["ended_but_ongoing!"]),
        ({"onset_on": "2009", "is_ongoing": False}, ["ended_missing"]),
        ({"onset_on": "2009-05", "is_ongoing": False, "ended_on": "2009"}, []),
        ({"onset_on": "2009-05", "is_ongoing": False, "ended_on": "2008"}, ["ended_on_before_onset_on!"]),
        ({"onset_on": "2011-03-02"}, ["onset_on_future!", "onset_after_consent?"]),
        ({"onset_on": "2011-02-01"}, []),
        ({"onset_on": "2011-02-02"}, ["onset_after_consent?"]),
        ({"onset_on": "1974"}, ["onset_on_before_birth!"]),
    ],
)
def test_medical_history(values: dict[str, Any], expected: list[str]) -> None:
    assert keys(check_medical_history(values, context())) == expected


# -- eligibility

ANSWERS: dict[str, Any] = {
    "assessed_on": date(2011, 2, 20),
    "has_progressed": False,
    "is_breast_feeding": False,
    "lacks_contraception": False,
    "has_treatment_contraindication": False,
}


def hard_and_soft(values: dict[str, Any], around: PatientContext) -> list[str]:
    return [key for key in keys(check_eligibility_form(values, around)) if key[-1] in "!?"]


@pytest.mark.parametrize(
    ("changes", "around", "expected"),
    [
        ({}, {}, []),
        ({"assessed_on": CONSENTED_ON}, {}, []),
        ({"assessed_on": date(2011, 1, 31)}, {}, ["assessed_on_before_consent!"]),
        ({"assessed_on": date(2011, 3, 2)}, {}, ["assessed_on_future!"]),
        ({}, {"sex": "M"}, ["is_breast_feeding_man!", "lacks_contraception_man!"]),
        ({"answers.I8.answer": "na"}, {}, ["I8_na!"]),
        ({"answers.E7.answer": "na"}, {}, []),
        ({}, {"related": {"conditions": frozenset({"pacemaker"})}}, ["implant_and_mri?"]),
        ({}, {"related": {"conditions": frozenset({"kidney"})}}, []),
    ],
)
def test_eligibility_answers(changes: dict[str, Any], around: dict[str, Any], expected: list[str]) -> None:
    assert hard_and_soft(ANSWERS | changes, context(**around)) == expected


def test_the_form_asks_what_the_protocol_leaves_to_a_person() -> None:
    form = eligibility_for(context())
    assert form.grid is not None
    assert [code for code, _ in form.grid.rows] == ["I8", "E2", "E3", "E5", "E7", "E10", "E11"]
    only_computed = replace(
        get_protocol(), criteria=tuple(one for one in get_protocol().criteria if one.rule == "age_between")
    )
    bare = eligibility_for(replace(context(), protocol=only_computed))
    assert bare.grid is None
    assert bare.field_names == ("assessed_on", "assessed_by")


# -- ways out

HERE = Whereabouts(
    status="screening",
    phase_number=2,
    today=date(2011, 3, 1),
    registered_on=date(2011, 1, 31),
    consented_on=CONSENTED_ON,
)
FAILURE = FailureReport(reasons=("I5", "declined"), details="", on=date(2011, 3, 1))
LEAVING = WithdrawalReport(scope="follow_up", on=date(2011, 3, 1), reason="moved")


@pytest.mark.parametrize(
    ("where", "report", "expected"),
    [
        ({}, {}, []),
        ({"status": "eligible"}, {}, []),
        ({"status": "randomized"}, {}, ["failure_status!"]),
        ({}, {"reasons": ()}, ["failure_reasons!"]),
        ({}, {"reasons": ("Z9",)}, ["failure_reasons!"]),
        ({}, {"reasons": ("other",)}, ["failure_details!"]),
        ({}, {"reasons": ("other",), "details": " "}, ["failure_details!"]),
        ({}, {"reasons": ("other",), "details": "ill"}, []),
        ({}, {"on": date(2011, 3, 2)}, ["out_future!"]),
        ({}, {"on": date(2011, 1, 30)}, ["out_early!"]),
        ({}, {"on": date(2011, 1, 31)}, []),
        (
            {"status": "withdrawn"},
            {"reasons": (), "on": date(2012, 1, 1)},
            ["failure_status!", "failure_reasons!", "out_future!"],
        ),
    ],
)
def test_screening_failure(where: dict[str, Any], report: dict[str, Any], expected: list[str]) -> None:
    findings = check_screening_failure(replace(HERE, **where), replace(FAILURE, **report), get_protocol())
    assert keys(findings) == expected


@pytest.mark.parametrize(
    ("where", "report", "expected"),
    [
        ({}, {}, []),
        ({}, {"scope": "all"}, ["withdrawal_scope!"]),
        ({}, {"reason": " "}, ["withdrawal_reason!"]),
        ({"consented_on": None}, {}, ["withdrawal_consent!"]),
        ({"withdrawal_scope": "treatment"}, {}, []),
        ({"withdrawal_scope": "follow_up"}, {}, ["withdrawal_again!"]),
        ({"withdrawal_scope": "data_use"}, {}, ["withdrawal_again!"]),
        ({"withdrawal_scope": "follow_up"}, {"scope": "data_use"}, []),
        ({}, {"on": date(2011, 3, 2)}, ["out_future!"]),
        ({}, {"on": date(2011, 1, 31)}, ["withdrawal_before_consent!"]),
        ({"died_on": date(2011, 2, 27)}, {}, ["withdrawal_death!"]),
    ],
)
def test_withdrawal(where: dict[str, Any], report: dict[str, Any], expected: list[str]) -> None:
    assert keys(check_withdrawal(replace(HERE, **where), replace(LEAVING, **report))) == expected
