"""What must hold in a neurological examination. Pure.

Needs `context.previous` (this form at the last earlier visit) and `context.died_on`; nothing of `context.related`.
"""

from decimal import Decimal

from trialsite.lib.findings import Finding, hard, soft
from trialsite.records.values import Values
from visits.crfs.context import VisitContext
from visits.crfs.edss.step import DEATH, SYSTEMS, WALKING, Derived, derive, is_on_scale, is_step, systems_above
from visits.crfs.shared_checks import check_assessment_date, check_not_future

OLDER_FORM, OLDER_FORM_MAXIMUM = "0-12", 12
AMBULATION_OF_DEATH = 16
LABELS = {
    "fs_visual": "visual",
    "fs_brainstem": "brainstem",
    "fs_pyramidal": "pyramidal",
    "fs_cerebellar": "cerebellar",
    "fs_sensory": "sensory",
    "fs_bowel_bladder": "bowel and bladder",
    "fs_cerebral": "cerebral",
}
AID_WORDS = {
    "none": "no aid",
    "unilateral": "an aid on one side",
    "bilateral": "aids on both sides",
    "wheelchair": "a wheelchair or bed",
}


def derive_from(values: Values) -> Derived | None:
    """The derived step, or None while an entry is missing or was made on the older ambulation score."""
    grades = {name: values.get(name) for name in SYSTEMS}
    ambulation = values.get("ambulation")
    if ambulation is None or values.get("ambulation_form") == OLDER_FORM:
        return None
    known = {name: grade for name, grade in grades.items() if grade is not None}
    return derive(known, ambulation) if is_on_scale(known, ambulation) else None


def check_edss(values: Values, context: VisitContext) -> list[Finding]:
    return [
        *check_assessment_date(values, context),
        *(check_not_future(values, context, "certified_on") or _check_rater(values, context)),
        *_check_ambulation(values),
        *_check_step(values, context),
        *_check_death(values, context),
        *_check_changes(values, context),
    ]


# -- the rater


def _check_rater(values: Values, context: VisitContext) -> list[Finding]:
    findings = []
    certified_on, assessed_on = values.get("certified_on"), values.get("assessed_on")
    if certified_on and assessed_on and certified_on > assessed_on:
        findings.append(
            hard(
                "certified_later",
                "certified_on",
                f"The rater was not yet certified on {assessed_on}. Correct one of the dates.",
                "4.2 h",
            )
        )
    if values.get("is_blinded_rater") is False:
        sentence = "The step is rated by somebody who does not know the arm. Say why not, and record a deviation."
        findings.append(soft("rater_unblinded", "is_blinded_rater", sentence, "4.2 h"))
    before, now = context.previous.get("assessed_by"), values.get("assessed_by")
    if before and now and before.strip().casefold() != now.strip().casefold():
        findings.append(
            soft(
                "rater_changed", "assessed_by", f"The last examination was by {before}. Did the rater change?", "4.2 g"
            )
        )
    return findings


# -- ambulation


def _check_ambulation(values: Values) -> list[Finding]:
    score = values.get("ambulation")
    if values.get("ambulation_form") == OLDER_FORM:
        if score is not None and score > OLDER_FORM_MAXIMUM:
            sentence = f"The older ambulation score ends at {OLDER_FORM_MAXIMUM}. Correct the score, or say that the newer form was used."
            return [hard("ambulation_beyond_form", "ambulation", sentence, "4.1")]
        return []
    if score is None or score not in WALKING:
        return []
    return [*_check_distance(score, values), *_check_aid(score, values)]


def _check_distance(score: int, values: Values) -> list[Finding]:
    distance, expected = values.get("walking_distance_m"), WALKING[score]
    if distance is None or expected.has_distance(distance):
        return []
    sentence = f"An ambulation score of {score} means {expected.distance}, but {distance} m is entered. Which is right?"
    return [soft("distance_differs", "walking_distance_m", sentence, "4.2 d")]


def _check_aid(score: int, values: Values) -> list[Finding]:
    aid, expected = values.get("aid"), WALKING[score].aid
    if not aid or aid == expected:
        return []
    sentence = (
        f"An ambulation score of {score} means {AID_WORDS[expected]}, but {AID_WORDS[aid]} is entered. Which is right?"
    )
    return [soft("aid_differs", "aid", sentence, "4.2 d")]


# -- the step


def _check_step(values: Values, context: VisitContext) -> list[Finding]:
    step = values.get("rater_step")
    if step is None:
        return []
    if not is_step(step):
        return [hard("step_not_on_scale", "rater_step", _scale_sentence(step), "4.2 a")]
    return [*_check_agreement(step, values), *_check_highest_system(step, values), *_check_screening(step, context)]


def _scale_sentence(step: Decimal) -> str:
    if step == Decimal("0.5"):
        return "The EDSS has no step 0.5: it goes from 0 to 1.0. Enter one of them."
    return f"The EDSS has no step {step}. Enter 0, or 1.0 to 10.0 in halves."


def _check_agreement(step: Decimal, values: Values) -> list[Finding]:
    derived = derive_from(values)
    if derived is None or derived.agrees_with(step):
        return []
    sentence = f"The functional systems and ambulation give {derived.step:.1f}. Correct an entry, or give the reason for {step:.1f}."
    return [soft("step_differs", "rater_step", sentence, "4.2 b")]


def _check_highest_system(step: Decimal, values: Values) -> list[Finding]:
    grades = {name: values[name] for name in SYSTEMS if values.get(name) is not None}
    above = systems_above(step, grades)
    if not above:
        return []
    named = ", ".join(f"{LABELS[name]} {grades[name]}" for name in above)
    return [
        soft(
            "step_below_system",
            "rater_step",
            f"A step of {step:.1f} is below a functional system ({named}). Is it right?",
            "4.2 c",
        )
    ]


def _check_screening(step: Decimal, context: VisitContext) -> list[Finding]:
    most = context.protocol.screening_edss_max
    if context.visit is None or context.visit.kind != "screening" or most is None or step <= most:
        return []
    return [
        soft(
            "step_above_entry",
            "rater_step",
            f"A patient with a step above {most} cannot enter the trial. Is {step:.1f} right?",
            "4",
        )
    ]


# -- death


def _check_death(values: Values, context: VisitContext) -> list[Finding]:
    step, died_on, assessed_on = values.get("rater_step"), context.died_on, values.get("assessed_on")
    means_death = step == DEATH or _is_score_of_death(values)
    if means_death and died_on is None:
        field = "rater_step" if step == DEATH else "ambulation"
        return [
            hard(
                "step_10_alive",
                field,
                "This means death from multiple sclerosis. Record the death first, or correct the entry.",
                "4.2 e",
            )
        ]
    if not means_death and died_on and assessed_on and assessed_on > died_on:
        sentence = f"The patient died on {died_on}. Correct the date of the examination, or the death."
        return [hard("examined_after_death", "assessed_on", sentence, "4.2 e")]
    return []


def _is_score_of_death(values: Values) -> bool:
    return values.get("ambulation") == AMBULATION_OF_DEATH and values.get("ambulation_form") != OLDER_FORM


# -- since the last visit


def _check_changes(values: Values, context: VisitContext) -> list[Finding]:
    findings = [finding for name in SYSTEMS for finding in _check_system_change(name, values, context)]
    return findings + _check_step_change(values, context)


def _check_system_change(name: str, values: Values, context: VisitContext) -> list[Finding]:
    before, now = context.previous.get(name), values.get(name)
    if before is None or now is None or now - before < context.protocol.edss.large_system_change:
        return []
    return [soft(f"{name}_worse", name, f"It was {before} at the last visit and is {now} now. Is it right?", "4.2 f")]


def _check_step_change(values: Values, context: VisitContext) -> list[Finding]:
    before, now = context.previous.get("rater_step"), values.get("rater_step")
    if before is None or now is None or abs(now - before) < context.protocol.edss.large_change:
        return []
    return [
        soft(
            "step_changed_much",
            "rater_step",
            f"It was {before:.1f} at the last visit and is {now:.1f} now. Is it right?",
            "4",
        )
    ]
