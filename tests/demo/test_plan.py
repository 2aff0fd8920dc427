"""The plan of the synthetic trial keeps what was published."""

from collections import Counter
from datetime import date, timedelta

import pytest

from trialsite.demo.days import working_day_from
from trialsite.demo.plan import (
    Outcome,
    angioplasty_outcomes,
    current_candidates,
    finished_candidates,
    open_phase_outcomes,
    sham_outcomes,
    totals,
    vhiss_at,
)

TODAY = date(2026, 11, 20)


def test_totals_of_the_randomized_phase_are_those_published() -> None:
    assert totals(angioplasty_outcomes()) == {"new_ce": 19, "new_t2": 17, "relapses": 4}
    assert totals(sham_outcomes()) == {"new_ce": 3, "new_t2": 3, "relapses": 1}


def _count_relapses(outcomes: list[Outcome]) -> Counter[int]:
    return Counter(len(outcome.relapse_days) for outcome in outcomes if outcome.is_treated)


def test_relapses_fall_on_patients_as_published() -> None:
    assert _count_relapses(angioplasty_outcomes()) == {0: 6, 1: 2, 2: 1}
    assert _count_relapses(sham_outcomes()) == {0: 9, 1: 1}


def test_one_of_ten_on_angioplasty_is_not_treated() -> None:
    assert [outcome.is_treated for outcome in angioplasty_outcomes()].count(False) == 1
    assert all(outcome.is_treated for outcome in sham_outcomes())
    assert len(angioplasty_outcomes()) == len(sham_outcomes()) == 10


def test_ten_of_thirty_fail_the_screening_of_the_randomized_phase() -> None:
    screened = Counter((one.phase_number, one.fails) for one in finished_candidates())
    assert screened == {(1, False): 10, (2, True): 10, (2, False): 20}


def _falls_by_more_than_three_quarters(baseline: int, percent: int) -> bool:
    return 4 * (baseline - vhiss_at(baseline, percent)) > 3 * baseline


def test_the_score_responds_in_the_open_phase() -> None:
    baselines = [one.vhiss for one in finished_candidates() if one.phase_number == 1]
    pairs = zip(baselines, open_phase_outcomes(), strict=True)
    responds = [_falls_by_more_than_three_quarters(baseline, outcome.vhiss_pct[0] or 0) for baseline, outcome in pairs]
    assert responds.count(True) == 9


@pytest.mark.parametrize("outcome", [*(one for one in angioplasty_outcomes() if one.is_treated), *sham_outcomes()])
def test_the_score_never_responds_in_the_randomized_phase(outcome: Outcome) -> None:
    """Whoever of the patients the arm falls on."""
    baselines = [one.vhiss for one in finished_candidates() if one.phase_number == 2 and not one.fails]
    for baseline in baselines:
        assert not any(_falls_by_more_than_three_quarters(baseline, percent or 0) for percent in outcome.vhiss_pct)


def test_one_patient_with_a_history_of_syncope_gets_the_pacemaker() -> None:
    unlucky = [one for one in finished_candidates() if one.outcome and one.outcome.has_pacemaker]
    assert [one.person.has_syncope for one in unlucky] == [True]
    assert sum(one.person.has_syncope for one in finished_candidates()) == 1
    # Without MRI nothing can be counted in this patient.
    assert totals([one.outcome for one in unlucky if one.outcome]) == {"new_ce": 0, "new_t2": 0, "relapses": 0}


def test_every_run_has_the_same_people() -> None:
    assert finished_candidates() == finished_candidates()
    assert current_candidates(TODAY, "US") == current_candidates(TODAY, "US")


def test_nobody_in_the_middle_of_the_trial_changes_the_published_numbers() -> None:
    """Nobody of the randomized phase has been drawn, and nobody of the open one has reached the end."""
    stages = {one.stops_after: one.phase_number for one in current_candidates(TODAY, "US")}
    assert {stage for stage, phase in stages.items() if phase == 2} == {"ready", "screening", "consent"}
    assert "" not in stages


def test_who_is_ready_stays_ready() -> None:
    """A pregnancy test is too old after a week; the demo may be opened later."""
    ready = next(one for one in current_candidates(TODAY, "US") if one.stops_after == "ready")
    assert not ready.person.can_become_pregnant


@pytest.mark.parametrize("week", range(60))
def test_states_hold_whatever_day_it_is(week: int) -> None:
    """Windows of the protocol: month 1 from day 23 to 37, month 3 from day 76 to 104."""
    for today in (TODAY + timedelta(days=7 * week + day) for day in range(7)):
        planned = {one.stops_after: one for one in current_candidates(today, "US")}
        days = {stage: (today - one.procedure_on).days for stage, one in planned.items() if one.procedure_on}
        assert 76 <= days["month_1"] <= 104
        assert 37 < days["hour_24"] < 76
        assert 23 <= days["drafts"] <= 37
        assert planned["consent"].consented_on < today
        waiting = [
            one.baseline_on for stage, one in planned.items() if stage in ("entered", "ready") and one.baseline_on
        ]
        assert [on < today - timedelta(days=5) for on in waiting] == [True, True]


@pytest.mark.parametrize("week", range(60))
def test_the_steps_to_the_procedure_keep_their_order(week: int) -> None:
    for candidate in current_candidates(TODAY + timedelta(days=7 * week), "US"):
        if candidate.baseline_on and candidate.procedure_on:
            signed_on = working_day_from(candidate.baseline_on + timedelta(days=1), "US")
            assert candidate.consented_on < candidate.baseline_on < signed_on < candidate.procedure_on
