"""Questionnaire scores: known answers, every item's ends, and what a missing answer does."""

from dataclasses import replace
from fractions import Fraction
from random import Random

import pytest

from tests.visits.crfs.conftest import keys_of, make_context
from trialsite.protocol.current import get_protocol
from trialsite.protocol.model import Protocol
from visits.crfs.context import VisitContext
from visits.crfs.quality_of_life.checks import answers_of, check_quality_of_life, compute_quality_of_life
from visits.crfs.quality_of_life.form import QUALITY_OF_LIFE
from visits.crfs.quality_of_life.scoring import (
    MENTAL_WEIGHTS,
    MFIS_SUBSCALES,
    MSQOL_SCALES,
    MSQOL_SINGLE_ITEMS,
    PHYSICAL_WEIGHTS,
    is_msqol_answer,
    missing_scales,
    recode_msqol,
    score_fss,
    score_mfis,
    score_msqol_composite,
    score_msqol_composites,
    score_msqol_scale,
    score_msqol_scales,
    transform_to_percent,
)

ITEMS = range(1, 55)
# Lowest answer, highest answer, the best one: written out item by item, apart from the code's own table.
ENDS = {
    **dict.fromkeys((1, 2, 20, 22, 35, 37, 50, 51, 52), (1, 5, 1)),
    **dict.fromkeys((33, 34, 36), (1, 5, 5)),
    **dict.fromkeys(range(3, 13), (1, 3, 3)),
    **dict.fromkeys(range(13, 20), (1, 2, 2)),
    **dict.fromkeys((21, 23, 26, 27, 30, 32), (1, 6, 1)),
    **dict.fromkeys((24, 25, 28, 29, 31, *range(38, 46)), (1, 6, 6)),
    **dict.fromkeys(range(46, 50), (1, 4, 1)),
    53: (0, 10, 10),
    54: (1, 7, 7),
}
BEST = {item: best for item, (_, _, best) in ENDS.items()}
WORST = {item: low if best == high else high for item, (low, high, best) in ENDS.items()}


def composites(answers: dict[int, int]) -> list[float | None]:
    """Physical and mental."""
    scales = score_msqol_scales(answers)
    scores = [score_msqol_composite(weights, scales) for weights in (PHYSICAL_WEIGHTS, MENTAL_WEIGHTS)]
    at_once = score_msqol_composites(answers)
    assert at_once == tuple(None if score is None else float(score) for score in scores)
    return [None if score is None else float(score) for score in scores]


def test_the_table_knows_all_54_items() -> None:
    assert sorted(ENDS) == list(ITEMS)


def test_every_item_belongs_to_one_scale() -> None:
    named = [item for items in {**MSQOL_SCALES, **MSQOL_SINGLE_ITEMS}.values() for item in items]
    assert sorted(named) == list(ITEMS)


def test_the_weights_of_each_composite_make_100() -> None:
    assert sum(PHYSICAL_WEIGHTS.values()) == sum(MENTAL_WEIGHTS.values()) == 100


@pytest.mark.parametrize("item", ITEMS)
def test_the_ends_of_an_item_are_0_and_100_and_nothing_lies_beyond(item: int) -> None:
    low, high, best = ENDS[item]
    assert {recode_msqol(item, low), recode_msqol(item, high)} == {0, 100}
    assert recode_msqol(item, best) == 100
    for beyond in (low - 1, high + 1):
        assert not is_msqol_answer(item, beyond)
        with pytest.raises(ValueError, match=f"item {item} "):
            recode_msqol(item, beyond)


@pytest.mark.parametrize("item", ITEMS)
def test_the_protocol_bounds_every_item_as_it_is_scored(item: int) -> None:
    limit = get_protocol().limit("quality_of_life", f"msqol_{item}")
    assert limit is not None
    assert [limit.hard_min, limit.hard_max] == list(ENDS[item][:2])


def test_all_best_is_100_and_all_worst_is_0() -> None:
    assert composites(BEST) == [100, 100]
    assert composites(WORST) == [0, 0]


@pytest.mark.parametrize(
    ("item", "answer", "score"),
    [
        (1, 2, Fraction(75)),
        (33, 2, Fraction(25)),
        (3, 2, Fraction(50)),
        (23, 2, Fraction(80)),
        (24, 2, Fraction(20)),
        (46, 2, Fraction(200, 3)),
        (46, 3, Fraction(100, 3)),
        (53, 7, Fraction(70)),
        (54, 2, Fraction(50, 3)),
    ],
)
def test_answers_in_between_are_equally_spaced(item: int, answer: int, score: Fraction) -> None:
    assert recode_msqol(item, answer) == score


def test_a_scale_is_the_mean_of_what_was_answered() -> None:
    assert score_msqol_scale((46, 47), {46: 1, 47: None}) == 100
    assert score_msqol_scale((46, 47), {46: 1, 47: 4}) == 50
    assert score_msqol_scale((46, 47), {46: None}) is None


def test_one_scale_moves_the_composite_by_its_weight() -> None:
    worst_sexual_function = BEST | {item: WORST[item] for item in range(46, 50)}
    assert composites(worst_sexual_function) == [92, 100]
    worst_distress = BEST | {item: WORST[item] for item in range(38, 42)}
    assert composites(worst_distress) == [89, 86]


def test_composites_at_once_are_those_of_the_scales_to_the_last_bit() -> None:
    """Answers at random, some missing: means over 1 to 10 items, which no power of two divides."""
    random = Random(54)
    for _ in range(200):
        answers = {item: random.choice([n for n in range(11) if is_msqol_answer(item, n)]) for item in BEST}
        composites({item: answer for item, answer in answers.items() if random.random() < 0.8})


def test_a_missing_scale_makes_the_composite_missing_and_is_named() -> None:
    without = {item: answer for item, answer in BEST.items() if item not in range(46, 50)}
    assert composites(without) == [None, 100]
    assert missing_scales(PHYSICAL_WEIGHTS, score_msqol_scales(without)) == ["Sexual function"]


def test_one_of_four_answers_is_enough_for_a_scale() -> None:
    only_one = {item: answer for item, answer in BEST.items() if item not in range(47, 50)}
    assert composites(only_one) == [100, 100]


def test_the_page_says_what_the_composite_lacks(around: VisitContext) -> None:
    values = {f"msqol_{item}": answer for item, answer in BEST.items() if item not in range(46, 50)}
    shown = {value.label: value for value in compute_quality_of_life(values, around)}
    assert shown["MSQOL-54, physical health composite"].value == "missing"
    assert "Sexual function" in shown["MSQOL-54, physical health composite"].note
    assert shown["MSQOL-54, mental health composite"].value == "100.0"


def test_an_impossible_answer_does_not_break_the_page(around: VisitContext) -> None:
    values = {"msqol_1": 9, "msqol_3": 3}
    assert {value.label: value.value for value in compute_quality_of_life(values, around)}[
        "Physical function"
    ] == "100.0"


def test_nothing_is_shown_for_an_empty_form(around: VisitContext) -> None:
    assert compute_quality_of_life({}, around) == []


def test_fatigue_is_the_mean_of_nine() -> None:
    assert score_fss(dict.fromkeys(range(1, 10), 1)) == 1
    assert score_fss({**dict.fromkeys(range(1, 9), 7), 9: 6}) == Fraction(62, 9)
    assert score_fss(dict.fromkeys(range(1, 9), 7)) is None


def test_the_subscales_of_the_fatigue_impact_scale() -> None:
    items = sorted(item for numbers in MFIS_SUBSCALES.values() for item in numbers)
    assert items == list(range(1, 22))
    assert score_mfis(dict.fromkeys(range(1, 22), 4)) == {
        "Total": 84,
        "Physical": 36,
        "Cognitive": 40,
        "Psychosocial": 8,
    }
    without_one = {item: 1 for item in range(1, 22) if item != 8}
    assert score_mfis(without_one) == {"Total": None, "Physical": 9, "Cognitive": 10, "Psychosocial": None}


@pytest.mark.parametrize(
    ("raw", "low", "high", "percent"), [(20, 20, 80, 0), (80, 20, 80, 100), (50, 20, 80, 50), (9, 9, 36, 0)]
)
def test_sums_become_percent_of_their_range(raw: int, low: int, high: int, percent: int) -> None:
    assert transform_to_percent(raw, low, high) == percent


def protocol_with(*instruments: str) -> Protocol:
    return replace(get_protocol(), quality_of_life_instruments=instruments)


@pytest.mark.parametrize(("points", "is_alert"), [(0, False), (1, True), (3, True), (None, False)])
def test_thoughts_of_suicide_are_an_alert(points: int | None, is_alert: bool) -> None:
    shown = compute_quality_of_life({"bdi_fs_item_7": points}, make_context(protocol=protocol_with("bdi_fs")))
    assert [value.is_alert for value in shown] == ([True] if is_alert else [])


@pytest.mark.parametrize(("total", "item", "is_refused"), [(2, 2, False), (2, 3, True), (None, 3, False)])
def test_one_item_cannot_exceed_the_total(around: VisitContext, total: int | None, item: int, is_refused: bool) -> None:
    found = keys_of(check_quality_of_life({"bdi_fs_total": total, "bdi_fs_item_7": item}, around))
    assert ("bdi_fs_item_above_total" in found) is is_refused


def test_the_protocol_chooses_the_instruments() -> None:
    names = set(QUALITY_OF_LIFE.for_protocol(protocol_with("fss", "msis29")).field_names)
    assert {"assessed_on", "completed_by", "fss_1", "fss_9", "msis_physical"} <= names
    assert not names & {"msqol_1", "mfis_1", "bdi_fs_total"}
    usual = set(QUALITY_OF_LIFE.for_protocol(get_protocol()).field_names)
    assert {"msqol_1", "msqol_54"} <= usual
    assert "fss_1" not in usual


def test_answers_are_read_by_their_number() -> None:
    assert answers_of({"fss_1": 3, "fss_2": None}, "fss", 2) == {1: 3, 2: None}
