"""Statistic rows from hand-made trials."""

import itertools
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from scipy import stats

from endpoints import results
from endpoints.behind import count_which, name_behind, select_behind
from endpoints.derivations.conduct import derive_procedures, derive_visit_days
from endpoints.derivations.groups import Grouping
from endpoints.document.document import write_document
from endpoints.facts import OUTCOMES, TrialFacts
from endpoints.layout import Behind, RecordedFacts
from endpoints.rows import STATISTICS, Summary, make_row_table
from endpoints.simulation.assumptions import Assumptions
from endpoints.simulation.draw import draw_trial
from endpoints.summaries import (
    summarize_adverse_events,
    summarize_baseline,
    summarize_blinded_spread,
    summarize_change,
    summarize_conduct,
    summarize_course,
    summarize_descriptives,
    summarize_guesses,
    summarize_lesion_models,
    summarize_lesions,
    summarize_mixed_model,
    summarize_planned_rates,
    summarize_relapses,
    summarize_response,
    summarize_standardized,
    summarize_stopping_watch,
    summarize_time_to_relapse,
    summarize_time_to_report,
    summarize_visit_days,
)
from tests.endpoints.trial import (
    BY_ARM,
    PLAN,
    POOLED,
    STUDY_DAYS,
    Cell,
    make_counts,
    make_facts,
    make_patient,
    make_visit,
)

BETWEEN = "treated_vs_sham"


def make_responses() -> list[dict[str, Cell]]:
    """Treated 8->1 yes, 8->2 no, 0->0 and missing not evaluable; sham 5->1 yes, 4->1 no."""
    return [
        *make_patient("T1", "treated", "vhiss", baseline=8, m1=1),
        *make_patient("T2", "treated", "vhiss", baseline=8, m1=2),
        *make_patient("T3", "treated", "vhiss", baseline=0, m1=0),
        *make_patient("T4", "treated", "vhiss", screening=9, m1=1),
        *make_patient("S1", "sham", "vhiss", baseline=5, m1=1),
        *make_patient("S2", "sham", "vhiss", baseline=4, m1=1),
        *make_patient("O1", "open", "vhiss", baseline=12, m1=2),
    ]


def get_numbers(summary: Summary, statistic: str, **where: str) -> list[float | None]:
    return [summary.value(group=group, statistic=statistic, **where) for group in ("open", "treated", "sham")]


class TestResponse:
    def test_counts_only_those_who_can_be_evaluated(self) -> None:
        summary = summarize_response(make_facts(make_responses()), BY_ARM)
        assert get_numbers(summary, "x", analysis="observed") == [1, 1, 1]
        assert get_numbers(summary, "total", analysis="observed") == [1, 2, 2]

    def test_counts_the_others_as_not_responding_in_the_sensitivity_analysis(self) -> None:
        summary = summarize_response(make_facts(make_responses()), BY_ARM)
        assert get_numbers(summary, "x", analysis="nonresponder_imputation") == [1, 1, 1]
        assert get_numbers(summary, "total", analysis="nonresponder_imputation") == [1, 4, 2]

    def test_keeps_each_patient_with_the_group_and_without_the_arm(self) -> None:
        summary = summarize_response(make_facts(make_responses()), POOLED)
        assert "arm" not in summary.patients
        by_subject = summary.patients.set_index("subject")["responder"].to_dict()
        assert by_subject == {
            "O1": True,
            "T1": True,
            "T2": False,
            "T3": None,
            "T4": None,
            "S1": True,
            "S2": False,
        }

    def test_the_open_arm_is_tested_against_the_fall_that_makes_a_responder(self) -> None:
        """Changes of -87.5, -75, -100 and -60 %. t by scipy; W by hand: ranks 1 and 3 below, 2 above, 3 of 8 sums are <= 2."""
        scores = ((8, 1), (8, 2), (4, 0), (10, 4))
        rows = [
            row
            for number, (before, after) in enumerate(scores)
            for row in make_patient(f"O{number}", "open", "vhiss", baseline=before, m1=after)
        ]
        expected = stats.ttest_1samp([-87.5, -75, -100, -60], -75)
        low, high = expected.confidence_interval()
        for grouping, group in ((BY_ARM, "open"), (POOLED, "phase_1")):
            summary = summarize_response(make_facts(rows), grouping)
            found = {row.statistic: row.value for row in summary.select(analysis="percent_v_threshold", group=group)}
            assert found["mean"] == -80.625
            assert [found[f"threshold_{name}"] for name in ("t", "p", "lo", "hi")] == pytest.approx(
                [expected.statistic, expected.pvalue, low, high]
            )
            assert found["threshold_wilcoxon_p"] == pytest.approx(0.75)
            assert {row.group for row in summary.select(analysis="percent_v_threshold")} == {group}


class TestRelapses:
    def test_reproduces_the_published_comparison(self) -> None:
        """Relapses per patient 0/1/2: 6/2/1 v 9/1/0, published p = 0.389 (PREMiSe, Siddiqui
        and colleagues, Neurology 2014;83:441-449)."""
        facts = make_counts([0] * 6 + [1] * 2 + [2], [0] * 9 + [1], "relapses")
        summary = summarize_relapses(facts, BY_ARM)
        row = summary.find(group=BETWEEN, statistic="chisq_p", analysis="available")
        assert row.value == pytest.approx(0.38947, abs=5e-6)
        assert row.n == 19
        assert "Pearson" in row.method
        assert get_numbers(summary, "sum", analysis="available") == [0, 4, 1]
        for count, patients in enumerate([(6, 9), (2, 1), (1, 0)]):
            found = get_numbers(summary, f"patients_with_{count}", analysis="available")
            assert tuple(found[1:]) == patients

    def test_says_why_no_negative_binomial_model_was_fitted(self) -> None:
        summary = summarize_relapses(make_counts([0, 1, 3], [0, 0], "relapses"), BY_ARM)
        row = summary.find(group=BETWEEN, statistic="nb_rate_ratio", analysis="available")
        assert row.value is None
        assert row.note == "Not identifiable: An arm has no event."
        ratio = summary.find(group=BETWEEN, statistic="rate_ratio", analysis="available")
        assert ratio.value == math.inf


class TestLesions:
    def test_separates_completers_from_all_who_were_counted(self) -> None:
        rows = [
            *make_patient("T1", "treated", "new_t2_lesions", m1=2, m3=None, m6=3),
            *make_patient("T2", "treated", "new_t2_lesions", m1=4),
            *make_patient("T3", "treated", "new_t2_lesions", m1=None),
            *make_patient("S1", "sham", "new_t2_lesions", m1=0, m3=0, m6=1),
        ]
        summary = summarize_lesions(make_facts(rows), BY_ARM)
        where = {"outcome": "new_t2_lesions"}
        assert get_numbers(summary, "n", analysis="available", **where) == [0, 2, 1]
        assert get_numbers(summary, "n_missing", analysis="available", **where) == [0, 1, 0]
        assert get_numbers(summary, "sum", analysis="available", **where) == [0, 9, 1]
        assert get_numbers(summary, "n", analysis="completers", **where) == [0, 1, 1]
        assert get_numbers(summary, "n_missing", analysis="completers", **where) == [0, 2, 0]
        years = summary.value(group="treated", statistic="person_years", analysis="available", **where)
        assert years == pytest.approx((182 + 30) / 365.25)


class TestChange:
    def test_compares_changes_between_arms(self) -> None:
        rows = [
            *make_patient("T1", "treated", "edss", baseline=2.0, m6=2.5),
            *make_patient("T2", "treated", "edss", baseline=3.0, m6=4.0),
            *make_patient("T3", "treated", "edss", m6=4.0),
            *make_patient("S1", "sham", "edss", baseline=2.5, m6=2.5),
            *make_patient("S2", "sham", "edss", baseline=1.5, m6=1.0),
        ]
        summary = summarize_change(make_facts(rows), BY_ARM, "edss")
        at_end = {"visit": "6m", "analysis": "change"}
        assert get_numbers(summary, "mean", **at_end) == [None, 0.75, -0.25]
        assert get_numbers(summary, "n_missing", **at_end) == [0, 1, 0]
        assert summary.value(group=BETWEEN, statistic="mean_diff", **at_end) == 1.0
        assert summary.value(group=BETWEEN, statistic="u_active", **at_end) == 4.0
        # Two of the six ways to deal four different changes are as extreme: 2 / 6.
        assert summary.value(group=BETWEEN, statistic="mw_p", **at_end) == pytest.approx(1 / 3)

    def test_takes_brain_volume_change_as_the_change_itself(self) -> None:
        rows = [
            *make_patient("T1", "treated", "pbvc", m6=-0.5),
            *make_patient("T2", "treated", "pbvc", m6=-0.7),
            *make_patient("S1", "sham", "pbvc", m6=-0.1),
            *make_patient("S2", "sham", "pbvc", m6=-0.3),
        ]
        summary = summarize_change(make_facts(rows), BY_ARM, "pbvc")
        where = {"visit": "6m", "group": BETWEEN}
        assert summary.value(statistic="mean_diff", **where) == pytest.approx(-0.4)
        assert summary.value(statistic="ancova_diff", **where) == pytest.approx(-0.4)
        assert summary.find(statistic="ancova_diff", **where).n == 4


class TestAdverseEvents:
    def make_summary(self) -> Summary:
        visits = [
            make_visit(subject, arm, "baseline")
            for subject, arm in (("T1", "treated"), ("T2", "treated"), ("S1", "sham"), ("O1", "open"))
        ]
        events = [
            ("T1", " Headache", 2, "N", "Y", 1),
            ("T1", "headache ", None, None, None, 2),
            ("T2", "Syncope", 4, "Y", "N", 31),
            ("T2", "Bradycardia", 3, "Y", "Y", None),
            ("S1", "Cold", 5, "Y", "Y", -1),
            ("S1", "Nausea", None, "N", "N", 30),
        ]
        return summarize_adverse_events(make_facts(visits, events), BY_ARM)

    @pytest.mark.parametrize(
        ("category", "treated", "sham"),
        [
            ("any", 2, 1),
            ("serious", 1, 0),
            ("related", 2, 0),
            ("serious_related", 1, 0),
            ("grade_ge_3_event", 1, 0),
            ("within_24h", 1, 0),
            ("within_1m", 1, 1),
        ],
    )
    def test_counts_patients_by_category(self, category: str, treated: int, sham: int) -> None:
        summary = self.make_summary()
        found = get_numbers(summary, "x", outcome=category, analysis="category")
        assert found == [0, treated, sham]
        assert get_numbers(summary, "total", outcome=category, analysis="category") == [1, 2, 1]

    def test_counts_a_term_once_per_patient_whatever_its_spelling(self) -> None:
        summary = self.make_summary()
        assert get_numbers(summary, "x", outcome="headache") == [0, 1, 0]
        assert get_numbers(summary, "events", outcome="headache") == [0, 2, 0]
        assert not summary.select(outcome="cold")

    def test_ignores_missing_grades_in_the_highest(self) -> None:
        summary = self.make_summary()
        expected = {"g2": [0, 1, 0], "g4": [0, 1, 0], "missing": [0, 0, 1], "ge3": [0, 1, 0]}
        for grade, patients in expected.items():
            assert get_numbers(summary, "x", outcome=grade, analysis="max_grade") == patients


def test_baseline_describes_who_they_are() -> None:
    rows = [
        make_visit("T1", "treated", "baseline", vhiss=8, sex="F", age=40),
        make_visit("T2", "treated", "baseline", vhiss=10, sex="M", age=50),
        make_visit("S1", "sham", "screening", vhiss=3, sex=None, age=None),
    ]
    summary = summarize_baseline(make_facts(rows), BY_ARM)
    assert get_numbers(summary, "mean", outcome="age") == [None, 45, None]
    assert get_numbers(summary, "female", outcome="sex") == [0, 1, 0]
    assert get_numbers(summary, "male", outcome="sex") == [0, 1, 0]
    assert get_numbers(summary, "sex_missing", outcome="sex") == [0, 0, 1]
    assert get_numbers(summary, "n_missing", outcome="vhiss") == [0, 0, 1]
    assert not summary.select(outcome="sdmt")


def test_time_to_relapse_counts_from_the_procedure() -> None:
    rows = [
        *make_patient("T1", "treated", "relapses", m1=0, m3=1),
        *make_patient("T2", "treated", "relapses", m1=0, m3=0, m6=0),
        *make_patient("S1", "sham", "relapses", m1=0, m3=0, m6=0),
        *make_patient("S2", "sham", "relapses", baseline=0),
    ]
    facts = make_facts(rows, relapses=[("T1", 60), ("T1", 45), ("T2", -3)])
    summary = summarize_time_to_relapse(facts, BY_ARM)
    times = summary.patients.set_index("subject")["time_days"].to_dict()
    assert times == {"T1": 45, "T2": 182, "S1": 182}
    assert summary.value(group="treated", statistic="survival", day=30, analysis="landmark") == 1.0
    assert summary.value(group="treated", statistic="survival", day=91, analysis="landmark") == 0.5
    assert summary.value(group="treated", statistic="n_risk", day=91, analysis="landmark") == 1
    curve = summary.select(group="treated", statistic="survival", analysis="curve")
    assert [(row.day, row.value) for row in curve] == [(45, 0.5), (182, 0.5)]
    assert summary.find(group="open", statistic="survival", day=91, analysis="landmark").note


def test_lesion_models_estimate_the_slope_and_the_arm() -> None:
    """Lesions made as 1 - change + 2 for the treated, without scatter, come back exactly."""
    rows: list[dict[str, Cell]] = []
    for number, (arm, change) in enumerate(itertools.product(("treated", "sham"), (-4, -2, 0, 1))):
        lesions = 1 - change + (2 if arm == "treated" else 0)
        subject = f"P{number}"
        rows.append(make_visit(subject, arm, "baseline", vhiss=6 + number % 3))
        rows.append(make_visit(subject, arm, "6m", vhiss=6 + number % 3 + change, new_t2_lesions=lesions))
    summary = summarize_lesion_models(make_facts(rows), BY_ARM)
    for model in ("model_a", "model_b"):
        where = {"analysis": model, "group": BETWEEN}
        assert summary.value(statistic="slope", **where) == pytest.approx(-1)
        assert summary.value(statistic="ancova_diff", **where) == pytest.approx(2)
    where = {"analysis": "model_c", "group": BETWEEN}
    assert summary.value(statistic="slope", **where) == pytest.approx(-1)
    assert summary.value(statistic="interaction", **where) == pytest.approx(0, abs=1e-9)
    assert summary.value(statistic="ancova_diff", **where) == pytest.approx(2)


def summarize_spread(facts: TrialFacts, grouping: Grouping) -> Summary:
    return summarize_blinded_spread(facts, grouping, {2: (10.0, 10.0)})


ANSWERS = {"treated": "Angioplasty", "sham": "Sham", "do_not_know": "Do not know"}


def summarize_patterned_guesses(facts: TrialFacts, grouping: Grouping) -> Summary:
    """Patients guess by turns, whatever their arm; the last one was not asked, and no rater answered."""
    patients = facts.patients[["phase", "arm"]].reset_index()
    asked = patients[: max(0, len(patients) - 1)].assign(visit="6m", rater=None)
    turns = itertools.cycle(["do_not_know", "treated", "sham", "do_not_know", "treated", "treated"])
    guessed = list(itertools.islice(turns, len(asked)))
    return summarize_guesses(asked.assign(patient=pd.Series(guessed, dtype=object)), grouping, ANSWERS, ["6m"])


def summarize_procedures(facts: TrialFacts, grouping: Grouping) -> Summary:
    return summarize_conduct(derive_procedures(facts, RecordedFacts()), grouping)


def summarize_days(facts: TrialFacts, grouping: Grouping) -> Summary:
    planned = {"1m": 30, "6m": 180}
    return summarize_visit_days(derive_visit_days(facts, RecordedFacts(), planned), grouping, planned)


FAMILIES: list[Callable[[TrialFacts, Grouping], Summary]] = [
    summarize_baseline,
    summarize_spread,
    summarize_stopping_watch,
    summarize_descriptives,
    summarize_response,
    summarize_course,
    summarize_lesions,
    summarize_relapses,
    summarize_lesion_models,
    summarize_mixed_model,
    summarize_planned_rates,
    summarize_standardized,
    summarize_time_to_relapse,
    summarize_time_to_report,
    summarize_adverse_events,
    summarize_patterned_guesses,
    summarize_procedures,
    summarize_days,
]


def summarize_everything(facts: TrialFacts, grouping: Grouping) -> list[Summary]:
    changes = [summarize_change(facts, grouping, outcome) for outcome in ("edss", "pbvc")]
    return [family(facts, grouping) for family in FAMILIES] + changes


@pytest.mark.parametrize(
    "rows",
    [
        [],
        make_patient("O1", "open", "vhiss", baseline=8, m1=1),
        make_patient("T1", "treated", "vhiss", baseline=8, m1=1),
        [make_visit("T1", "treated", "baseline"), make_visit("S1", "sham", "6m")],
        make_responses(),
    ],
    ids=["nobody", "phase 1 only", "one arm", "no values", "few values"],
)
def test_a_report_has_the_same_shape_whatever_the_data(rows: list[dict[str, Cell]]) -> None:
    """Empty arms give rows without a value and with a reason, never an error or a zero."""
    shapes = []
    for facts in (make_facts(rows), make_facts(make_responses())):
        summaries = summarize_everything(facts, BY_ARM)
        shapes.append(
            {
                (row.family, row.outcome, row.visit, row.day, row.group, row.analysis, row.statistic)
                for summary in summaries
                for row in summary.rows
                if row.family != "baseline" and row.analysis != "curve"
            }
        )
    assert shapes[0] == shapes[1]


LISTED_FAMILIES = (
    summarize_baseline,
    summarize_descriptives,
    summarize_response,
    summarize_course,
    summarize_lesions,
    summarize_relapses,
    summarize_adverse_events,
    summarize_stopping_watch,
    summarize_mixed_model,
    summarize_lesion_models,
    summarize_planned_rates,
    summarize_time_to_relapse,
    summarize_time_to_report,
    summarize_patterned_guesses,
    summarize_procedures,
    summarize_days,
)


def test_every_number_of_patients_has_these_patients_behind_it() -> None:
    rows = make_responses()
    per_arm: tuple[tuple[str, str, tuple[int, ...]], ...] = (
        ("treated", "m6", (0, 2)),
        ("treated", "m3", (1,)),
        ("sham", "m6", (0, 1)),
    )
    for arm, last, lesions in per_arm:
        for count in lesions:
            rows += make_patient(f"{arm}-{last}-{count}", arm, "new_ce_lesions", **{"m1": count, last: 0})
    events = [("T1", "Headache", 3, "Y", "Y", 0), ("T1", "Fever", 1, "N", "N", 50), ("S1", "Fever", None, "N", "Y", 3)]
    checked = set()
    for grouping in (BY_ARM,):
        facts = make_facts(rows, events)
        summaries = [family(facts, grouping) for family in LISTED_FAMILIES]
        for row in (row for summary in summaries for row in summary.rows):
            behind = name_behind(row)
            which = count_which(row.statistic)
            if behind is None or not which or row.value is None:
                continue
            found = select_behind(summaries, behind, which)
            assert found is not None, row
            column = next((name for name in ("cumulative", "events") if name in found[0]), behind.outcome)
            number = found[0][column].sum() if row.statistic in ("sum", "events") else len(found[0])
            assert number == row.value, row
            checked.add((row.family, row.analysis, row.statistic))
        assert (
            select_behind(summaries, Behind("lesions", "edss", "available", "", grouping.groups[0].key), "present")
            is None
        )
        assert select_behind(summaries, Behind("lesions", "new_ce_lesions", "available", "", "nobody"), "event") is None
        known = Behind("lesions", "new_ce_lesions", "available", "", grouping.groups[0].key)
        assert select_behind(summaries, known, "present") is not None
        assert [select_behind(summaries, known, odd) for odd in ("99", "00", "F", "9" * 400)] == [None] * 4
    assert len(checked) >= 20
    assert {statistic for family, analysis, statistic in checked if analysis == "term"} == {"x", "total", "events"}


def test_every_statistic_is_explained_and_written_once() -> None:
    summaries = summarize_everything(make_facts(make_responses()), BY_ARM)
    rows = [row for summary in summaries for row in summary.rows]
    keys = [(r.family, r.outcome, r.visit, r.day, r.group, r.analysis, r.statistic) for r in rows]
    assert len(set(keys)) == len(keys)
    written = {row.statistic for row in rows if not row.statistic.startswith("patients_with_")}
    assert written == set(STATISTICS)
    assert not [row for row in rows if row.value is not None and math.isnan(row.value)]
    assert not [row for row in rows if row.value is None and not row.note]


def make_full_trial() -> TrialFacts:
    """Every outcome at every visit, scattered but the same each time."""
    rows: list[dict[str, Cell]] = []
    for number, visit in itertools.product(range(18), STUDY_DAYS):
        arm = ("open", "treated", "sham")[number % 3]
        step = (number * 7 + STUDY_DAYS[visit]) % 5
        values: dict[str, Cell] = dict.fromkeys(OUTCOMES, step)
        values["relapses"] = int(number in (1, 2) and visit == "1m")
        values["vhiss"] = 4 + step if visit == "baseline" else step
        values["new_t2_lesions"] = 4 * step if number % 3 else step
        rows.append(make_visit(f"P{number:02}", arm, visit, **values))
    events: list[tuple[Cell, ...]] = [(f"P{n:02}", "Headache", 1 + n % 5, "Y", "Y", n) for n in (0, 1, 2, 4, 7, 10, 13)]
    return make_facts(rows, events, [("P01", 20), ("P02", 25)])


def test_each_interval_holds_its_limits_in_order() -> None:
    rows = [row for summary in summarize_everything(make_full_trial(), BY_ARM) for row in summary.rows]
    values = {((r.family, r.outcome, r.visit, r.day, r.group, r.analysis), r.statistic): r.value for r in rows}
    widths: dict[str, set[float]] = {}
    for (where, statistic), low in values.items():
        if statistic.endswith("_lo") and low is not None:
            high = values[where, statistic.removesuffix("_lo") + "_hi"]
            assert high is not None
            widths.setdefault(statistic, set()).add(high - low)
    assert set(widths) == {key for key in STATISTICS if key.endswith("_lo")}
    for statistic, found in widths.items():
        assert min(found) >= 0, statistic
        assert max(found) > 0, statistic


def test_each_p_value_is_a_probability() -> None:
    rows = [row for summary in summarize_everything(make_full_trial(), BY_ARM) for row in summary.rows]
    by_statistic: dict[str, list[float]] = {}
    for row in rows:
        if (row.statistic.endswith("_p") or "_p_" in row.statistic) and row.value is not None:
            by_statistic.setdefault(row.statistic, []).append(row.value)
    assert len(by_statistic) > 20
    for statistic, values in by_statistic.items():
        assert all(0 <= value <= 1 for value in values), statistic
        # The exact test of arm by count can be certain of nothing in so small a trial.
        assert min(values) < 1 or statistic == "freeman_halton_p", statistic


def test_no_two_statistics_read_the_same_field() -> None:
    tables = [value for name, value in vars(results).items() if name.isupper()]
    assert len(tables) > 15
    for paths in tables:
        assert len(set(paths.values())) == len(paths)


def test_the_course_is_compared_at_every_visit_after_the_procedure() -> None:
    summary = summarize_course(make_full_trial(), BY_ARM)
    described = {row.visit for row in summary.select(analysis="value", statistic="mean")}
    compared = [row.visit for row in summary.select(statistic="mw_p", analysis="change")]
    assert described == set(STUDY_DAYS)
    assert compared == ["24h", "1m", "3m", "6m"]


def test_a_pooled_report_holds_no_arm_and_no_comparison() -> None:
    facts = make_facts(make_responses())
    for with_arms, without in zip(
        summarize_everything(facts, POOLED),
        summarize_everything(facts.without_arms(), POOLED),
        strict=True,
    ):
        assert make_row_table(with_arms.rows).equals(make_row_table(without.rows))
        assert with_arms.patients.equals(without.patients)
        if with_arms.family == "blinding":  # what was guessed is called as the arms are
            continue
        text = make_row_table(with_arms.rows).to_csv() + with_arms.patients.to_csv()
        assert not any(word in text for word in ("treated", "sham", "_vs_"))


def test_a_visit_without_a_score_leaves_the_mixed_model_to_the_others() -> None:
    """The optional examination at 24 hours was done in nobody: the others are compared as if it had not been planned."""
    facts = draw_trial(Assumptions(n_open=0, n_treated=9, n_sham=10), PLAN, seed=5)
    first, *others = PLAN.course_visits
    seen = facts.visits.assign(vhiss=facts.visits["vhiss"].where(facts.visits["visit"] != first))
    facts = replace(facts, visits=seen)
    found = summarize_mixed_model(facts, BY_ARM)
    unplanned = summarize_mixed_model(replace(facts, plan=replace(PLAN, course_visits=tuple(others))), BY_ARM)
    for analysis in ("random_intercept", "unstructured"):
        for visit in others:
            where = {"visit": visit, "analysis": analysis, "statistic": "mm_diff"}
            assert found.value(group=BETWEEN, **where) is not None
            assert found.value(group=BETWEEN, **where) == unplanned.value(group=BETWEEN, **where)
        notes = {row.note for row in found.rows if row.visit == first and row.analysis == analysis}
        assert notes == {"Nobody has a score at this visit."}
    nobody = replace(facts, visits=seen.assign(vhiss=float("nan")))
    where = {"visit": first, "analysis": "unstructured", "statistic": "mm_diff"}
    assert summarize_mixed_model(nobody, BY_ARM).value(group=BETWEEN, **where) is None


def test_rows_and_document_tell_the_same_numbers() -> None:
    """A page prints rows, the command writes the document: one definition per number."""
    facts = draw_trial(Assumptions(n_open=6, n_treated=12, n_sham=11), PLAN, seed=11)
    document = write_document(facts)

    def check(summary: Summary, block: dict[str, Any], names: dict[str, str], **where: str | None) -> None:
        for statistic, name in names.items():
            value = summary.value(group=BETWEEN, statistic=statistic, **where)
            assert value is not None, statistic
            assert value == pytest.approx(block[name], rel=1e-12), statistic

    mixed, block = summarize_mixed_model(facts, BY_ARM), document["mixed_model_vhiss"]
    by_visit = {"mm_diff": "estimate", "mm_se": "se", "mm_p": "p_z"}
    for visit in PLAN.course_visits:
        random = block["lmer_random_intercept"]["diff_by_visit"][visit]
        more = {"mm_p_satterthwaite": "p_satterthwaite", "mm_df_kr": "df_kr", "mm_p_kr": "p_kr"}
        check(mixed, random, by_visit | more, visit=visit, analysis="random_intercept")
        check(mixed, block["gls_unstructured"]["diff_by_visit"][visit], by_visit, visit=visit, analysis="unstructured")
    models, block = summarize_lesion_models(facts, BY_ARM), document["ancova_t2"]
    for analysis, name in (("model_b", "B_change_plus_baseline_plus_arm"), ("model_c", "C_interaction")):
        coefficient = block[name]["fit"]["coefficients"]["vhiss_change"]
        check(models, coefficient, {"slope": "estimate", "slope_lo": "lo", "slope_se_hc3": "se_hc3"}, analysis=analysis)
        tests = block[name]["type3_sum_contrasts"]["vhiss_change"]
        check(models, tests, {"type3_covariate_f": "f", "type3_covariate_p": "p"}, analysis=analysis)
    short = block["A2_percent_change"]["fit"]["coefficients"]["vhiss_pct_change"]
    check(models, short, {"slope": "estimate", "slope_p": "p"}, analysis="model_a2")
    counts = document["counts"]["new_t2_lesions"]["available"]
    where = {"outcome": "new_t2_lesions", "analysis": "available"}
    lesions = summarize_lesions(facts, BY_ARM)
    check(lesions, counts, {"freeman_halton_p": "freeman_halton_p"}, **where)
    names = {"poisson_p": "p_wald", "poisson_lo": "lo", "poisson_robust_se": "robust_hc0_se"}
    check(lesions, counts["poisson_glm"], names, **where)
    planned = summarize_planned_rates(facts, BY_ARM)
    where = {"outcome": "new_t2_lesions", "analysis": "planned_days"}
    check(planned, counts["poisson_exact_nominal_fu"], {"rate_ratio": "rate_ratio", "rate_ratio_hi": "hi"}, **where)
    times = document["time_to_first_relapse"]["nominal_visit_day"]
    reported = summarize_time_to_report(facts, BY_ARM)
    check(reported, times["logrank"], {"logrank_p": "p"})
    check(reported, times["cox_breslow"], {"breslow_ratio": "hr", "breslow_p": "p_wald"})


def test_guesses_are_counted_and_judged_by_arm_and_only_counted_without() -> None:
    """Treated: 3 right, 1 unknown, 1 without an answer; sham: 1 right, 2 wrong, 1 an answer of an older protocol, which is wrong."""
    guesses: dict[str, list[str | None]] = {
        "treated": ["treated", "treated", "treated", "do_not_know", None],
        "sham": ["sham", "treated", "treated", "laser"],
    }
    lines = [
        (f"{arm}{number}", 2, arm, "6m", guess, None)
        for arm, made in guesses.items()
        for number, guess in enumerate(made)
    ]
    table = pd.DataFrame(lines, columns=["subject", "phase", "arm", "visit", "patient", "rater"], dtype=object)
    summary = summarize_guesses(table, BY_ARM, ANSWERS, ["6m"])
    about = {"outcome": "patient", "visit": "6m", "analysis": "guess"}
    found = [
        [summary.value(**about, group=group, statistic=name) for name in ("n", "n_missing", "bang")]
        for group in ("treated", "sham")
    ]
    assert found == [[4, 1, 0.75], [4, 0, -0.5]]
    chosen = {"outcome": "patient=treated", "visit": "6m", "analysis": "answer"}
    assert [summary.value(**chosen, group=one, statistic="x") for one in ("treated", "sham")] == [3, 2]
    # Columns of 5, 1, 1 and 1: with k of the 5 in the first arm a table is made in C(5,k) ways, 10 at most, as the one seen: all 70 count.
    assert summary.value(**chosen, group=BETWEEN, statistic="question_p") == 1
    assert summary.find(**about | {"outcome": "rater"}, group="sham", statistic="bang").note == "Nobody answered."
    pooled = summarize_guesses(table.assign(arm=None), POOLED, ANSWERS, ["6m"])
    assert pooled.value(**about, group="phase_2", statistic="n") == 8
    assert not pooled.select(statistic="bang")
    assert not summarize_guesses(table, Grouping(POOLED.groups[:1]), ANSWERS, ["6m"]).rows
