"""Adverse events: what is serious, what contradicts itself, what is due; every rule on both sides of its boundary."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.visits.crfs.conftest import keys_of, make_context
from trialsite.lib.findings import Severity
from visits.crfs.adverse_event import rules
from visits.crfs.adverse_event.checks import check_adverse_event, compute_adverse_event
from visits.crfs.adverse_event.model import Seriousness
from visits.crfs.context import VisitContext

ZONE = ZoneInfo("America/New_York")
STARTED_AT = datetime(2011, 2, 8, 10, 0, tzinfo=ZONE)

# A headache two weeks after the procedure: nothing to object to.
MILD: dict[str, Any] = {
    "term": "Headache",
    "onset_on": date(2011, 2, 22),
    "is_ongoing": False,
    "ended_on": date(2011, 2, 23),
    "ctcae_grade": 1,
    "seriousness": ["none"],
    "related_procedure": "possible",
    "related_device": "not_related",
    "related_contrast_sedation": "not_related",
    "related_ms": "not_related",
    "is_expected": True,
    "actions_taken": ["none"],
    "implant": "none",
    "outcome": "recovered",
    "aware_at": datetime(2011, 2, 24, 9, 0, tzinfo=ZONE),
}

# Slow heart after the procedure in a patient with fainting in the history; a pacemaker before discharge.
BRADYCARDIA: dict[str, Any] = {
    **MILD,
    "term": "Episodic bradycardia",
    "onset_on": date(2011, 2, 8),
    "onset_time": time(15, 30),
    "ended_on": date(2011, 2, 10),
    "ctcae_grade": 3,
    "seriousness": ["hospitalization", "required_intervention"],
    "related_procedure": "not_related",
    "is_anticipated": None,
    "actions_taken": ["procedure", "hospital"],
    "implant": "pacemaker",
    "implanted_on": date(2011, 2, 10),
    "admitted_on": date(2011, 2, 8),
    "discharged_on": date(2011, 2, 12),
    "aware_at": datetime(2011, 2, 8, 16, 0, tzinfo=ZONE),
    "narrative": "Heart rate 38 on the monitor, pacemaker two days later.",
}


@pytest.fixture
def after_procedure() -> VisitContext:
    return make_context(related={"procedure_started_at": STARTED_AT})


def found_in(context: VisitContext, **changes: Any) -> set[str]:
    return keys_of(check_adverse_event({**MILD, **changes}, context))


def shown(values: dict[str, Any], context: VisitContext) -> dict[str, tuple[str, bool]]:
    return {value.label: (value.value, value.is_alert) for value in compute_adverse_event(values, context)}


def test_a_plain_event_raises_nothing(after_procedure: VisitContext) -> None:
    assert found_in(after_procedure) == set()


def test_the_pacemaker_is_serious_and_not_related_to_the_procedure(after_procedure: VisitContext) -> None:
    assert keys_of(check_adverse_event(BRADYCARDIA, after_procedure)) == set()
    assert rules.is_serious(BRADYCARDIA)
    assert not rules.is_suspected(BRADYCARDIA, "related_procedure", "related_device")
    assert rules.clock_events(BRADYCARDIA) == {"serious"}
    values = shown(BRADYCARDIA, after_procedure)
    assert values["Serious"] == ("Yes", True)
    assert values["Magnetic resonance imaging"] == ("Not possible from 2011-02-10 on", True)
    assert values["Serious adverse event to the sponsor"] == ("Due by 2011-02-09 16:00", True)


@pytest.mark.parametrize("criterion", [code for code in Seriousness.values if code != "none"])
def test_any_criterion_makes_an_event_serious_whatever_the_cause(criterion: str) -> None:
    assert rules.is_serious({"seriousness": [criterion], "related_procedure": "not_related"})


@pytest.mark.parametrize("nothing", [["none"], [], None])
def test_without_a_criterion_nothing_is_serious(nothing: list[str] | None) -> None:
    assert not rules.is_serious({"seriousness": nothing, "ctcae_grade": 4, "related_procedure": "causal"})


def test_none_excludes_the_other_criteria(around: VisitContext) -> None:
    assert "seriousness_none_and_more" in found_in(around, seriousness=["none", "disability"])
    assert "actions_taken_none_and_more" in found_in(around, actions_taken=["none", "medication"])


FATAL: dict[str, Any] = {
    "outcome": "fatal",
    "ctcae_grade": 5,
    "seriousness": ["death"],
    "died_on": date(2011, 2, 23),
    "narrative": "x",
    "is_anticipated": True,
}


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({}, None),
        ({"ctcae_grade": 4}, "fatal_grade"),
        ({"seriousness": ["disability"]}, "fatal_without_death"),
        ({"died_on": None}, "death_undated"),
        ({"outcome": "recovered"}, "death_without_fatal"),
        ({"outcome": "recovered", "seriousness": ["disability"]}, "grade_not_fatal"),
        ({"outcome": "recovered", "seriousness": ["disability"], "ctcae_grade": 3}, "death_not_fatal"),
        ({"died_on": date(2011, 2, 21)}, "died_on_before_onset_on"),
    ],
)
def test_death_is_told_alike_everywhere(around: VisitContext, changes: dict[str, Any], key: str | None) -> None:
    found = found_in(around, **{**FATAL, **changes})
    assert key in found if key else found == set()


@pytest.mark.parametrize(("grade", "is_refused"), [(3, True), (4, False)])
def test_a_life_threatening_event_has_grade_4_or_more(around: VisitContext, grade: int, is_refused: bool) -> None:
    found = found_in(around, seriousness=["life_threatening"], ctcae_grade=grade)
    assert ("life_threatening_grade" in found) is is_refused


@pytest.mark.parametrize(("last_visit_on", "is_refused"), [(date(2011, 2, 23), False), (date(2011, 2, 24), True)])
def test_nobody_is_seen_after_death(last_visit_on: date, is_refused: bool) -> None:
    context = make_context(related={"last_visit_on": last_visit_on})
    assert ("death_before_visit" in found_in(context, **FATAL)) is is_refused


@pytest.mark.parametrize(("elsewhere", "is_asked"), [(date(2011, 2, 23), False), (date(2011, 2, 24), True)])
def test_two_forms_that_tell_of_a_death_agree_on_its_day(elsewhere: date, is_asked: bool) -> None:
    context = make_context(related={"death_recorded_on": elsewhere})
    assert found_in(context, **FATAL) == ({"death_date_differs"} if is_asked else set())


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"is_ongoing": True, "outcome": "unknown"}, "ongoing_and_ended"),
        ({"is_ongoing": False, "ended_on": None}, "ended_undated"),
        ({"is_ongoing": True, "ended_on": None}, "outcome_of_ongoing"),
        ({"is_ongoing": True, "ended_on": None, "outcome": "recovering"}, None),
        ({"is_ongoing": False, "outcome": "not_recovered"}, "outcome_of_ended"),
        ({"is_ongoing": False, "outcome": "unknown"}, None),
        ({"is_ongoing": True, "ended_on": None, "outcome": "unknown"}, None),
    ],
)
def test_an_event_goes_on_or_has_ended(around: VisitContext, changes: dict[str, Any], key: str | None) -> None:
    assert found_in(around, **changes) == ({key} if key else set())


@pytest.mark.parametrize(("ended_on", "is_refused"), [(date(2011, 2, 22), False), (date(2011, 2, 21), True)])
def test_the_end_is_not_before_the_start(around: VisitContext, ended_on: date, is_refused: bool) -> None:
    assert ("ended_on_before_onset_on" in found_in(around, ended_on=ended_on)) is is_refused


@pytest.mark.parametrize(("onset_on", "is_refused"), [(date(2011, 1, 3), False), (date(2011, 1, 2), True)])
def test_events_count_from_consent_on(around: VisitContext, onset_on: date, is_refused: bool) -> None:
    assert ("onset_on_before_consent" in found_in(around, onset_on=onset_on)) is is_refused


@pytest.mark.parametrize(
    ("onset_on", "is_needed"),
    [
        (date(2011, 2, 7), False),
        (date(2011, 2, 8), True),
        (date(2011, 2, 10), True),
        (date(2011, 2, 11), False),
    ],
)
def test_the_time_of_day_is_needed_in_the_first_48_hours(
    after_procedure: VisitContext, onset_on: date, is_needed: bool
) -> None:
    assert ("onset_time_missing" in found_in(after_procedure, onset_on=onset_on)) is is_needed
    assert "onset_time_missing" not in found_in(after_procedure, onset_on=onset_on, onset_time=time(12))


def test_a_procedure_at_midnight_ends_its_48_hours_at_midnight() -> None:
    context = make_context(related={"procedure_started_at": datetime(2011, 2, 8, 0, 0, tzinfo=ZONE)})
    assert "onset_time_missing" in found_in(context, onset_on=date(2011, 2, 10))
    assert "onset_time_missing" not in found_in(context, onset_on=date(2011, 2, 11))


def test_the_missing_time_keeps_the_form_a_draft(after_procedure: VisitContext) -> None:
    found = check_adverse_event({**MILD, "onset_on": date(2011, 2, 8)}, after_procedure)
    assert [finding.severity for finding in found] == [Severity.MISSING]


@pytest.mark.parametrize(
    ("onset_on", "needed"),
    [(date(2011, 2, 7), False), (date(2011, 2, 8), True), (date(2011, 2, 10), True), (date(2011, 2, 11), False)],
)
def test_until_the_procedure_is_entered_its_whole_day_counts(
    around: VisitContext, onset_on: date, needed: bool
) -> None:
    assert ("onset_time_missing" in found_in(around, onset_on=onset_on)) is needed


def emergent(started_at: datetime | None, on: date, at: time | None = None) -> bool | None:
    onset = rules.onset_bounds({"onset_on": on, "onset_time": at}, str(ZONE))
    return rules.is_treatment_emergent(onset, rules.procedure_bounds(date(2011, 2, 8), started_at, str(ZONE)))


@pytest.mark.parametrize(("at", "expected"), [(time(9, 59), False), (time(10, 0), True), (None, None)])
def test_the_time_decides_on_the_day_of_the_procedure(at: time | None, expected: bool | None) -> None:
    assert emergent(STARTED_AT, date(2011, 2, 8), at) is expected
    assert emergent(None, date(2011, 2, 8), at) is None


@pytest.mark.parametrize("started_at", [STARTED_AT, None])
def test_days_before_and_after_need_no_time(started_at: datetime | None) -> None:
    assert emergent(started_at, date(2011, 2, 7)) is False
    assert emergent(started_at, date(2011, 2, 9)) is True


def test_without_a_procedure_nothing_is_emergent() -> None:
    onset = rules.onset_bounds({"onset_on": date(2011, 2, 9)}, str(ZONE))
    assert rules.is_treatment_emergent(onset, rules.procedure_bounds(None, None, str(ZONE))) is None


def test_the_day_of_the_trial_is_shown(after_procedure: VisitContext) -> None:
    assert shown(MILD, after_procedure)["Day of the trial"] == ("14", False)


SUSPECT: dict[str, Any] = {"seriousness": ["disability"], "related_device": "possible", "narrative": "x"}


@pytest.mark.parametrize(
    ("changes", "is_effect"),
    [
        ({"is_anticipated": False}, True),
        ({"is_anticipated": True}, False),
        ({"is_anticipated": None}, False),
        ({"is_anticipated": False, "seriousness": ["none"]}, False),
        ({"is_anticipated": False, "related_device": "not_related", "related_procedure": "not_related"}, False),
        ({"is_anticipated": False, "related_device": "not_related", "related_procedure": "causal"}, True),
    ],
)
def test_unanticipated_device_effects(changes: dict[str, Any], is_effect: bool) -> None:
    assert rules.is_unanticipated_device_effect({**MILD, **SUSPECT, **changes}) is is_effect


def test_a_serious_suspicion_must_say_whether_it_was_anticipated(around: VisitContext) -> None:
    assert found_in(around, **SUSPECT) == {"anticipated_unanswered"}
    assert found_in(around, **SUSPECT, is_anticipated=False) == set()


@pytest.mark.parametrize(
    ("seriousness", "event"),
    [
        (["death"], "unexpected_reaction_fatal"),
        (["life_threatening", "hospitalization"], "unexpected_reaction_fatal"),
        (["hospitalization"], "unexpected_reaction_other"),
    ],
)
def test_unexpected_reactions_to_contrast_or_sedation(seriousness: list[str], event: str) -> None:
    values = {"seriousness": seriousness, "related_contrast_sedation": "probable", "is_expected": False}
    assert rules.clock_events(values) == {"serious", event}
    assert rules.clock_events({**values, "is_expected": True}) == {"serious"}


def test_overdue_and_late_reports_are_alerts(around: VisitContext) -> None:
    values = {**BRADYCARDIA, "sponsor_reported_at": BRADYCARDIA["aware_at"] + timedelta(hours=24)}
    label = "Serious adverse event to the sponsor"
    assert shown(values, around)[label] == ("Due by 2011-02-09 16:00", False)
    late = {**values, "sponsor_reported_at": BRADYCARDIA["aware_at"] + timedelta(hours=24, seconds=1)}
    assert shown(late, around)[label][1]
    fresh = make_context(now=BRADYCARDIA["aware_at"] + timedelta(hours=24))
    assert not shown(BRADYCARDIA, fresh)[label][1]


def test_a_clock_without_its_start_says_what_to_enter(around: VisitContext) -> None:
    label = "Serious adverse event to the sponsor"
    assert shown({**BRADYCARDIA, "aware_at": None}, around)[label][0] == "No due date yet"


@pytest.mark.parametrize(
    ("implant", "on", "key"),
    [
        ("pacemaker", None, "implant_undated"),
        ("none", date(2011, 2, 22), "implant_date_only"),
        ("", date(2011, 2, 22), "implant_date_only"),
        ("pacemaker", date(2011, 2, 22), None),
        ("none", None, None),
    ],
)
def test_an_implant_has_a_day(around: VisitContext, implant: str, on: date | None, key: str | None) -> None:
    assert found_in(around, implant=implant, implanted_on=on) == ({key} if key else set())


def test_the_first_implant_of_all_events_bars_imaging() -> None:
    later = {"implant": "other", "implanted_on": date(2011, 5, 1)}
    undated = {"implant": "pacemaker", "implanted_on": None, "onset_on": date(2011, 4, 1)}
    assert rules.mri_barred_since([MILD]) is None
    assert rules.mri_barred_since([MILD, later]) == date(2011, 5, 1)
    assert rules.mri_barred_since([later, undated]) == date(2011, 4, 1)


@pytest.mark.parametrize(
    ("aware_at", "is_refused"),
    [
        (datetime(2011, 2, 21, 23, 59, tzinfo=ZONE), True),
        (datetime(2011, 2, 22, 0, 0, tzinfo=ZONE), False),
    ],
)
def test_nobody_learns_of_an_event_before_it_starts(around: VisitContext, aware_at: datetime, is_refused: bool) -> None:
    assert ("aware_before_onset" in found_in(around, aware_at=aware_at)) is is_refused


def test_moments_lie_in_the_past_and_in_order(around: VisitContext) -> None:
    assert "sponsor_reported_at_future" in found_in(around, sponsor_reported_at=datetime(2011, 8, 1, 16, 1, tzinfo=UTC))
    assert "sponsor_reported_at_future" not in found_in(
        around, sponsor_reported_at=datetime(2011, 8, 1, 16, 0, tzinfo=UTC)
    )
    before = MILD["aware_at"] - timedelta(seconds=1)
    assert "board_reported_at_before_aware_at" in found_in(around, board_reported_at=before)


def test_admission_and_hospitalization_go_together(around: VisitContext) -> None:
    serious = {"seriousness": ["hospitalization"], "narrative": "x", "is_anticipated": True}
    assert found_in(around, **serious) == {"admission_undated"}
    assert found_in(around, admitted_on=date(2011, 2, 22)) == {"admission_not_serious"}
    assert found_in(around, **serious, admitted_on=date(2011, 2, 22)) == set()


def test_a_relapse_is_not_recorded_twice(around: VisitContext) -> None:
    assert found_in(around, term="MS relapse") == {"relapse_as_event"}


def test_an_empty_form_is_judged_without_a_word(around: VisitContext) -> None:
    assert check_adverse_event({}, around) == []
    assert compute_adverse_event({}, around) == []
