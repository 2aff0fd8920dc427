"""The EDSS step that follows from functional systems and ambulation, and what counts as progression. Pure.

Source: protocol sections 4.1 and 4.2. The table is symmetrical in the seven systems, so only how many of them have which grade matters. The
rater remains the authority: the derived step is what the entered one is compared with.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from trialsite.protocol.model import EdssRules

SYSTEMS = (
    "fs_visual",
    "fs_brainstem",
    "fs_pyramidal",
    "fs_cerebellar",
    "fs_sensory",
    "fs_bowel_bladder",
    "fs_cerebral",
)
# Raw grades of these two are converted before the table is used; the step may lie below the raw grade.
VISUAL, BOWEL_BLADDER, CEREBRAL = "fs_visual", "fs_bowel_bladder", "fs_cerebral"
VISUAL_CONVERTED = {0: 0, 1: 1, 2: 2, 3: 2, 4: 3, 5: 3, 6: 4}
BOWEL_BLADDER_CONVERTED = {0: 0, 1: 1, 2: 2, 3: 3, 4: 3, 5: 4, 6: 5}

MAXIMA = dict(zip(SYSTEMS, (6, 5, 6, 5, 6, 6, 5), strict=True))

STEPS = tuple(Decimal(half) / 2 for half in range(21) if half != 1)  # 0, 1.0, 1.5 ... 10: there is no 0.5
DEATH = Decimal(10)

# From this ambulation score on, walking alone decides.
_BY_AMBULATION = {
    3: "5.0",
    4: "5.5",
    5: "6.0",
    6: "6.0",
    7: "6.0",
    8: "6.5",
    9: "6.5",
    10: "7.0",
    11: "7.5",
    12: "8.0",
    13: "8.5",
    14: "9.0",
    15: "9.5",
    16: "10.0",
}


def convert(grades: Mapping[str, int]) -> dict[str, int]:
    """Raw grades with visual and bowel and bladder converted for the table."""
    return {
        **grades,
        VISUAL: VISUAL_CONVERTED[grades[VISUAL]],
        BOWEL_BLADDER: BOWEL_BLADDER_CONVERTED[grades[BOWEL_BLADDER]],
    }


def derive_step(converted: Iterable[int], ambulation: int) -> Decimal:
    """The step for seven converted grades (0 to 6) and an ambulation score (0 to 16)."""
    if ambulation in _BY_AMBULATION:
        return Decimal(_BY_AMBULATION[ambulation])
    count = Counter(converted)
    return Decimal(
        _with_high_grades(count, ambulation) or _with_threes(count, ambulation) or _with_low_grades(count, ambulation)
    )


def _with_high_grades(count: Counter[int], ambulation: int) -> str:
    """A system at grade 4 or above, or almost all at 3; "" when neither."""
    if count[5] or count[6] or count[4] >= 2 or (count[4] and count[3] >= 3) or count[3] >= 6:
        return "5.0"
    if count[4] and (count[3] or count[2]):
        return "4.5"
    if count[4]:
        return "4.0" if ambulation < 2 else "4.5"
    return ""


def _with_threes(count: Counter[int], ambulation: int) -> str:
    """No system above 3; walking only 300 to 500 m counts as much as five threes. "" when no 3 and walking is further."""
    if ambulation == 2 or count[3] == 5:
        return "4.5"
    if count[3] >= 3 or (count[3] == 2 and count[2]) or (count[3] == 1 and count[2] >= 3):
        return "4.0"
    if count[3] == 2 or (count[3] == 1 and count[2]):
        return "3.5"
    return "3.0" if count[3] else ""


def _with_low_grades(count: Counter[int], ambulation: int) -> str:
    """No system above 2."""
    if count[2]:
        return {1: "2.0", 2: "2.5", 3: "3.0", 4: "3.0", 5: "3.5"}.get(count[2], "4.0")
    if ambulation == 1:
        return "2.0"
    return {0: "0.0", 1: "1.0"}.get(count[1], "1.5")


@dataclass(frozen=True, slots=True)
class Derived:
    """The derived step; `without_mood` is the one that follows when a cerebral grade 1 stands for mood or fatigue alone, which do not count."""

    step: Decimal
    without_mood: Decimal

    def agrees_with(self, step: Decimal) -> bool:
        return step in (self.step, self.without_mood)


def is_on_scale(grades: Mapping[str, int], ambulation: int) -> bool:
    """Whether all seven raw grades and the ambulation score are ones the table knows."""
    return 0 <= ambulation <= max(_BY_AMBULATION) and all(
        0 <= grades.get(name, -1) <= most for name, most in MAXIMA.items()
    )


def derive(grades: Mapping[str, int], ambulation: int) -> Derived:
    """From raw grades by field name."""
    converted = convert(grades)
    quiet = {**converted, CEREBRAL: 0} if converted[CEREBRAL] == 1 else converted
    return Derived(derive_step(converted.values(), ambulation), derive_step(quiet.values(), ambulation))


def is_step(value: Decimal) -> bool:
    return value in STEPS


def systems_above(step: Decimal, grades: Mapping[str, int]) -> tuple[str, ...]:
    """The systems graded above the step. Raw visual and bowel and bladder grades may be, and cerebral grade 1 for mood alone; no other."""
    return tuple(name for name in SYSTEMS if grades.get(name, 0) > step and not _may_be_above(name, grades[name]))


def _may_be_above(name: str, grade: int) -> bool:
    return name in (VISUAL, BOWEL_BLADDER) or (name == CEREBRAL and grade == 1)


# -- walking


@dataclass(frozen=True, slots=True)
class Walking:
    """What an ambulation score of the newer form says: the aid, and the distance in m from `least` to below `limit`."""

    aid: str
    least: int = 0
    limit: int | None = None

    def has_distance(self, distance_m: int) -> bool:
        return self.least <= distance_m and (self.limit is None or distance_m < self.limit)

    @property
    def distance(self) -> str:
        if self.limit is None:
            return f"{self.least} m or more"
        return f"{self.least} to less than {self.limit} m" if self.least else f"less than {self.limit} m"


_WHEELCHAIR_M = 6  # up to 5 m with help
WALKING = {
    0: Walking("none", 500),
    1: Walking("none", 500),
    2: Walking("none", 300, 500),
    3: Walking("none", 200, 300),
    4: Walking("none", 100, 200),
    5: Walking("none", 0, 100),
    6: Walking("unilateral", 50),
    7: Walking("bilateral", 120),
    8: Walking("unilateral", 0, 50),
    9: Walking("bilateral", 5, 120),
    **{score: Walking("wheelchair", 0, _WHEELCHAIR_M) for score in range(10, 16)},
}


# -- change


def is_progression(baseline: Decimal, now: Decimal, rules: EdssRules) -> bool:
    """Whether the step has risen from its baseline by as much as the protocol calls progression. Confirmation is another matter."""
    return now - baseline >= rules.progression_rise(baseline)
