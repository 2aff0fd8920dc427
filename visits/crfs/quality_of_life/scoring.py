"""Scores of the questionnaires from their item numbers. Pure.

MSQOL-54: Vickrey et al., Qual Life Res 1995;4:187-206. Every item is recoded to 0-100 (100 is best), a scale is the mean of its answered
items, a composite the weighted sum of its scales. A composite is missing as soon as one of its scales is: weights are never shared out anew.
FSS: Krupp et al., Arch Neurol 1989;46:1121-3. MFIS: Multiple Sclerosis Council 1998. MSIS-29: Hobart et al., Brain 2001;124:962-73.
Answers are item number -> number; an item that was not answered is left out or None.
"""

import math
from collections.abc import Iterable, Mapping
from fractions import Fraction

Answers = Mapping[int, int | None]


def _each(*parts: int | range) -> tuple[int, ...]:
    return tuple(item for part in parts for item in (part if isinstance(part, range) else (part,)))


MSQOL_SCALES: Mapping[str, tuple[int, ...]] = {
    "Physical function": _each(range(3, 13)),
    "Role limitations, physical": _each(range(13, 17)),
    "Role limitations, emotional": _each(range(17, 20)),
    "Pain": _each(21, 22, 52),
    "Emotional well-being": _each(24, 25, 26, 28, 30),
    "Energy": _each(23, 27, 29, 31, 32),
    "Health perceptions": _each(1, range(34, 38)),
    "Social function": _each(20, 33, 51),
    "Cognitive function": _each(range(42, 46)),
    "Health distress": _each(range(38, 42)),
    "Sexual function": _each(range(46, 50)),
    "Overall quality of life": _each(53, 54),
}
MSQOL_SINGLE_ITEMS: Mapping[str, tuple[int, ...]] = {
    "Change in health": (2,),
    "Satisfaction with sexual function": (50,),
}

# Percent of the composite; each column sums to 100.
PHYSICAL_WEIGHTS: Mapping[str, int] = {
    "Physical function": 17,
    "Health perceptions": 17,
    "Energy": 12,
    "Role limitations, physical": 12,
    "Pain": 11,
    "Sexual function": 8,
    "Social function": 12,
    "Health distress": 11,
}
MENTAL_WEIGHTS: Mapping[str, int] = {
    "Health distress": 14,
    "Overall quality of life": 18,
    "Emotional well-being": 29,
    "Role limitations, emotional": 24,
    "Cognitive function": 15,
}

# (items, lowest answer, highest answer, whether the lowest answer is the best). Answers in between are equally spaced from 0 to 100.
_RECODING: tuple[tuple[tuple[int, ...], int, int, bool], ...] = (
    (_each(1, 2, 20, 22, 35, 37, 50, 51, 52), 1, 5, True),
    (_each(33, 34, 36), 1, 5, False),
    (_each(range(3, 13)), 1, 3, False),
    (_each(range(13, 20)), 1, 2, False),
    (_each(21, 23, 26, 27, 30, 32), 1, 6, True),
    (_each(24, 25, 28, 29, 31, range(38, 46)), 1, 6, False),
    (_each(range(46, 50)), 1, 4, True),
    ((53,), 0, 10, False),
    ((54,), 1, 7, False),
)
_CODING = {item: (low, high, low_is_best) for items, low, high, low_is_best in _RECODING for item in items}

MFIS_SUBSCALES: Mapping[str, tuple[int, ...]] = {
    "Physical": _each(4, 6, 7, 10, 13, 14, 17, 20, 21),
    "Cognitive": _each(1, 2, 3, 5, 11, 12, 15, 16, 18, 19),
    "Psychosocial": _each(8, 9),
}
FSS_ITEMS = 9
MFIS_ITEMS = 21
MSQOL_ITEMS = 54


_SIXTIETHS = 60
"""The steps of every item divide 60, so that means are exact sums of whole numbers."""
_MEANS = math.lcm(*range(1, 1 + max(map(len, MSQOL_SCALES.values()))))
"""Every number of answered items divides it, so that a composite is one exact sum of whole numbers as well."""


def recode_msqol(item: int, answer: int) -> Fraction:
    """An answer as 0 (worst) to 100 (best). Raises ValueError for an answer the item does not have."""
    return Fraction(100 * _count_sixtieths(item, answer), _SIXTIETHS)


def _count_sixtieths(item: int, answer: int) -> int:
    """An answer as sixtieths of the best."""
    found = _SIXTIETHS_OF[item].get(answer)
    if found is None:
        low, high, _ = _CODING[item]
        raise ValueError(f"item {item} has answers {low} to {high}, not {answer}")
    return found


def _list_sixtieths(low: int, high: int, *, low_is_best: bool) -> dict[int, int]:
    """Every answer of an item as sixtieths of the best."""
    steps = {answer: high - answer if low_is_best else answer - low for answer in range(low, high + 1)}
    return {answer: _SIXTIETHS * step // (high - low) for answer, step in steps.items()}


_SIXTIETHS_OF = {item: _list_sixtieths(low, high, low_is_best=best) for item, (low, high, best) in _CODING.items()}


def is_msqol_answer(item: int, answer: int) -> bool:
    """Whether the item has such an answer."""
    low, high, _ = _CODING[item]
    return low <= answer <= high


def score_msqol_scale(items: Iterable[int], answers: Answers) -> Fraction | None:
    """The mean of the answered items, 0-100; None when none is answered."""
    total, answered = _add_sixtieths(items, answers)
    return Fraction(100 * total, _SIXTIETHS * answered) if answered else None


def _add_sixtieths(items: Iterable[int], answers: Answers) -> tuple[int, int]:
    """The sum of the answered items, and how many they are."""
    scores = [_count_sixtieths(item, answer) for item in items if (answer := answers.get(item)) is not None]
    return sum(scores), len(scores)


def score_msqol_scales(answers: Answers) -> dict[str, Fraction | None]:
    """The twelve scales and the two single items."""
    return {name: score_msqol_scale(items, answers) for name, items in {**MSQOL_SCALES, **MSQOL_SINGLE_ITEMS}.items()}


def score_msqol_composite(weights: Mapping[str, int], scales: Mapping[str, Fraction | None]) -> Fraction | None:
    """The weighted sum of the scales, 0-100; None when one of them is missing."""
    total = Fraction()
    for name, percent in weights.items():
        score = scales[name]
        if score is None:
            return None
        total += percent * score
    return total / 100


def score_msqol_composites(answers: Answers) -> tuple[float | None, float | None]:
    """The physical and the mental composite, as `score_msqol_composite` gives them, without the scales in between."""
    sums = {name: _add_sixtieths(items, answers) for name, items in _WEIGHED.items()}
    return _weigh(PHYSICAL_WEIGHTS, sums), _weigh(MENTAL_WEIGHTS, sums)


_WEIGHED = {name: items for name, items in MSQOL_SCALES.items() if name in {**PHYSICAL_WEIGHTS, **MENTAL_WEIGHTS}}


def _weigh(weights: Mapping[str, int], sums: Mapping[str, tuple[int, int]]) -> float | None:
    total = 0
    for name, percent in weights.items():
        score, answered = sums[name]
        if not answered:
            return None
        total += percent * score * (_MEANS // answered)
    return total / (_SIXTIETHS * _MEANS)


def missing_scales(weights: Mapping[str, int], scales: Mapping[str, Fraction | None]) -> list[str]:
    """The scales a composite lacks."""
    return [name for name in weights if scales[name] is None]


def score_fss(answers: Answers) -> Fraction | None:
    """The mean of the nine items, 1 (no fatigue) to 7; None when one is missing."""
    total = sum_items(range(1, FSS_ITEMS + 1), answers)
    return None if total is None else Fraction(total, FSS_ITEMS)


def score_mfis(answers: Answers) -> dict[str, int | None]:
    """The total (0-84) and the three subscales; higher is worse. Each is missing when one of its items is."""
    items = {"Total": _each(range(1, MFIS_ITEMS + 1)), **MFIS_SUBSCALES}
    return {name: sum_items(numbers, answers) for name, numbers in items.items()}


def sum_items(items: Iterable[int], answers: Answers) -> int | None:
    total = 0
    for item in items:
        answer = answers.get(item)
        if answer is None:
            return None
        total += answer
    return total


def transform_to_percent(raw: int, lowest: int, highest: int) -> Fraction:
    """A raw sum as 0-100 of its range; the direction stays."""
    return Fraction(100 * (raw - lowest), highest - lowest)
