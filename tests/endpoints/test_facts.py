"""Facts refuse what cannot be analyzed, and do not depend on the order of rows."""

from fractions import Fraction
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from endpoints.facts import (
    ADVERSE_EVENT_COLUMNS,
    RELAPSE_COLUMNS,
    VISIT_COLUMNS,
    AnalysisPlan,
    FactsError,
    TrialFacts,
    make_empty_table,
)
from endpoints.readers import render_facts
from tests.endpoints.trial import PLAN, Cell, make_facts, make_visit


def get_problems(error: pytest.ExceptionInfo[FactsError]) -> list[tuple[str, int | None, str]]:
    return [(p.table, p.row, p.column) for p in error.value.problems]


@pytest.mark.parametrize(
    ("column", "value", "word"),
    [
        ("subject", None, "subject"),
        ("subject", "  ", "subject"),
        ("phase", None, "phase"),
        ("phase", 0, "phase"),
        ("phase", 1.5, "phase"),
        ("sex", "f", "Sex"),
        ("age", -1, "0 to 120"),
        ("age", 121, "0 to 120"),
        ("visit", "2m", "one of"),
        ("study_day", 1.5, "whole"),
        ("study_day", None, "study day"),
        ("study_day", 0, "study day"),
        ("vhiss", -1, "0 to 16"),
        ("vhiss", 17, "0 to 16"),
        ("vhiss", 2.5, "whole"),
        ("new_ce_lesions", -1, "0 or more"),
        ("relapses", 0.5, "whole"),
        ("edss", 2.2, "multiple of 0.5"),
        ("edss", 10.5, "0 to 10"),
        ("pbvc", float("inf"), "finite"),
        ("sdmt", 111, "0 to 110"),
        ("pasat", 61, "0 to 60"),
        ("msqol_physical", 100.1, "0 to 100"),
    ],
)
def test_a_wrong_cell_is_refused_at_its_place(column: str, value: Cell, word: str) -> None:
    rows = [
        make_visit("S1", "sham", "baseline"),
        make_visit("T1", "treated", "1m", new_t2_lesions=1) | {column: value},
    ]
    with pytest.raises(FactsError) as error:
        make_facts(rows)
    assert ("visits", 1, column) in get_problems(error)
    assert word in str(error.value)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("sex", None),
        ("age", 0),
        ("age", 120),
        ("vhiss", 0),
        ("vhiss", 16),
        ("edss", 0),
        ("edss", 1.0),
        ("edss", 10),
        ("pbvc", -3.25),
        ("sdmt", 110),
        ("pasat", 60),
        ("msqol_physical", 100),
        ("study_day", 1),
        ("arm", None),
    ],
)
def test_a_value_at_the_limit_is_accepted(column: str, value: Cell) -> None:
    row = make_visit("T1", "treated", "1m", new_t2_lesions=1) | {column: value}
    assert make_facts([row]).subjects == ("T1",)


def test_a_visit_is_stated_once() -> None:
    rows = [make_visit("T1", "treated", "1m"), make_visit("T1", "treated", "1m")]
    with pytest.raises(FactsError, match="already has a row"):
        make_facts(rows)


@pytest.mark.parametrize(("column", "value"), [("phase", 1), ("arm", "sham"), ("sex", "M"), ("age", 41)])
def test_what_belongs_to_the_patient_cannot_change(column: str, value: Cell) -> None:
    rows = [make_visit("T1", "treated", "baseline"), make_visit("T1", "treated", "1m") | {column: value}]
    with pytest.raises(FactsError) as error:
        make_facts(rows)
    assert get_problems(error) == [("visits", 1, column)]


@pytest.mark.parametrize(
    ("event", "column"),
    [
        (("X9", "A", 1, "Y", "N", 1), "subject"),
        (("T1", "", 1, "Y", "N", 1), "term"),
        (("T1", "A", 0, "Y", "N", 1), "ctcae_grade"),
        (("T1", "A", 6, "Y", "N", 1), "ctcae_grade"),
        (("T1", "A", 1.5, "Y", "N", 1), "ctcae_grade"),
        (("T1", "A", 1, "yes", "N", 1), "serious"),
        (("T1", "A", 1, "Y", "?", 1), "related"),
        (("T1", "A", 1, "Y", "N", 1.5), "onset_day"),
    ],
)
def test_a_wrong_event_is_refused(event: tuple[Cell, ...], column: str) -> None:
    with pytest.raises(FactsError) as error:
        make_facts([make_visit("T1", "treated", "baseline")], [event])
    assert get_problems(error) == [("adverse_events", 0, column)]


def test_a_relapse_needs_a_known_subject_and_a_day() -> None:
    with pytest.raises(FactsError) as error:
        make_facts([make_visit("T1", "treated", "1m")], relapses=[("X", 3), ("T1", None)])
    assert get_problems(error) == [("relapses", 0, "subject"), ("relapses", 1, "onset_day")]


def test_columns_must_be_the_documented_ones() -> None:
    visits = make_empty_table(VISIT_COLUMNS).drop(columns="vhiss").assign(extra=[])
    with pytest.raises(FactsError) as error:
        TrialFacts(PLAN, visits, make_empty_table(ADVERSE_EVENT_COLUMNS), make_empty_table(RELAPSE_COLUMNS))
    assert get_problems(error) == [("visits", None, "vhiss"), ("visits", None, "extra")]


def test_text_in_a_number_column_is_refused() -> None:
    with pytest.raises(FactsError, match="row 1, vhiss: This is not a number"):
        make_facts([make_visit("T1", "treated", "1m", vhiss="many")])


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(FactsError) as error:
        make_facts([make_visit("T1", "treated", "1m", vhiss=17, edss=0.7)])
    assert get_problems(error) == [("visits", 0, "vhiss"), ("visits", 0, "edss")]


ROWS = [
    make_visit(subject, arm, visit, vhiss=4, relapses=0)
    for subject, arm in (("T1", "treated"), ("S1", "sham"), ("O1", "open"))
    for visit in ("1m", "3m", "6m")
]
EVENTS: list[tuple[Cell, ...]] = [
    ("T1", "B", None, "Y", None, 3),
    ("T1", "A", 2, None, "N", None),
    ("S1", "A", 2, "Y", "N", 3),
]
RENDERED = render_facts(make_facts(ROWS, EVENTS))


@given(st.permutations(ROWS), st.permutations(EVENTS))
def test_order_of_rows_changes_nothing(rows: list[dict[str, Any]], events: list[tuple[Cell, ...]]) -> None:
    assert render_facts(make_facts(rows, events)) == RENDERED


def test_a_population_keeps_only_its_patients() -> None:
    facts = make_facts(ROWS, EVENTS, [("S1", 4), ("T1", 5)]).restrict_to({"S1"})
    assert facts.subjects == ("S1",)
    assert facts.adverse_events["subject"].tolist() == ["S1"]
    assert facts.relapses["subject"].tolist() == ["S1"]


def test_facts_without_arms_hold_none() -> None:
    facts = make_facts(ROWS, EVENTS)
    assert facts.without_arms().visits["arm"].isna().all()
    assert facts.visits["arm"].notna().all()


def test_facts_do_not_change_with_the_frame_they_came_from() -> None:
    frame = pd.DataFrame(ROWS, columns=list(VISIT_COLUMNS))
    facts = TrialFacts(PLAN, frame, make_empty_table(ADVERSE_EVENT_COLUMNS), make_empty_table(RELAPSE_COLUMNS))
    frame.loc[:, "vhiss"] = 9
    assert (facts.visits["vhiss"] == 4).all()


def test_a_plan_names_only_its_own_visits() -> None:
    values = {field: getattr(PLAN, field) for field in PLAN.__dataclass_fields__}
    with pytest.raises(ValueError, match="12m"):
        AnalysisPlan(**values | {"count_visits": ("1m", "12m")})
    for threshold in (Fraction(0), Fraction(1)):
        with pytest.raises(ValueError, match="threshold"):
            AnalysisPlan(**values | {"response_threshold": threshold})
