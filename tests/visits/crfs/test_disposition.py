"""The end of participation: it fits the patient's course, and nothing follows a death."""

from datetime import date
from typing import Any

import pytest

from tests.visits.crfs.conftest import keys_of, make_context
from trialsite.lib.findings import Severity
from visits.crfs.disposition.checks import check_disposition

DIED_ON = date(2011, 5, 10)
COMPLETED: dict[str, Any] = {
    "disposition_status": "completed",
    "ended_on": date(2011, 7, 30),
    "last_contact_on": date(2011, 7, 30),
}
DEATH: dict[str, Any] = {"disposition_status": "death", "ended_on": DIED_ON, "last_contact_on": DIED_ON}


def found_in(values: dict[str, Any], **surroundings: Any) -> set[str]:
    return keys_of(check_disposition(values, make_context(**surroundings)))


def test_a_completed_course_raises_nothing() -> None:
    assert found_in(COMPLETED, related={"last_visit_on": date(2011, 7, 30)}) == set()


@pytest.mark.parametrize(("on", "is_refused"), [(date(2011, 8, 1), False), (date(2011, 8, 2), True)])
def test_the_end_is_not_in_the_future(on: date, is_refused: bool) -> None:
    assert ("ended_on_future" in found_in({**COMPLETED, "ended_on": on})) is is_refused


@pytest.mark.parametrize(("visit_on", "is_refused"), [(date(2011, 7, 30), False), (date(2011, 7, 31), True)])
def test_the_last_contact_is_not_before_the_last_visit(visit_on: date, is_refused: bool) -> None:
    assert ("contact_before_visit" in found_in(COMPLETED, related={"last_visit_on": visit_on})) is is_refused


@pytest.mark.parametrize(("visit_on", "is_refused"), [(DIED_ON, False), (date(2011, 5, 11), True)])
def test_death_stops_visits(visit_on: date, is_refused: bool) -> None:
    assert ("visit_after_death" in found_in(DEATH, related={"last_visit_on": visit_on})) is is_refused


@pytest.mark.parametrize(("contact_on", "is_refused"), [(DIED_ON, False), (date(2011, 5, 11), True)])
def test_death_stops_contacts(contact_on: date, is_refused: bool) -> None:
    assert ("contact_after_death" in found_in({**DEATH, "last_contact_on": contact_on})) is is_refused


@pytest.mark.parametrize(("recorded", "is_asked"), [(DIED_ON, False), (date(2011, 5, 9), True), (None, False)])
def test_one_death_has_one_date(recorded: date | None, is_asked: bool) -> None:
    """Asked, not refused: two forms that agree on a wrong day are corrected one after the other."""
    found = check_disposition(DEATH, make_context(related={"death_recorded_on": recorded}))
    assert [(finding.key, finding.severity) for finding in found] == (
        [("death_date_differs", Severity.SOFT)] if is_asked else []
    )


def test_a_death_recorded_elsewhere_raises_a_question() -> None:
    assert found_in(COMPLETED, related={"death_recorded_on": DIED_ON}) == {"death_elsewhere"}


@pytest.mark.parametrize(
    ("surroundings", "key"),
    [
        ({"procedure_on": None, "related": {"is_randomized": True}}, None),
        ({"procedure_on": None, "related": {"is_randomized": False}}, "not_randomized"),
        ({"related": {"is_randomized": True}}, "treated_after_all"),
    ],
)
def test_randomized_but_not_treated(surroundings: dict[str, Any], key: str | None) -> None:
    values = {**COMPLETED, "disposition_status": "randomized_not_treated", "end_reason": "Withdrew on the table."}
    assert found_in(values, **surroundings) == ({key} if key else set())


@pytest.mark.parametrize(("entered_on", "is_refused"), [(None, False), (date(2011, 2, 1), True)])
def test_nobody_fails_the_screening_after_entry(entered_on: date | None, is_refused: bool) -> None:
    values = {**COMPLETED, "disposition_status": "screen_failure", "end_reason": "One criterion only."}
    assert ("failed_after_entry" in found_in(values, entered_on=entered_on, procedure_on=None)) is is_refused


@pytest.mark.parametrize(("procedure_on", "is_refused"), [(None, True), (date(2011, 2, 8), False)])
def test_nobody_completes_without_a_procedure(procedure_on: date | None, is_refused: bool) -> None:
    assert ("completed_without_procedure" in found_in(COMPLETED, procedure_on=procedure_on)) is is_refused


@pytest.mark.parametrize(
    ("status", "is_needed"),
    [("completed", False), ("death", False), ("withdrew", True), ("lost", True), ("other", True)],
)
def test_an_early_end_says_why(status: str, is_needed: bool) -> None:
    assert ("reason_missing" in found_in({**COMPLETED, "disposition_status": status})) is is_needed


@pytest.mark.parametrize(("recorded", "is_refused"), [(True, False), (False, True)])
def test_a_screening_failure_is_recorded_with_its_criteria_first(recorded: bool, is_refused: bool) -> None:
    failed = {**COMPLETED, "disposition_status": "screen_failure", "end_reason": "Criterion I5."}
    found = found_in(failed, entered_on=None, related={"has_failed_screening": recorded})
    assert ("failure_not_recorded" in found) is is_refused
