"""The plan of the synthetic trial keeps what was published."""

from collections import Counter
from datetime import date

import pytest

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
    assert current_candidates(TODAY) == current_candidates(TODAY)


def test_nobody_in_the_middle_of_the_trial_changes_the_published_numbers() -> None:
    """Nobody of the randomized phase has been drawn, and nobody of the open one has reached the end."""
    stages = {one.stops_after: one.phase_number for one in current_candidates(TODAY)}
    assert {stage for stage, phase in stages.items() if phase == 2} == {"ready", "screening", "consent"}
    assert "" not in stages


def test_who_is_ready_stays_ready() -> None:
    """A pregnancy test is too old after a week; the demo may be opened later."""
    ready = next(one for one in current_candidates(TODAY) if one.stops_after == "ready")
    assert not ready.person.can_become_pregnant
