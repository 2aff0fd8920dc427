"""What happens in the synthetic trial, as plain data. Pure.

Totals follow the published results of PREMiSe (Siddiqui and others, Neurology 2014;83:441-449): over six months 19 new contrast-enhancing lesions
after angioplasty against 3 after sham, 17 new T2 lesions against 3, relapses per patient 0/1/2 in 6/2/1 against 9/1/0 patients, 30 screened for
phase 2 of whom 10 failed on Doppler, 20 randomized and 19 analyzed, one patient with bradycardia and a pacemaker. How the totals fall on
patients, and everything else, is invented and plausible.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from trialsite.demo.days import procedure_day_until, working_day_from, working_day_until

FOLLOW_UP = ("month_1", "month_3", "month_6")
SEED = 1450072  # the registry number
PROTOCOL_KEY = "premise"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What is observed of one treated patient after day 0. Tuples are month 1, 3, 6.

    `vhiss_pct` is what remains of the score before treatment, in percent; None where there is no visit. `complaint` names a mild adverse event
    of `COMPLAINTS`.
    """

    vhiss_pct: tuple[int | None, int | None, int | None]
    new_ce: tuple[int, int, int] = (0, 0, 0)
    new_t2: tuple[int, int, int] = (0, 0, 0)
    relapse_days: tuple[int, ...] = ()
    missed: tuple[str, ...] = ()
    complaint: str = ""
    has_pacemaker: bool = False
    is_treated: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who a synthetic patient is; codes are those of the forms."""

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
    """One patient to be screened, on a day.

    `fails` says that the Doppler examination finds too little, `has_code_broken` that the code is broken in an emergency. `outcome` is known
    from the start in the open phase only: in the other it follows from the arm. `stops_after` names the last thing that has happened to a
    patient in the middle of the trial; the days of baseline and procedure are planned for them only, the others come when it suits.
    """

    phase_number: int
    consented_on: date
    person: Person
    vhiss: int = 1
    fails: bool = False
    has_code_broken: bool = False
    outcome: Outcome | None = None
    stops_after: str = ""
    baseline_on: date | None = None
    procedure_on: date | None = None


def vhiss_at(baseline: int, percent: int) -> int:
    """The score that is left, rounded half up."""
    return (baseline * percent + 50) // 100


# -- what happens


_OPEN_VHISS = (8, 6, 10, 5, 9, 7, 4, 8, 6, 9)
_RANDOMIZED_VHISS = (7, 9, 6, 8, 5, 10, 7, 8, 6, 7, 6, 8, 7, 9, 5, 7, 10, 6, 8, 4)
_FAILING_VHISS = (1, 2, 1, 0, 2, 1, 2, 1, 0, 1)


def open_phase_outcomes() -> list[Outcome]:
    """Ten patients; the score falls by more than three quarters at month 1 in nine of them."""
    courses: list[tuple[int | None, int | None, int | None]] = [
        (12, 25, 38),
        (17, 17, 33),
        (20, 30, 30),
        (20, 20, 20),
        (22, 22, 44),
        (14, 29, 29),
        (0, 25, 25),
        (25, 38, 38),
        (0, 17, 17),
        (11, None, 33),
    ]
    made = [Outcome(vhiss_pct=course) for course in courses]
    made[0] = replace(made[0], complaint="headache")
    made[1] = replace(made[1], new_ce=(1, 0, 0), new_t2=(0, 1, 0))
    made[2] = replace(made[2], has_pacemaker=True)
    made[4] = replace(made[4], new_ce=(0, 1, 0), new_t2=(1, 1, 0), relapse_days=(74,))
    made[5] = replace(made[5], complaint="bruise")
    made[8] = replace(made[8], new_ce=(0, 0, 1), new_t2=(0, 0, 1))
    made[9] = replace(made[9], missed=("month_3",))
    return made


def angioplasty_outcomes() -> list[Outcome]:
    """Nine treated patients and one who was randomized but not treated."""
    made = [
        Outcome(vhiss_pct=(57, 71, 71)),
        Outcome(vhiss_pct=(56, 56, 67), new_ce=(1, 0, 0), new_t2=(1, 0, 0), complaint="headache"),
        Outcome(vhiss_pct=(50, 67, 67)),
        Outcome(vhiss_pct=(38, 38, 62), new_ce=(2, 3, 2), new_t2=(2, 2, 2), relapse_days=(41, 133)),
        Outcome(vhiss_pct=(60, 60, 80), new_ce=(0, 1, 1), new_t2=(0, 1, 1), complaint="urinary_infection"),
        Outcome(vhiss_pct=(40, 50, 50), new_ce=(1, 2, 1), new_t2=(1, 1, 1), relapse_days=(66,)),
        Outcome(vhiss_pct=(57, 57, 57)),
        Outcome(vhiss_pct=(50, 75, 62), new_ce=(1, 1, 1), new_t2=(1, 1, 1), relapse_days=(97,)),
        Outcome(vhiss_pct=(35, 50, 50), new_ce=(0, 1, 1), new_t2=(0, 1, 1), complaint="bruise"),
    ]
    return [*made[:6], Outcome(vhiss_pct=(None, None, None), is_treated=False), *made[6:]]


def sham_outcomes() -> list[Outcome]:
    """Ten patients, none of them without a procedure."""
    return [
        Outcome(vhiss_pct=(100, 83, 100)),
        Outcome(vhiss_pct=(88, 100, 88), new_t2=(0, 0, 1), complaint="bruise"),
        Outcome(vhiss_pct=(100, 100, 100), new_ce=(1, 0, 0)),
        Outcome(vhiss_pct=(89, 100, 89)),
        Outcome(vhiss_pct=(100, 80, 100), complaint="headache"),
        Outcome(vhiss_pct=(86, 86, 100)),
        Outcome(vhiss_pct=(90, 90, 100), new_ce=(0, 1, 1), new_t2=(0, 1, 1), relapse_days=(58,)),
        Outcome(vhiss_pct=(100, 100, 83)),
        Outcome(vhiss_pct=(100, 88, 100), complaint="back_pain"),
        Outcome(vhiss_pct=(100, 100, 75)),
    ]


# -- to whom


def finished_candidates() -> list[Candidate]:
    """Everyone whose part in the trial is over, in the order of consent; who would come on a holiday comes on the next working day."""
    rng = Random(SEED)  # noqa: S311  # a synthetic trial wants the same patients every time
    return [*_open_candidates(rng, date(2010, 6, 14)), *_randomized_candidates(rng, date(2011, 1, 17))]


def _open_candidates(rng: Random, first_on: date) -> list[Candidate]:
    return [
        Candidate(
            phase_number=1,
            consented_on=first_on + timedelta(days=18 * index),
            person=_person(rng, first_on, has_syncope=outcome.has_pacemaker),
            vhiss=_OPEN_VHISS[index],
            outcome=outcome,
        )
        for index, outcome in enumerate(open_phase_outcomes())
    ]


def _randomized_candidates(rng: Random, first_on: date) -> list[Candidate]:
    failing = set(rng.sample(range(30), 10))
    scores = {True: iter(_FAILING_VHISS), False: iter(_RANDOMIZED_VHISS)}
    # Early enough to be treated in either arm, whatever the list holds; the first patient, of whom people look first, stays as usual.
    broken = [index for index in range(30) if index not in failing][1]
    return [
        Candidate(
            phase_number=2,
            consented_on=first_on + timedelta(days=13 * index),
            person=_person(rng, first_on),
            vhiss=next(scores[index in failing]),
            fails=index in failing,
            has_code_broken=index == broken,
        )
        for index in range(30)
    ]


def current_candidates(today: date, country: str) -> list[Candidate]:
    """A few patients in the middle of the trial: in screening, ready to be drawn, due, overdue, with open forms, out of window.

    Those who were treated belong to the open phase, so that the numbers of the randomized one stay as published.
    """
    rng = Random(SEED + 1)  # noqa: S311  # as above
    treated: list[tuple[int, str]] = [
        (90, "month_1"),  # month 1 outside its window, month 3 due
        (50, "hour_24"),  # month 1 overdue
        (28, "drafts"),  # month 1 due, forms of the 24 h visit left open
    ]
    waiting: list[tuple[int, int, str]] = [
        (1, 18, "entered"),  # enrolled: waits for the procedure, on the operator's list
        (2, 18, "ready"),  # eligible, signed, baseline complete: waits for the draw
        (2, 6, "screening"),  # half way through screening
        (2, 1, "consent"),  # consented yesterday
    ]
    return [
        *[_treated(rng, today - timedelta(days=ago), stage, country) for ago, stage in treated],
        *[_waiting(rng, phase, today - timedelta(days=ago), stage, country) for phase, ago, stage in waiting],
    ]


def _treated(rng: Random, on: date, stage: str, country: str) -> Candidate:
    """Somebody whose procedure was on this day or a little before."""
    procedure_on = procedure_day_until(on, country)
    baseline_on = working_day_until(procedure_on - timedelta(days=5), country)
    return Candidate(
        phase_number=1,
        consented_on=working_day_until(baseline_on - timedelta(days=7), country),
        baseline_on=baseline_on,
        procedure_on=procedure_on,
        person=_person(rng, on),
        vhiss=7,
        outcome=Outcome(vhiss_pct=(14, 14, 29)),
        stops_after=stage,
    )


def _waiting(rng: Random, phase_number: int, on: date, stage: str, country: str) -> Candidate:
    """Somebody who consented on this day or a little before."""
    consented_on = working_day_until(on, country)
    made = Candidate(
        phase_number=phase_number,
        consented_on=consented_on,
        baseline_on=working_day_from(consented_on + timedelta(days=7), country),
        person=_person(rng, on),
        vhiss=7,
        stops_after=stage,
    )
    # A pregnancy test would be too old for the draw within days.
    return _without_test(made) if stage == "ready" else made


def _without_test(candidate: Candidate) -> Candidate:
    return replace(candidate, person=replace(candidate.person, can_become_pregnant=False))


def _person(rng: Random, when: date, *, has_syncope: bool = False) -> Person:
    sex = "F" if rng.random() < 0.65 else "M"
    age = rng.randint(26, 58)
    born = date(when.year - age, rng.randint(1, 12), rng.randint(1, 28))
    onset = when.year - rng.randint(3, min(18, age - 19))
    return Person(
        sex=sex,
        born=born,
        education_years=rng.randint(11, 19),
        handedness=rng.choice(("R", "R", "R", "R", "L")),
        height_cm=rng.randint(158, 176) if sex == "F" else rng.randint(168, 190),
        weight_kg=Decimal(rng.randint(540, 960)) / 10,
        can_become_pregnant=sex == "F" and age < 50,
        ms_course=rng.choice(("RR", "RR", "RR", "SPR")),
        onset_year=onset,
        diagnosis_year=min(when.year - 1, onset + rng.randint(0, 3)),
        edss=rng.choice([Decimal(step) / 10 for step in (15, 20, 20, 25, 25, 30, 35, 40)]),
        therapy=rng.choice(("interferon_beta_1a", "interferon_beta_1b", "glatiramer", "natalizumab")),
        has_syncope=has_syncope,
    )


def totals(outcomes: Sequence[Outcome]) -> dict[str, int]:
    """Sums over patients, to hold the plan against the published numbers."""
    return {
        "new_ce": sum(sum(outcome.new_ce) for outcome in outcomes),
        "new_t2": sum(sum(outcome.new_t2) for outcome in outcomes),
        "relapses": sum(len(outcome.relapse_days) for outcome in outcomes),
    }
