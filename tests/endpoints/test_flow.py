"""The flow of patients adds up in every state of a trial, and says so when it does not."""

from collections.abc import Callable
from datetime import date
from uuid import UUID, uuid4

import pytest

from endpoints.accrual import compute_accrual
from endpoints.flow import Count, Participant, PhaseFlow, PhasePlan, compute_flow
from endpoints.flow_tables import describe_flow, make_accrual_table, make_flow_table

ENTERED, TREATED = date(2012, 1, 10), date(2012, 1, 17)
POOLED = PhasePlan(2, "Phase 2", is_randomized=True)
BY_ARM = PhasePlan(2, "Phase 2", is_randomized=True, columns=(("one", "Arm one"), ("two", "Arm two")))


def make(status: str, number: int = 1, **values: object) -> Participant:
    fields = {"phase_number": 2, "site_code": "UB", "registered_on": date(2012, 1, 1), "patient_id": uuid4()} | values
    return Participant(number=f"P2-{number:03d}", status=status, **fields)  # type: ignore[arg-type]  # any field, by name


SCREENING = make("screening")
FAILED = make("screen_failed", failure_reasons=("I5 Doppler",))
TWICE_FAILED = make("screen_failed", failure_reasons=("I5 Doppler", "The patient declined"))
LEFT_BEFORE_ENTRY = make("withdrawn", withdrawn_on=date(2012, 1, 5), withdrawal_scope="follow_up")
AWAITING = make("randomized", entered_on=ENTERED)
NOT_TREATED = make(
    "randomized",
    entered_on=ENTERED,
    ended_as="randomized_not_treated",
    ended_label="Not treated",
    ended_reason="Moved  away",
)
IN_FOLLOW_UP = make("randomized", entered_on=ENTERED, procedure_on=TREATED)
COMPLETED = make(
    "completed", entered_on=ENTERED, procedure_on=TREATED, ended_as="completed", ended_label="Completed the trial"
)
LOST = make("randomized", entered_on=ENTERED, procedure_on=TREATED, ended_as="lost", ended_label="Lost to follow-up")
WITHDREW_TREATMENT = make(
    "randomized", entered_on=ENTERED, procedure_on=TREATED, withdrawn_on=date(2012, 3, 1), withdrawal_scope="treatment"
)
WITHDREW_DATA = make(
    "withdrawn", entered_on=ENTERED, procedure_on=TREATED, withdrawn_on=date(2012, 3, 1), withdrawal_scope="data_use"
)
DIED = make("randomized", entered_on=ENTERED, procedure_on=TREATED, died_on=date(2012, 3, 1))
EVERY_STATE = (
    SCREENING,
    FAILED,
    TWICE_FAILED,
    LEFT_BEFORE_ENTRY,
    AWAITING,
    NOT_TREATED,
    IN_FOLLOW_UP,
    COMPLETED,
    LOST,
    WITHDREW_TREATMENT,
    WITHDREW_DATA,
    DIED,
)


def assert_adds_up(flow: PhaseFlow) -> None:
    assert flow.assessed == flow.excluded + flow.entered + flow.in_screening
    assert flow.entered == sum(column.entered for column in flow.columns)
    for column in flow.columns:
        assert column.entered == column.treated + column.awaiting + column.not_treated_total
        assert column.treated == column.completed + column.in_follow_up + column.stopped_total
        assert column.treated == column.analyzed + sum(count.number for count in column.not_analyzed)
    assert not flow.problems


def test_every_state_has_one_place_and_the_sums_agree() -> None:
    flow = compute_flow(POOLED, EVERY_STATE)
    assert_adds_up(flow)
    (everyone,) = flow.columns
    assert (flow.assessed, flow.excluded, flow.in_screening, flow.entered) == (12, 3, 1, 8)
    assert (everyone.treated, everyone.awaiting, everyone.completed, everyone.in_follow_up) == (6, 1, 1, 2)
    assert everyone.not_treated == (Count("Not treated: Moved away", 1),)
    assert everyone.stopped == (Count("Died", 1), Count("Lost to follow-up", 1), Count("Withdrew", 1))
    assert (everyone.analyzed, everyone.not_analyzed) == (5, (Count("Use of data withdrawn", 1),))


def test_a_reason_counts_patients_and_a_patient_may_have_two() -> None:
    flow = compute_flow(POOLED, (FAILED, TWICE_FAILED, LEFT_BEFORE_ENTRY))
    assert flow.excluded == 3
    assert flow.excluded_by == (Count("I5 Doppler", 2), Count("The patient declined", 1), Count("Withdrew", 1))


@pytest.mark.parametrize("size", range(len(EVERY_STATE) + 1))
def test_the_sums_agree_at_every_moment_of_a_trial(size: int) -> None:
    assert_adds_up(compute_flow(POOLED, EVERY_STATE[:size]))
    assert_adds_up(compute_flow(POOLED, EVERY_STATE[size:]))


def give_arms(entered: tuple[Participant, ...]) -> dict[UUID, str]:
    return {one.patient_id: "one" if number % 3 else "two" for number, one in enumerate(entered)}


def test_arms_divide_whoever_entered_and_nobody_else() -> None:
    flow = compute_flow(BY_ARM, EVERY_STATE, give_arms(EVERY_STATE))
    assert_adds_up(flow)
    assert [column.label for column in flow.columns] == ["Arm one", "Arm two"]
    assert sum(column.entered for column in flow.columns) == 8


def test_without_arms_a_plan_with_columns_stays_pooled() -> None:
    flow = compute_flow(BY_ARM, EVERY_STATE)
    assert [column.key for column in flow.columns] == ["all"]


def test_another_phase_is_not_counted() -> None:
    assert compute_flow(POOLED, (make("screening", phase_number=1),)).assessed == 0


@pytest.mark.parametrize(
    ("lost", "reason"),
    [
        (make("randomized"), "1 patient stands in no place between assessment and entry"),
        (make("screen_failed", entered_on=ENTERED), "1 patient stands in two places between assessment and entry"),
        (make("completed", entered_on=ENTERED, procedure_on=TREATED), None),
    ],
)
def test_a_patient_out_of_place_is_named(lost: Participant, reason: str | None) -> None:
    flow = compute_flow(POOLED, (*EVERY_STATE, lost))
    assert [(problem.reason, problem.participants) for problem in flow.problems] == (
        [(reason, (lost,))] if reason else []
    )


def test_a_patient_whom_the_list_does_not_know_is_named() -> None:
    flow = compute_flow(BY_ARM, (AWAITING,), {})
    assert [problem.reason for problem in flow.problems] == ["1 patient stands in no arm of the allocation list"]


@pytest.mark.parametrize("arms", [None, give_arms])
def test_the_table_prints_the_numbers_of_the_diagram(
    arms: Callable[[tuple[Participant, ...]], dict[UUID, str]] | None,
) -> None:
    flow = compute_flow(BY_ARM, EVERY_STATE, arms(EVERY_STATE) if arms else None)
    table = {row[0]: row[1:] for row in make_flow_table(flow).rows}
    assert table["Assessed for eligibility"][0] == "12"
    assert [int(cell) for cell in table["Procedure begun"][1:]] == (
        [column.treated for column in flow.columns] if arms else []
    )
    assert table["Analyzed"][0] == "5"
    assert "12 assessed = 3 excluded + 8 randomized + 1 in screening." in describe_flow(flow)


def test_accrual_counts_the_months_in_which_somebody_came() -> None:
    patients = (
        make("screening", registered_on=date(2011, 11, 30)),
        make("randomized", registered_on=date(2011, 12, 31), entered_on=date(2012, 2, 1)),
    )
    accrual = compute_accrual(2, "Phase 2", 20, patients)
    assert [(month.label, month.registered, month.entered, month.entered_so_far) for month in accrual.months] == [
        ("2011-11", 1, 0, 0),
        ("2011-12", 1, 0, 0),
        ("2012-02", 0, 1, 1),
    ]
    assert make_accrual_table(accrual).rows[-1] == ("2012-02", "0", "1", "1")


def test_accrual_of_nobody_has_no_months() -> None:
    assert compute_accrual(2, "Phase 2", 20, ()).months == ()
