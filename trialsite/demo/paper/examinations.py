"""Examinations at a visit: vital signs, laboratory, EDSS, relapse check, cognition, quality of life, guesses. Pure."""

from datetime import date, datetime
from decimal import Decimal

from trialsite.demo.paper.body import Body, Sheet, yes_no
from visits.crfs.quality_of_life.scoring import MSQOL_ITEMS, is_msqol_answer, recode_msqol

# Grades of visual, brainstem, pyramidal, cerebellar, sensory, bowel and bladder, and cerebral systems that give a step.
_GRADES = {
    "1.0": (0, 0, 1, 0, 0, 0, 0),
    "1.5": (0, 0, 1, 0, 1, 0, 0),
    "2.0": (0, 0, 2, 0, 1, 0, 0),
    "2.5": (0, 0, 2, 0, 2, 1, 0),
    "3.0": (0, 0, 2, 1, 2, 2, 0),
    "3.5": (0, 0, 3, 1, 2, 1, 0),
    "4.0": (0, 1, 3, 2, 3, 1, 0),
    "4.5": (0, 1, 4, 2, 3, 1, 0),
    "5.0": (0, 1, 4, 3, 4, 1, 0),
}
_SYSTEMS = ("visual", "brainstem", "pyramidal", "cerebellar", "sensory", "bowel_bladder", "cerebral")
RATER = "Demo Assessor"


def write_vital_signs(body: Body, *, heart_rate_bpm: int | None = None, has_size: bool = False) -> Sheet:
    systolic = body.near(body.systolic_mmhg, 6)
    sheet: Sheet = {
        "assessed_by": "Demo Coordinator",
        "systolic_mmhg": str(systolic),
        "diastolic_mmhg": str(systolic - body.near(44, 4)),
        "heart_rate_bpm": str(heart_rate_bpm or body.near(body.heart_rate_bpm, 5)),
        "oxygen_saturation_pct": str(body.rng.randint(96, 99)),
        "temperature_c": str(body.near_decimal(Decimal("36.7"), "0.3")),
    }
    size: Sheet = {"height_cm": str(body.person.height_cm), "weight_kg": str(body.person.weight_kg)}
    return sheet | (size if has_size else {})


def write_laboratory(body: Body, on: date) -> Sheet:
    sheet: Sheet = {
        "assessed_by": "Demo Coordinator",
        "creatinine": str(body.near_decimal(body.creatinine_mg_dl, "0.03")),
        "creatinine_unit": "mg_dl",
        "inr": str(body.near_decimal(Decimal("1.00"), "0.08")),
        "platelets_10e9_l": str(body.near(255, 50)),
        "hemoglobin_g_dl": str(body.near_decimal(Decimal("13.6" if body.person.sex == "F" else "14.9"), "0.7")),
    }
    test: Sheet = {"pregnancy_test": "negative", "pregnancy_test_on": on.isoformat()}
    return sheet | (test if body.person.can_become_pregnant else {})


def write_edss(step: Decimal, *, is_relapse: bool = False) -> Sheet:
    """A neurological examination that gives this step."""
    grades = zip(_SYSTEMS, _GRADES[f"{step:.1f}"], strict=True)
    sheet: Sheet = {
        "assessed_by": RATER,
        "certified_on": "2010-03-15",
        "is_blinded_rater": "yes",
        "is_relapse_visit": yes_no(is_relapse),
        "is_cerebellar_limited": "no",
        "ambulation_form": "0-16",
        "ambulation": "3" if step == 5 else "0",
        "walking_distance_m": "250" if step == 5 else "500",
        "aid": "none",
        "rater_step": f"{step:.1f}",
    }
    return sheet | {f"fs_{system}": str(grade) for system, grade in grades}


def write_relapse_check(new: int, total: int) -> Sheet:
    return {
        "assessed_by": "Demo Coordinator",
        "has_new_relapse": yes_no(new > 0),
        "new_relapses": str(new),
        "total_relapses": str(total),
    }


def write_cognition(body: Body, session: int) -> Sheet:
    """The `session`-th time (from 0): each with another version of the tests, and a little practice."""
    words = [min(16, 6 + 2 * trial + body.rng.randint(0, 1)) for trial in range(5)]
    figures = [min(12, 5 + 2 * trial + body.rng.randint(0, 1)) for trial in range(3)]
    sheet: Sheet = {
        "assessed_by": RATER,
        "alternate_form": "abc"[session % 3],
        "validity": "valid",
        "sdmt_correct": str(body.near(body.sdmt + session, 2)),
        "sdmt_errors": str(body.rng.randint(0, 3)),
        "pasat_correct": str(min(60, body.near(46 + session, 4))),
        "cvlt_delayed": str(words[-1] - 2),
        "bvmt_delayed": str(figures[-1] - 1),
        "cowat": str(body.near(38, 5)),
        "jlo": str(body.near(24, 3)),
        "dkefs_sorts": str(body.near(9, 2)),
        "dkefs_description": str(body.near(34, 5)),
        "t25fw_aid": "none",
    }
    sheet |= {f"cvlt_trial_{n}": str(count) for n, count in enumerate(words, start=1)}
    sheet |= {f"bvmt_trial_{n}": str(points) for n, points in enumerate(figures, start=1)}
    return sheet | _write_timed(body)


def _write_timed(body: Body) -> Sheet:
    other_hand_s = body.pegs_s + Decimal("1.4")
    timed = {"t25fw": body.walk_s, "nhpt_dominant": body.pegs_s, "nhpt_nondominant": other_hand_s}
    return {
        f"{test}_{trial}_s": f"{body.near_decimal(seconds, '0.3'):.1f}"
        for test, seconds in timed.items()
        for trial in (1, 2)
    }


def write_quality_of_life(body: Body, started_at: datetime, ended_at: datetime) -> Sheet:
    sheet: Sheet = {
        "assessed_by": RATER,
        "completed_by": "self",
        "language": "en",
        "mode": "paper",
        "started_at": write_moment(started_at),
        "ended_at": write_moment(ended_at),
    }
    return sheet | {f"msqol_{item}": str(_answer_msqol(body, item)) for item in range(1, MSQOL_ITEMS + 1)}


def _answer_msqol(body: Body, item: int) -> int:
    """The answer nearest to how well the patient feels today."""
    wanted = 100 * min(1.0, max(0.0, body.well_being + body.rng.uniform(-0.12, 0.12)))
    lowest, highest = (0, 10) if item == 53 else (1, _count_answers(item))
    return min(range(lowest, highest + 1), key=lambda answer: abs(float(recode_msqol(item, answer)) - wanted))


def _count_answers(item: int) -> int:
    return max(answer for answer in range(1, 8) if is_msqol_answer(item, answer))


def write_guess(body: Body) -> Sheet:
    """What patient and rater believe: mostly they do not know."""
    sheet: Sheet = {"assessed_by": RATER}
    for guess, certainty in (("patient_guess", "certainty_pct"), ("rater_guess", "rater_certainty_pct")):
        believed = body.rng.choice(("angioplasty", "angioplasty", "sham", "do_not_know", "do_not_know"))
        sheet |= {guess: believed, certainty: "0" if believed == "do_not_know" else str(10 * body.rng.randint(2, 6))}
    return sheet


def write_moment(moment: datetime) -> str:
    """A moment of the site's clock as a browser sends it."""
    return f"{moment:%Y-%m-%dT%H:%M}"
