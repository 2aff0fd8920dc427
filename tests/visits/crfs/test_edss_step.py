"""The EDSS decision table, case by case, against a second reading of it as patterns."""

from collections import Counter
from decimal import Decimal
from itertools import combinations_with_replacement

import pytest

from tests.visits.crfs.around import PROTOCOL
from visits.crfs.edss.step import (
    BOWEL_BLADDER_CONVERTED,
    STEPS,
    SYSTEMS,
    VISUAL_CONVERTED,
    WALKING,
    convert,
    derive,
    derive_step,
    is_on_scale,
    is_progression,
    is_step,
    systems_above,
)

# Each line: the step, the ambulation scores it holds for, and what the seven grades may be from the highest to the lowest. First match wins.
TABLE = """
5.0 | 012 | 5-6 0-6 0-6 0-6 0-6 0-6 0-6
5.0 | 012 | 4 4 0-4 0-4 0-4 0-4 0-4
5.0 | 012 | 4 3 3 3 0-3 0-3 0-3
4.5 | 012 | 4 2-3 0-3 0-3 0-3 0-3 0-3
4.0 | 01  | 4 0-1 0-1 0-1 0-1 0-1 0-1
5.0 | 012 | 3 3 3 3 3 3 0-3
4.5 | 2   | 0-4 0-4 0-4 0-4 0-4 0-4 0-4
4.5 | 01  | 3 3 3 3 3 0-2 0-2
4.0 | 01  | 3 3 3 0-3 0-2 0-2 0-2
4.0 | 01  | 3 3 2 0-2 0-2 0-2 0-2
3.5 | 01  | 3 3 0-1 0-1 0-1 0-1 0-1
4.0 | 01  | 3 2 2 2 0-2 0-2 0-2
3.5 | 01  | 3 2 0-2 0-1 0-1 0-1 0-1
3.0 | 01  | 3 0-1 0-1 0-1 0-1 0-1 0-1
4.0 | 01  | 2 2 2 2 2 2 0-2
3.5 | 01  | 2 2 2 2 2 0-1 0-1
3.0 | 01  | 2 2 2 0-2 0-1 0-1 0-1
2.5 | 01  | 2 2 0-1 0-1 0-1 0-1 0-1
2.0 | 01  | 2 0-1 0-1 0-1 0-1 0-1 0-1
2.0 | 1   | 0-1 0-1 0-1 0-1 0-1 0-1 0-1
1.5 | 0   | 1 1 0-1 0-1 0-1 0-1 0-1
1.0 | 0   | 1 0 0 0 0 0 0
0   | 0   | 0 0 0 0 0 0 0
"""
Row = tuple[Decimal, frozenset[int], tuple[range, ...]]


def read_range(text: str) -> range:
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


def read_table() -> list[Row]:
    lines = [line.split("|") for line in TABLE.strip().splitlines()]
    return [
        (Decimal(step.strip()), frozenset(map(int, scores.strip())), tuple(map(read_range, grades.split())))
        for step, scores, grades in lines
    ]


ROWS = read_table()


def find_row(grades: tuple[int, ...], ambulation: int) -> int:
    falling = sorted(grades, reverse=True)
    return next(
        number
        for number, (_, scores, pattern) in enumerate(ROWS)
        if ambulation in scores and all(grade in allowed for grade, allowed in zip(falling, pattern, strict=True))
    )


MULTISETS = list(combinations_with_replacement(range(7), 7))


def test_every_case_agrees_with_the_patterns() -> None:
    used: Counter[int] = Counter()
    for grades in MULTISETS:
        for ambulation in (0, 1, 2):
            row = find_row(grades, ambulation)
            used[row] += 1
            assert derive_step(grades, ambulation) == ROWS[row][0], (grades, ambulation)
    assert len(MULTISETS) == 1716
    assert used.total() == 5148
    assert set(used) == set(range(len(ROWS))), "every line of the table decides some case"


def test_the_order_of_the_systems_does_not_matter() -> None:
    assert {
        derive_step(grades, 0) for grades in ((3, 2, 0, 0, 0, 0, 0), (0, 0, 0, 0, 0, 2, 3), (0, 2, 0, 3, 0, 0, 0))
    } == {Decimal("3.5")}


def test_more_disability_never_lowers_the_step() -> None:
    for grades in MULTISETS:
        for place in {grades.index(grade) for grade in grades if grade < 6}:
            higher = (*grades[:place], grades[place] + 1, *grades[place + 1 :])
            assert derive_step(higher, 0) >= derive_step(grades, 0), grades


def test_walking_less_far_never_lowers_the_step() -> None:
    for grades in MULTISETS:
        steps = [derive_step(grades, ambulation) for ambulation in range(17)]
        if max(grades) < 5 and steps[2] <= 5:
            assert steps == sorted(steps), grades


@pytest.mark.parametrize(
    ("ambulation", "step"),
    [
        *zip(
            range(3, 17),
            ["5.0", "5.5", "6.0", "6.0", "6.0", "6.5", "6.5", "7.0", "7.5", "8.0", "8.5", "9.0", "9.5", "10.0"],
            strict=True,
        )
    ],
)
def test_from_three_on_walking_alone_decides(ambulation: int, step: str) -> None:
    assert {derive_step(grades, ambulation) for grades in MULTISETS} == {Decimal(step)}


def grades(**raised: int) -> dict[str, int]:
    """Raw grades, 0 but for those named without their prefix."""
    assert all(f"fs_{name}" in SYSTEMS for name in raised)
    return {name: raised.get(name.removeprefix("fs_"), 0) for name in SYSTEMS}


@pytest.mark.parametrize(
    ("raw", "ambulation", "step"),
    [
        (grades(visual=3), 0, "2.0"),
        (grades(pyramidal=3, sensory=2), 0, "3.5"),
        (grades(bowel_bladder=4, brainstem=2, sensory=2, cerebral=2), 0, "4.0"),
        (grades(), 1, "2.0"),
        (grades(), 6, "6.0"),
        (grades(visual=1, brainstem=2, pyramidal=1, cerebellar=3, sensory=1, bowel_bladder=4, cerebral=2), 1, "4.0"),
        (grades(), 0, "0"),
        (grades(sensory=1), 0, "1.0"),
        (grades(sensory=1, pyramidal=1), 0, "1.5"),
    ],
)
def test_known_cases(raw: dict[str, int], ambulation: int, step: str) -> None:
    assert derive(raw, ambulation).step == Decimal(step)


def test_conversions() -> None:
    assert [VISUAL_CONVERTED[raw] for raw in range(7)] == [0, 1, 2, 2, 3, 3, 4]
    assert [BOWEL_BLADDER_CONVERTED[raw] for raw in range(7)] == [0, 1, 2, 3, 3, 4, 5]
    assert convert(grades(visual=6, bowel_bladder=6, sensory=6)) == grades(visual=4, bowel_bladder=5, sensory=6)


def test_mood_alone_may_or_may_not_count() -> None:
    derived = derive(grades(cerebral=1), 0)
    assert (derived.step, derived.without_mood) == (Decimal(1), Decimal(0))
    assert derived.agrees_with(Decimal(0))
    assert derived.agrees_with(Decimal("1.0"))
    assert not derived.agrees_with(Decimal("1.5"))
    plain = derive(grades(cerebral=2), 0)
    assert plain.step == plain.without_mood == 2


def test_the_scale_has_twenty_steps_and_no_half() -> None:
    assert len(STEPS) == 20
    assert STEPS[:3] == (Decimal(0), Decimal("1.0"), Decimal("1.5"))
    assert STEPS[-1] == 10
    assert not is_step(Decimal("0.5"))
    assert is_step(Decimal("1.00"))
    assert not is_step(Decimal("1.25"))
    assert not is_step(Decimal("10.5"))


def test_only_grade_six_puts_a_system_above_the_step() -> None:
    """Visual and bowel and bladder apart, whose raw grades may lie above."""
    for multiset in MULTISETS:
        raw = dict(zip(SYSTEMS, multiset, strict=True))
        raw |= {"fs_visual": 0, "fs_bowel_bladder": 0}
        is_above = bool(systems_above(derive_step(convert(raw).values(), 0), raw))
        assert is_above == (max(raw.values()) == 6), raw


@pytest.mark.parametrize("raised", [{"visual": 6}, {"bowel_bladder": 6}])
def test_visual_and_bowel_and_bladder_may_be_above_the_step(raised: dict[str, int]) -> None:
    assert systems_above(Decimal(0), grades(**raised)) == ()


def test_what_is_not_on_the_scale() -> None:
    assert is_on_scale(grades(visual=6, brainstem=5, cerebellar=5, cerebral=5), 16)
    assert not is_on_scale(grades(brainstem=6), 0)
    assert not is_on_scale(grades(), 17)
    assert not is_on_scale(grades(), -1)
    assert not is_on_scale(grades(visual=-1), 0)
    assert not is_on_scale(dict.fromkeys(SYSTEMS[1:], 0), 0)


@pytest.mark.parametrize(
    ("score", "within", "outside"),
    [
        (0, (500, 5000), (499,)),
        (1, (500,), (499,)),
        (2, (300, 499), (299, 500)),
        (3, (200, 299), (199, 300)),
        (4, (100, 199), (99, 200)),
        (5, (0, 99), (100,)),
        (6, (50, 100), (49,)),
        (7, (120, 500), (119,)),
        (8, (0, 49), (50,)),
        (9, (5, 119), (4, 120)),
        (10, (0, 5), (6,)),
        (15, (0, 5), (6,)),
    ],
)
def test_distances_of_an_ambulation_score(score: int, within: tuple[int, ...], outside: tuple[int, ...]) -> None:
    assert all(WALKING[score].has_distance(distance) for distance in within)
    assert not any(WALKING[score].has_distance(distance) for distance in outside)


@pytest.mark.parametrize(
    ("baseline", "now", "is_risen"),
    [
        ("0", "1.5", True),
        ("0", "1.0", False),
        ("1.0", "2.0", True),
        ("1.0", "1.5", False),
        ("5.0", "6.0", True),
        ("5.0", "5.5", False),
        ("5.5", "6.0", True),
        ("5.5", "5.5", False),
        ("9.5", "10.0", True),
        ("4.0", "2.0", False),
    ],
)
def test_progression(baseline: str, now: str, is_risen: bool) -> None:
    assert is_progression(Decimal(baseline), Decimal(now), PROTOCOL.edss) is is_risen
