"""Concomitant medication: partial dates, the protocol's word list, and what a medicine was given for."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.visits.crfs.conftest import keys_of, make_context
from trialsite.lib.findings import Severity
from visits.crfs.concomitant_medication.checks import check_concomitant_medication, find_prohibited_words
from visits.crfs.context import VisitContext

TODAY = date(2011, 8, 1)
ASPIRIN: dict[str, Any] = {"name": "Aspirin", "started_on": "2011-02", "is_ongoing": True, "given_for": "prevention"}


def found_in(context: VisitContext, **changes: Any) -> set[str]:
    return keys_of(check_concomitant_medication({**ASPIRIN, **changes}, context))


def test_a_plain_medicine_raises_nothing(around: VisitContext) -> None:
    assert found_in(around) == set()


@pytest.mark.parametrize(
    ("started", "ended", "is_refused"),
    [
        ("2011-02-10", "2011-02-10", False),
        ("2011-02-10", "2011-02-09", True),
        ("2011-02-10", "2011-02", False),  # the end may be later in February
        ("2011-02-10", "2011-01", True),
        ("2011-02", "2011", False),
        ("2011", "2010", True),
        ("2011", "2010-12-31", True),
        ("2010", "2010-01-01", False),
    ],
)
def test_an_end_is_refused_only_where_it_is_surely_before_the_start(
    around: VisitContext, started: str, ended: str, is_refused: bool
) -> None:
    found = found_in(around, started_on=started, ended_on=ended, is_ongoing=False)
    assert ("ended_before_started" in found) is is_refused


@pytest.mark.parametrize(
    ("started", "is_refused"), [("2011-08-01", False), ("2011-08-02", True), ("2011-08", False), ("2011-09", True)]
)
def test_nothing_starts_in_the_future(around: VisitContext, started: str, is_refused: bool) -> None:
    assert ("started_on_future" in found_in(around, started_on=started)) is is_refused


@pytest.mark.parametrize(
    ("started", "is_refused"), [("1971", False), ("1971-05-20", False), ("1971-05-19", True), ("1970", True)]
)
def test_nothing_starts_before_birth(around: VisitContext, started: str, is_refused: bool) -> None:
    assert ("started_on_before_birth" in found_in(around, started_on=started)) is is_refused


def test_a_medicine_may_start_before_consent(around: VisitContext) -> None:
    assert found_in(around, started_on="2005") == set()


@pytest.mark.parametrize(
    ("ongoing", "ended", "key"),
    [
        (True, "2011-03", "ongoing_and_ended"),
        (False, "", "end_undated"),
        (False, "2011-03", None),
        (True, "", None),
        (None, "", None),
    ],
)
def test_a_medicine_is_taken_or_has_ended(
    around: VisitContext, ongoing: bool | None, ended: str, key: str | None
) -> None:
    assert found_in(around, is_ongoing=ongoing, ended_on=ended) == ({key} if key else set())


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Alemtuzumab 12 mg", ["alemtuzumab"]),
        ("MITOXANTRONE", ["mitoxantrone"]),
        ("autologous stem cell transplant", ["stem cell"]),
        ("cyclobenzaprine", []),
        ("", []),
    ],
)
def test_words_of_the_protocol_are_found_in_any_case(around: VisitContext, name: str, words: list[str]) -> None:
    assert find_prohibited_words(name, around.protocol.prohibited_medication_words) == words


def test_a_prohibited_medicine_raises_a_question_and_is_not_refused(around: VisitContext) -> None:
    found = check_concomitant_medication({**ASPIRIN, "name": "cladribine"}, around)
    assert [(finding.key, finding.severity) for finding in found] == [("prohibited_medicine", Severity.SOFT)]


@pytest.mark.parametrize(
    ("dose", "unit", "key"),
    [
        ("100", "mg", None),
        ("100", "", "dose_without_unit"),
        ("0", "mg", "dose_not_positive"),
        ("0.001", "mg", None),
        ("-1", "mg", "dose_not_positive"),
    ],
)
def test_a_dose_is_positive_and_has_a_unit(around: VisitContext, dose: str, unit: str, key: str | None) -> None:
    assert found_in(around, dose=Decimal(dose), dose_unit=unit) == ({key} if key else set())


@pytest.mark.parametrize(
    ("given_for", "event", "key"),
    [
        ("adverse_event", "", "event_unnamed"),
        ("adverse_event", "headache", None),
        ("adverse_event", "Headache", None),
        ("adverse_event", "Fever", "event_unknown"),
        ("relapse", "Headache", "event_unknown"),
        ("relapse", "2011-03-02", None),
        ("history", "", None),
    ],
)
def test_the_event_it_was_given_for_is_recorded(given_for: str, event: str, key: str | None) -> None:
    context = make_context(related={"adverse_event_terms": ["Headache"], "relapse_labels": ["2011-03-02"]})
    assert found_in(context, given_for=given_for, given_for_event=event) == ({key} if key else set())


def test_without_the_list_of_events_any_name_is_taken(around: VisitContext) -> None:
    assert found_in(around, given_for="adverse_event", given_for_event="Fever") == set()


@pytest.mark.parametrize(("group", "given_for", "is_asked"), [
    ("antithrombotic", "procedure", True), ("antithrombotic", "history", False), ("symptomatic", "procedure", False),
])  # fmt: skip
def test_medicines_of_the_procedure_belong_to_its_team(
    around: VisitContext, group: str, given_for: str, is_asked: bool
) -> None:
    found = found_in(around, medication_group=group, given_for=given_for)
    assert ("procedure_medicine" in found) is is_asked
