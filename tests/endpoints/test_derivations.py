"""Derived values per patient, at the boundaries."""

import math
from fractions import Fraction

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from endpoints.derivations.adverse_events import derive_event_counts, derive_term_counts
from endpoints.derivations.change import derive_change, derive_percent_reduction
from endpoints.derivations.counts import derive_cumulative_count
from endpoints.derivations.groups import Comparison, Group, Grouping, make_pooled_grouping
from endpoints.derivations.patients import derive_patients
from endpoints.derivations.relapse_time import derive_time_to_first_relapse
from endpoints.derivations.response import derive_response, is_responder
from endpoints.document.cohort import Cohort
from endpoints.document.count_facts import derive_counts
from tests.endpoints.trial import OPEN, SHAM, TREATED, Cell, make_facts, make_patient, make_visit

THREE_QUARTERS = Fraction(3, 4)


class TestResponder:
    @pytest.mark.parametrize(("baselines", "largest"), [((2, 4), 0), ((5, 8), 1), ((9, 12), 2), ((13, 16), 3)])
    def test_largest_score_that_still_responds(self, baselines: tuple[int, int], largest: int) -> None:
        for baseline in range(baselines[0], baselines[1] + 1):
            assert is_responder(baseline, largest, THREE_QUARTERS)
            assert is_responder(baseline, largest + 1, THREE_QUARTERS) is False

    @pytest.mark.parametrize(
        ("baseline", "follow_up", "expected"),
        [(4, 1, False), (8, 2, False), (8, 1, True), (12, 3, False), (16, 4, False), (5, 1, True)],
    )
    def test_exactly_three_quarters_is_not_more(self, baseline: int, follow_up: int, expected: bool) -> None:
        assert is_responder(baseline, follow_up, THREE_QUARTERS) is expected

    def test_another_threshold(self) -> None:
        assert is_responder(3, 2, Fraction(1, 3)) is False
        assert is_responder(3, 1, Fraction(1, 3)) is True

    def test_nothing_can_fall_from_zero(self) -> None:
        assert is_responder(0, 0, THREE_QUARTERS) is None

    def test_a_worse_score_is_no_response(self) -> None:
        assert is_responder(2, 5, THREE_QUARTERS) is False

    def test_negative_scores_are_refused(self) -> None:
        with pytest.raises(ValueError, match="negative"):
            is_responder(-1, 0, THREE_QUARTERS)

    def test_screening_never_replaces_baseline(self) -> None:
        table = derive_response(make_facts(make_patient("T1", "treated", "vhiss", screening=8, m1=0)))
        assert table["responder"].tolist() == [None]


class TestChange:
    def test_equal_changes_are_equal_numbers(self) -> None:
        rows = [
            *make_patient("T1", "treated", "msqol_mental", baseline=0.1, m6=0.3),
            *make_patient("T2", "treated", "msqol_mental", baseline=0.2, m6=0.4),
        ]
        changes = derive_change(make_facts(rows), "msqol_mental", "6m")["change"]
        assert changes.nunique() == 1

    def test_percent_reduction_is_negative_for_a_rise_and_not_clipped(self) -> None:
        rows = [
            *make_patient("T1", "treated", "vhiss", baseline=4, m1=1),
            *make_patient("T2", "treated", "vhiss", baseline=2, m1=5),
            *make_patient("T3", "treated", "vhiss", baseline=0, m1=5),
            *make_patient("T4", "treated", "vhiss", baseline=3),
        ]
        changes = derive_change(make_facts(rows), "vhiss", "1m")
        reductions = derive_percent_reduction(changes).tolist()
        assert reductions[:2] == [75, -150]
        assert math.isnan(reductions[2])
        assert math.isnan(reductions[3])

    def test_brain_volume_change_needs_no_baseline(self) -> None:
        facts = make_facts(make_patient("T1", "treated", "pbvc", m6=-0.4))
        assert derive_change(facts, "pbvc", "6m")["change"].tolist() == [-0.4]


class TestCumulativeCount:
    def derive(self, **values: float | None) -> "pd.Series[float]":
        facts = make_facts(make_patient("T1", "treated", "new_t2_lesions", **values))
        return derive_cumulative_count(facts, "new_t2_lesions").iloc[0]

    def test_adds_the_visits_after_the_procedure(self) -> None:
        derived = self.derive(baseline=9, h24=9, m1=1, m3=2, m6=4)
        assert derived["cumulative"] == 7
        assert derived["follow_up_days"] == 182
        assert derived["follow_up_years"] == pytest.approx(182 / 365.25)
        assert derived["is_completer"]

    def test_a_missed_scan_in_between_does_not_shorten_follow_up(self) -> None:
        derived = self.derive(m1=1, m3=None, m6=0)
        assert (derived["cumulative"], derived["follow_up_days"]) == (1, 182)

    def test_follow_up_ends_with_the_last_count(self) -> None:
        derived = self.derive(m1=1, m3=0, m6=None)
        assert (derived["cumulative"], derived["follow_up_days"]) == (1, 91)
        assert not derived["is_completer"]

    @pytest.mark.parametrize(
        ("values", "day", "planned"),
        [
            ({"m1": 1, "m3": 0, "m6": 2}, 182, 182),
            ({"m1": 1, "m3": 0, "m6": None}, 91, 91),
            ({"m1": None, "m3": 4, "m6": None}, 91, 91),
            ({"m1": 0, "m3": None, "m6": None}, 30, 30),
            ({"m1": None, "m3": None, "m6": None}, None, None),
        ],
    )
    def test_planned_days_are_those_of_the_last_visit_with_a_count(
        self, values: dict[str, float | None], day: int | None, planned: int | None
    ) -> None:
        """Each visit eleven days late: the actual follow-up grows by them, the planned one does not."""
        rows = make_patient("T1", "treated", "new_t2_lesions", **values)
        late = [row | {"study_day": float(row["study_day"] or 0) + 11} for row in rows]
        derived = derive_counts(Cohort(make_facts(late)), "new_t2_lesions")
        expected = [math.nan if one is None else one for one in (None if day is None else day + 11, planned)]
        assert [derived.days[0], derived.nominal_days[0]] == pytest.approx(expected, nan_ok=True)
        assert derived.years[0] == pytest.approx(expected[0] / 365.25, nan_ok=True)

    def test_nothing_counted_is_not_zero(self) -> None:
        derived = self.derive(baseline=2, m1=None, m3=None, m6=None)
        assert math.isnan(derived["cumulative"])
        assert math.isnan(derived["follow_up_years"])
        assert not derived["is_completer"]

    def test_another_variable_does_not_make_a_count(self) -> None:
        rows = [make_visit("T1", "treated", "1m", new_ce_lesions=2)]
        table = derive_cumulative_count(make_facts(rows), "new_t2_lesions")
        assert table["cumulative"].isna().all()


class TestTimeToFirstRelapse:
    def derive(self, *onsets: int, **values: float | None) -> pd.DataFrame:
        rows = [make_visit("T1", "treated", "screening"), *make_patient("T1", "treated", "relapses", **values)]
        facts = make_facts(rows, relapses=[("T1", onset) for onset in onsets])
        return derive_time_to_first_relapse(facts)[["time_days", "is_event"]]

    def test_the_first_of_several(self) -> None:
        assert self.derive(70, 40, m1=0, m3=2).to_numpy().tolist() == [[40, True]]

    def test_without_one_it_ends_with_the_last_visit_that_asked(self) -> None:
        assert self.derive(m1=0, m3=0, m6=None).to_numpy().tolist() == [[91, False]]

    def test_before_the_procedure_does_not_count(self) -> None:
        assert self.derive(-1, m1=0).to_numpy().tolist() == [[30, False]]
        assert self.derive(0, m1=0).to_numpy().tolist() == [[0, True]]

    def test_never_asked_is_left_out(self) -> None:
        assert self.derive(5, baseline=0, m1=None).empty


class TestAdverseEvents:
    def derive(self, *events: tuple[Cell, ...]) -> "pd.Series[float]":
        facts = make_facts([make_visit("T1", "treated", "baseline")], events)
        return derive_event_counts(facts).iloc[0]

    @pytest.mark.parametrize(
        ("onset", "any_", "within_24h", "within_1m"),
        [(-1, 0, 0, 0), (0, 1, 1, 1), (1, 1, 1, 1), (2, 1, 0, 1), (30, 1, 0, 1), (31, 1, 0, 0), (None, 1, 0, 0)],
    )
    def test_day_of_onset(self, onset: int | None, any_: int, within_24h: int, within_1m: int) -> None:
        derived = self.derive(("T1", "Headache", 1, "N", "N", onset))
        assert (derived["any"], derived["within_24h"], derived["within_1m"]) == (any_, within_24h, within_1m)

    def test_serious_and_related_must_be_the_same_event(self) -> None:
        derived = self.derive(("T1", "A", 1, "Y", "N", 1), ("T1", "B", 1, "N", "Y", 1))
        assert (derived["serious"], derived["related"], derived["serious_related"]) == (1, 1, 0)

    @pytest.mark.parametrize(("grade", "severe"), [(2, 0), (3, 1), (None, 0)])
    def test_severe_begins_at_grade_three(self, grade: int | None, severe: int) -> None:
        assert self.derive(("T1", "A", grade, "N", "N", 1))["grade_ge_3_event"] == severe

    def test_highest_grade_ignores_what_is_missing(self) -> None:
        derived = self.derive(("T1", "A", 2, None, None, 1), ("T1", "B", None, None, None, 1))
        assert derived["max_grade"] == 2
        assert not derived["has_only_ungraded"]
        assert self.derive(("T1", "B", None, None, None, 1))["has_only_ungraded"]
        assert not self.derive()["has_only_ungraded"]

    def test_terms_are_the_same_whatever_their_case_and_the_blanks_around_them(self) -> None:
        events = [("T1", term, 1, "N", "N", 1) for term in ("Head ache", " head ACHE ", "Headache", "head  ache")]
        facts = make_facts([make_visit("T1", "treated", "baseline")], events)
        terms = derive_term_counts(facts).set_index("term")["events"].to_dict()
        assert terms == {"head ache": 2, "headache": 1, "head  ache": 1}


def test_patients_take_what_any_of_their_rows_tells() -> None:
    rows = [
        make_visit("T1", "treated", "screening", sex=None, age=None),
        make_visit("T1", "treated", "baseline", sex="M", age=51),
    ]
    patient = derive_patients(make_facts(rows)).iloc[0]
    assert (patient["sex"], patient["age"], patient["arm"]) == ("M", 51, "treated")


class TestGroups:
    def test_a_group_without_arm_holds_its_phase_only(self) -> None:
        facts = make_facts([make_visit(s, a, "baseline") for s, a in (("O", "open"), ("T", "treated"), ("S", "sham"))])
        pooled = make_pooled_grouping({1: "Phase 1", 2: "Phase 2"})
        chosen = [group.select(derive_patients(facts))["subject"].tolist() for group in pooled.groups]
        assert chosen == [["O"], ["S", "T"]]
        assert not pooled.comparisons

    def test_phases_are_never_compared(self) -> None:
        with pytest.raises(ValueError, match="different phases"):
            Comparison(TREATED, OPEN)

    def test_two_groups_cannot_share_a_key(self) -> None:
        with pytest.raises(ValueError, match="same key"):
            Grouping((SHAM, Group("sham", "Other", 2)))

    def test_a_report_without_groups_is_refused(self) -> None:
        with pytest.raises(ValueError, match="needs a group"):
            Grouping(())

    def test_only_groups_of_the_report_are_compared(self) -> None:
        with pytest.raises(ValueError, match="Only groups"):
            Grouping((SHAM,), (Comparison(TREATED, SHAM),))


@given(st.integers(min_value=1, max_value=16), st.integers(min_value=0, max_value=16))
def test_integer_arithmetic_agrees_with_fractions(baseline: int, follow_up: int) -> None:
    fall = Fraction(baseline - follow_up, baseline)
    assert is_responder(baseline, follow_up, THREE_QUARTERS) is (fall > THREE_QUARTERS)
