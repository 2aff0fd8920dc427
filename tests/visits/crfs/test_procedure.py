"""The procedure as all may know it: its day, its order in time, the stay, and complications."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.visits.crfs.conftest import keys_of, make_context
from trialsite.lib.findings import Severity
from visits.crfs.context import VisitContext
from visits.crfs.intervention.model import Intervention
from visits.crfs.procedure.checks import check_procedure, compute_procedure
from visits.crfs.procedure.form import PROCEDURE

ZONE = ZoneInfo("America/New_York")
START = datetime(2011, 2, 8, 10, 0, tzinfo=ZONE)
END = START + timedelta(hours=2)
GOOD: dict[str, Any] = {
    "assessed_on": date(2011, 2, 8),
    "started_at": START,
    "ended_at": END,
    "sedation_given": True,
    "sedation_agents": "midazolam",
    "exit_complications": ["none"],
    "discharged_at": END + timedelta(hours=24),
}


def found_in(context: VisitContext, **changes: Any) -> set[str]:
    return keys_of(check_procedure({**GOOD, **changes}, context))


def test_a_plain_procedure_raises_nothing() -> None:
    assert found_in(make_context(visited_on=date(2011, 2, 8))) == set()


@pytest.mark.parametrize(("seconds", "is_refused"), [(1, False), (0, True), (-1, True)])
def test_it_ends_after_it_starts(around: VisitContext, seconds: int, is_refused: bool) -> None:
    found = found_in(around, ended_at=START + timedelta(seconds=seconds))
    assert ("ended_at_not_after_start" in found) is is_refused


@pytest.mark.parametrize(("seconds", "is_refused"), [(0, False), (-1, True)])
def test_discharge_is_not_before_the_end(around: VisitContext, seconds: int, is_refused: bool) -> None:
    found = found_in(around, discharged_at=END + timedelta(seconds=seconds))
    assert ("discharged_at_before_ended_at" in found) is is_refused


@pytest.mark.parametrize(("seconds", "is_asked"), [(0, False), (1, True)])
def test_a_stay_of_more_than_24_hours_raises_a_question(around: VisitContext, seconds: int, is_asked: bool) -> None:
    found = check_procedure({**GOOD, "discharged_at": END + timedelta(hours=24, seconds=seconds)}, around)
    assert [(finding.key, finding.severity) for finding in found] == (
        [("long_stay", Severity.SOFT)] if is_asked else []
    )


@pytest.mark.parametrize(
    ("started_at", "is_refused"),
    [
        (datetime(2011, 2, 9, 4, 59, tzinfo=UTC), False),  # one minute to midnight in Buffalo
        (datetime(2011, 2, 9, 5, 0, tzinfo=UTC), True),
        (datetime(2011, 2, 8, 5, 0, tzinfo=UTC), False),
        (datetime(2011, 2, 8, 4, 59, tzinfo=UTC), True),
    ],
)
def test_the_procedure_lies_on_day_0_at_the_site(started_at: datetime, is_refused: bool) -> None:
    context = make_context(visited_on=date(2011, 2, 8))
    assert ("procedure_off_visit" in found_in(context, started_at=started_at)) is is_refused


def test_no_procedure_before_consent() -> None:
    context = make_context(consented_on=date(2011, 2, 9), visited_on=date(2011, 2, 8))
    assert "procedure_before_consent" in found_in(context)
    assert "procedure_before_consent" not in found_in(make_context(consented_on=date(2011, 2, 8)))


@pytest.mark.parametrize(("minutes", "is_refused"), [(0, False), (1, True)])
def test_nothing_lies_in_the_future(around: VisitContext, minutes: int, is_refused: bool) -> None:
    assert around.now is not None
    found = found_in(around, discharged_at=around.now + timedelta(minutes=minutes))
    assert ("discharged_at_future" in found) is is_refused


@pytest.mark.parametrize(
    ("given", "agents", "key"),
    [(True, "", "sedation_unnamed"), (False, "midazolam", "sedation_not_given"), (False, "", None), (None, "", None)],
)
def test_sedation_is_named_where_given(around: VisitContext, given: bool | None, agents: str, key: str | None) -> None:
    assert found_in(around, sedation_given=given, sedation_agents=agents) == ({key} if key else set())


def test_complications_are_told_and_become_adverse_events(around: VisitContext) -> None:
    assert found_in(around, exit_complications=["none", "hematoma"]) == {"complication_none_and_more"}
    assert found_in(around, exit_complications=["hematoma"]) == {"complication_unsaid"}
    assert compute_procedure({"exit_complications": ["hematoma"]}, around)[0].is_alert
    assert compute_procedure({"exit_complications": ["none"]}, around) == []


def test_nothing_that_hints_at_the_arm_stands_in_the_open_part() -> None:
    hints = {"contrast_ml", "fluoroscopy_min", "heparin_iu", "script_steps", "antithrombotic_after", "assessed_by"}
    assert not hints & set(PROCEDURE.field_names)
    assert hints <= {field.name for field in Intervention.clinical_fields()}
