"""From recorded facts to frames: which value lands where, and what is said about the rest."""

from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from endpoints.assembly import assemble_facts
from endpoints.layout import AnalyzedPatient, RecordedFacts, SeenVisit
from trialsite.protocol.load import load_protocol

PREMISE = load_protocol(Path(__file__).parents[2] / "trialsite/protocol/premise.toml")
ANNA = AnalyzedPatient(UUID(int=1), "P2-001", 2, "F", 40)
BOB = AnalyzedPatient(UUID(int=2), "P2-002", 2)


def see(key: str, day: int, **outcomes: float) -> SeenVisit:
    return SeenVisit("P2-001", key, day, outcomes)


def assemble(*visits: SeenVisit, **more: Any) -> tuple[dict[str, dict[str, Any]], tuple[str, ...]]:
    """Anna's rows by visit, and the notes."""
    made = assemble_facts(RecordedFacts(patients=(ANNA, BOB), visits=visits, **more), PREMISE)
    rows = made.facts.visits[made.facts.visits["subject"] == "P2-001"].set_index("visit")
    return {
        str(name): {str(key): value for key, value in row.items()} for name, row in rows.to_dict("index").items()
    }, made.notes


def test_everybody_has_a_row_for_every_visit() -> None:
    facts = assemble_facts(RecordedFacts(patients=(ANNA, BOB)), PREMISE).facts
    assert facts.subjects == ("P2-001", "P2-002")
    assert len(facts.visits) == 2 * 6
    assert facts.visits["arm"].isna().all()


def test_arms_come_in_only_when_they_are_given() -> None:
    arms = {ANNA.patient_id: "angioplasty", BOB.patient_id: "sham"}
    facts = assemble_facts(RecordedFacts(patients=(ANNA, BOB)), PREMISE, arms).facts
    assert dict(facts.visits.groupby("subject")["arm"].first()) == {"P2-001": "treated", "P2-002": "sham"}


def test_values_stand_at_their_visit_with_its_day() -> None:
    rows, notes = assemble(see("month_1", 29, edss=2.5))
    assert (rows["1m"]["edss"], rows["1m"]["study_day"], rows["1m"]["age"]) == (2.5, 29, 40)
    assert rows["3m"]["edss"] != rows["3m"]["edss"], "missing"
    assert notes == ()


@pytest.mark.parametrize(
    ("visits", "baseline"),
    [
        ((see("screening", -30, vhiss=9), see("baseline", -7, vhiss=8)), 8),
        ((see("screening", -30, vhiss=9),), 9),
        ((see("screening", -30, vhiss=9), see("baseline", -7)), 9),
    ],
)
def test_the_baseline_score_is_the_first_of_the_protocols_visits(visits: tuple[SeenVisit, ...], baseline: int) -> None:
    assert assemble(*visits)[0]["baseline"]["vhiss"] == baseline


def test_no_other_outcome_takes_its_baseline_from_screening() -> None:
    rows, _ = assemble(see("screening", -30, edss=3))
    assert rows["baseline"]["edss"] != rows["baseline"]["edss"], "missing"


def test_an_event_between_visits_counts_at_the_next_one() -> None:
    rows, notes = assemble(
        see("unscheduled", -3, relapses=5),
        see("month_1", 30, relapses=0),
        see("unscheduled", 50, relapses=1, new_t2_lesions=2),
        see("unscheduled", 60, relapses=1),
        see("month_3", 90, relapses=0),
        see("month_6", 180, relapses=1, new_t2_lesions=0),
    )
    assert [rows[visit]["relapses"] for visit in ("1m", "3m", "6m")] == [0, 2, 1]
    assert rows["6m"]["new_t2_lesions"] == 2
    assert notes == ()


def test_an_event_that_no_visit_has_taken_up_is_reported() -> None:
    rows, notes = assemble(see("month_1", 30, relapses=0), see("unscheduled", 50, relapses=1))
    assert rows["1m"]["relapses"] == 0
    assert notes == ("Relapses: 1 counted at visits outside the plan wait for the next planned visit.",)


def test_a_count_before_the_procedure_is_left_out_and_reported() -> None:
    rows, notes = assemble(see("month_1", -2, relapses=2, edss=2.0))
    assert rows["1m"]["relapses"] != rows["1m"]["relapses"], "missing"
    assert rows["1m"]["edss"] == 2.0
    assert "This visit follows the procedure, so its day cannot be negative." in notes[0]


def test_values_that_contradict_the_facts_are_left_out_and_reported() -> None:
    event = {"subject": "P2-001", "term": None, "ctcae_grade": 9, "serious": "Y", "related": None, "onset_day": 1}
    rows, notes = assemble(see("month_1", 30, edss=2.2, vhiss=17), adverse_events=(event,))
    assert rows["1m"]["edss"] != rows["1m"]["edss"], "missing"
    (note,) = notes
    assert note.startswith("4 values contradict the rest and are left out.")
    assert "edss: This must be a multiple of 0.5." in note


def test_sex_and_age_may_be_missing() -> None:
    made = assemble_facts(RecordedFacts(patients=(replace(ANNA, sex=None, age=None),)), PREMISE)
    assert made.facts.visits["age"].isna().all()
