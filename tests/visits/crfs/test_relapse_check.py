"""What the question after relapses refuses and asks about."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from tests.visits.crfs.around import DAYS, find, keys, make_context
from trialsite.lib.findings import Severity
from visits.crfs.context import VisitContext
from visits.crfs.relapse.rules import OtherRelapse, RelapseStatus
from visits.crfs.relapse_check.checks import check_relapse_check
from visits.crfs.relapse_check.form import compute_relapse_check

LAST = {"assessed_on": DAYS["month_1"], "total_relapses": 1}


def logged(*onsets: date, status: RelapseStatus = RelapseStatus.SUSPECTED) -> tuple[OtherRelapse, ...]:
    return tuple(OtherRelapse(id=UUID(int=number), onset_on=on, status=status) for number, on in enumerate(onsets, 1))


def around(*log: OtherRelapse, **changes: Any) -> VisitContext:
    return make_context("month_3", **{"previous": LAST, "related": {"relapses": log}, **changes})


def found(context: VisitContext, *, new: int | None, total: int | None, answer: bool | None = None) -> set[str]:
    return keys(check_relapse_check(answered(new=new, total=total, answer=answer), context))


def answered(*, new: int | None, total: int | None, answer: bool | None = None) -> dict[str, Any]:
    return {"assessed_on": DAYS["month_3"], "has_new_relapse": answer, "new_relapses": new, "total_relapses": total}


OLD, NEW = date(2011, 2, 10), date(2011, 4, 1)


def test_a_check_that_agrees_with_the_log_raises_nothing() -> None:
    assert found(around(*logged(OLD, NEW)), answer=True, new=1, total=2) == set()
    assert found(around(*logged(OLD)), answer=False, new=0, total=1) == set()


@pytest.mark.parametrize(("total", "is_refused"), [(0, True), (1, False), (2, False)])
def test_the_total_never_falls(total: int, is_refused: bool) -> None:
    assert ("total_falls" in found(around(), new=0, total=total)) is is_refused


def test_a_falling_total_is_refused_at_its_field() -> None:
    refused = find(check_relapse_check(answered(new=0, total=0), around()), "total_falls")
    assert (refused.severity, refused.field) == (Severity.HARD, "total_relapses")


def test_the_first_check_compares_with_nothing() -> None:
    assert found(around(previous={}), answer=False, new=0, total=0) == set()


@pytest.mark.parametrize(
    ("answer", "new", "key"), [(True, 0, "new_but_none"), (False, 1, "none_but_new"), (True, 1, None), (False, 0, None)]
)
def test_answer_and_number_agree(answer: bool, new: int, key: str | None) -> None:
    refusals = found(around(), answer=answer, new=new, total=1 + new) & {"new_but_none", "none_but_new"}
    assert refusals == ({key} if key else set())


def test_the_total_is_not_below_the_new_ones() -> None:
    assert "total_below_new" in found(around(previous={}), new=2, total=1)
    assert "total_below_new" not in found(around(previous={}), new=2, total=2)


@pytest.mark.parametrize(("total", "is_asked"), [(2, False), (3, True)])
def test_a_total_that_does_not_add_up_is_asked_about(total: int, is_asked: bool) -> None:
    assert ("total_does_not_add_up" in found(around(), new=1, total=total)) is is_asked


@pytest.mark.parametrize(
    ("onset", "counts"),
    [(DAYS["month_1"], False), (date(2011, 3, 4), True), (DAYS["month_3"], True), (date(2011, 5, 3), False)],
)
def test_the_log_counts_after_the_last_visit_up_to_this_one(onset: date, counts: bool) -> None:
    context = around(*logged(onset))
    assert ("log_differs" in found(context, new=0, total=1)) is counts
    assert ("log_differs" in found(context, new=1, total=2)) is not counts


def test_what_proved_no_relapse_does_not_count() -> None:
    assert found(around(*logged(NEW, status=RelapseStatus.NOT_RELAPSE)), answer=False, new=0, total=1) == set()


def test_without_a_log_nothing_is_compared() -> None:
    assert found(around(related={}), answer=True, new=3, total=4) == set()


def test_what_is_shown_beside() -> None:
    shown = compute_relapse_check({"assessed_on": DAYS["month_3"]}, around(*logged(OLD, NEW)))
    assert [one.value for one in shown] == ["1", "2", "1"]
    empty = compute_relapse_check({}, around(previous={}, related={}))
    assert [one.value for one in empty] == ["—", "—", "—"]
