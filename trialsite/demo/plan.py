"""What happens in the synthetic trial, as plain data. Pure.

Totals follow the published results of PREMiSe (Siddiqui and others, Neurology 2014;83:441-449): over six months 19 new contrast-enhancing lesions
after angioplasty against 3 after sham, 17 new T2 lesions against 3, relapses per patient 0/1/2 in 6/2/1 against 9/1/0 patients, 30 screened for
phase 2 of whom 10 failed on Doppler, 20 randomized and 19 analyzed, one patient with bradycardia and a pacemaker. How the totals fall on
patients, and everything else, is invented and plausible.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from random import Random

FOLLOW_UP = ("month_1", "month_3", "month_6")
SEED = 1450072  # the registry number


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What is observed of one treated patient after day 0. Tuples are month 1, 3, 6; None stands for a visit without the value."""

    vhiss_baseline: int
    vhiss: tuple[int | None, int | None, int | None]
    new_ce: tuple[int, int, int] = (0, 0, 0)
    new_t2: tuple[int, int, int] = (0, 0, 0)
    relapse_days: tuple[int, ...] = ()
    missed: tuple[str, ...] = ()
    has_pacemaker: bool = False
    is_treated: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who a synthetic patient is."""

    sex: str
    born: date
    education_years: int
    handedness: str
    height_cm: int
    weight_kg: Decimal
    can_become_pregnant: bool
    ms_course: str
    onset_year: int
    diagnosis_year: int
    edss: Decimal
    therapy: str
    has_syncope: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One patient to be screened, on a day. `fails` says that the Doppler examination finds too little."""

    phase_number: int
    consented_on: date
    person: Person
    fails: bool = False
    outcome: Outcome | None = None  # known from the start in the open phase only
    stops_after: str = ""  # for patients in mid-trial: the last thing that has happened
    traits: dict[str, int] = field(default_factory=dict)


def open_phase_outcomes() -> list[Outcome]:
    """Ten patients; the score falls by more than three quarters at month 1 in nine of them."""
    courses: list[tuple[int, tuple[int | None, int | None, int | None]]] = [
        (8, (1, 2, 3)),
        (6, (1, 1, 2)),
        (10, (2, 3, 3)),
        (5, (1, 1, 1)),
        (9, (2, 2, 4)),
        (7, (1, 2, 2)),
        (4, (0, 1, 1)),
        (8, (2, 3, 3)),
        (6, (0, 1, 1)),
        (9, (1, None, 3)),
    ]
    lesions = {1: ((1, 0, 0), (0, 1, 0)), 4: ((0, 1, 0), (1, 1, 0)), 8: ((0, 0, 1), (0, 0, 1))}
    made = []
    for index, (baseline, later) in enumerate(courses):
        ce, t2 = lesions.get(index, ((0, 0, 0), (0, 0, 0)))
        made.append(
            Outcome(
                vhiss_baseline=baseline,
                vhiss=later,
                new_ce=ce,
                new_t2=t2,
                relapse_days=(74,) if index == 4 else (),
                missed=("month_3",) if index == 9 else (),
                has_pacemaker=index == 2,
            )
        )
    return made


def angioplasty_outcomes() -> list[Outcome]:
    """Nine treated patients and one who was randomized but not treated."""
    rows: list[tuple[int, tuple[int, int, int], tuple[int, int, int], tuple[int, int, int], tuple[int, ...]]] = [
        (7, (4, 5, 5), (0, 0, 0), (0, 0, 0), ()),
        (9, (5, 5, 6), (1, 0, 0), (1, 0, 0), ()),
        (6, (3, 4, 4), (0, 0, 0), (0, 0, 0), ()),
        (8, (3, 3, 5), (2, 3, 2), (2, 2, 2), (41, 133)),
        (5, (3, 3, 4), (0, 1, 1), (0, 1, 1), ()),
        (10, (4, 5, 5), (1, 2, 1), (1, 1, 1), (66,)),
        (7, (4, 4, 4), (0, 0, 0), (0, 0, 0), ()),
        (8, (4, 6, 5), (1, 1, 1), (1, 1, 1), (97,)),
        (6, (2, 3, 3), (0, 1, 1), (0, 1, 1), ()),
    ]
    treated = [_outcome(*row) for row in rows]
    return [*treated[:6], Outcome(vhiss_baseline=7, vhiss=(None, None, None), is_treated=False), *treated[6:]]


def sham_outcomes() -> list[Outcome]:
    rows: list[tuple[int, tuple[int, int, int], tuple[int, int, int], tuple[int, int, int], tuple[int, ...]]] = [
        (6, (6, 5, 6), (0, 0, 0), (0, 0, 0), ()),
        (8, (7, 8, 7), (0, 0, 0), (0, 0, 1), ()),
        (7, (7, 7, 7), (1, 0, 0), (0, 0, 0), ()),
        (9, (8, 9, 8), (0, 0, 0), (0, 0, 0), ()),
        (5, (5, 4, 5), (0, 0, 0), (0, 0, 0), ()),
        (7, (6, 6, 7), (0, 0, 0), (0, 0, 0), ()),
        (10, (9, 9, 10), (0, 1, 1), (0, 1, 1), (58,)),
        (6, (6, 6, 5), (0, 0, 0), (0, 0, 0), ()),
        (8, (8, 7, 8), (0, 0, 0), (0, 0, 0), ()),
        (4, (4, 4, 3), (0, 0, 0), (0, 0, 0), ()),
    ]
    return [_outcome(*row) for row in rows]


def _outcome(
    baseline: int,
    later: tuple[int, int, int],
    ce: tuple[int, int, int],
    t2: tuple[int, int, int],
    relapses: tuple[int, ...],
) -> Outcome:
    return Outcome(vhiss_baseline=baseline, vhiss=later, new_ce=ce, new_t2=t2, relapse_days=relapses)


def finished_candidates() -> list[Candidate]:
    """Everyone whose part in the trial is over, in the order of consent."""
    rng = Random(SEED)  # noqa: S311  # a synthetic trial wants the same patients every time
    first = date(2010, 6, 14)
    opened = [
        Candidate(
            phase_number=1,
            consented_on=first + timedelta(days=18 * index),
            person=_person(rng, first, has_syncope=outcome.has_pacemaker),
            outcome=outcome,
        )
        for index, outcome in enumerate(open_phase_outcomes())
    ]
    failing = set(rng.sample(range(30), 10))
    start = date(2011, 1, 17)
    randomized = [
        Candidate(
            phase_number=2,
            consented_on=start + timedelta(days=13 * index),
            person=_person(rng, start),
            fails=index in failing,
        )
        for index in range(30)
    ]
    return [*opened, *randomized]


def current_candidates(today: date) -> list[Candidate]:
    """A few patients in the middle of the trial: in screening, ready to be drawn, due, overdue, with open forms, out of window."""
    rng = Random(SEED + 1)  # noqa: S311  # as above
    courses: list[tuple[int, int, str]] = [
        (1, 118, "month_1_late"),  # month 1 outside its window, month 3 due
        (1, 82, "hour_24"),  # month 1 overdue
        (1, 61, "drafts"),  # month 1 due, forms of the 24 h visit left open
        (2, 12, "ready"),  # eligible, signed, baseline complete: waits for the draw
        (2, 6, "screening"),  # half way through screening
        (2, 1, "consent"),  # consented yesterday
    ]
    outcome = Outcome(vhiss_baseline=7, vhiss=(1, 1, 1))
    return [
        Candidate(
            phase_number=phase,
            consented_on=today - timedelta(days=ago),
            person=_person(rng, today),
            outcome=outcome,
            stops_after=stage,
        )
        for phase, ago, stage in courses
    ]


def _person(rng: Random, when: date, *, has_syncope: bool = False) -> Person:
    sex = "female" if rng.random() < 0.65 else "male"
    age = rng.randint(26, 58)
    born = date(when.year - age, rng.randint(1, 12), rng.randint(1, 28))
    onset = when.year - rng.randint(3, min(18, age - 19))
    return Person(
        sex=sex,
        born=born,
        education_years=rng.randint(11, 19),
        handedness=rng.choice(("right", "right", "right", "right", "left")),
        height_cm=rng.randint(158, 176) if sex == "female" else rng.randint(168, 190),
        weight_kg=Decimal(rng.randint(540, 960)) / 10,
        can_become_pregnant=sex == "female" and age < 50,
        ms_course=rng.choice(("RR", "RR", "RR", "SPR")),
        onset_year=onset,
        diagnosis_year=min(when.year - 1, onset + rng.randint(0, 3)),
        edss=rng.choice([Decimal(step) / 10 for step in (15, 20, 20, 25, 25, 30, 35, 40)]),
        therapy=rng.choice(("interferon_b_1a", "interferon_b_1b", "glatiramer", "natalizumab")),
        has_syncope=has_syncope,
    )


def totals(outcomes: Sequence[Outcome]) -> dict[str, int]:
    """Sums over patients, to hold the plan against the published numbers."""
    return {
        "new_ce": sum(sum(outcome.new_ce) for outcome in outcomes),
        "new_t2": sum(sum(outcome.new_t2) for outcome in outcomes),
        "relapses": sum(len(outcome.relapse_days) for outcome in outcomes),
    }


def by_visit(outcome: Outcome) -> Iterator[tuple[str, int]]:
    """Follow-up visit key with the index of its values."""
    yield from ((key, index) for index, key in enumerate(FOLLOW_UP))
