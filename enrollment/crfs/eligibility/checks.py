"""What must hold among the answers to eligibility. Pure."""

from enrollment.context import PatientContext
from enrollment.crfs.shared_checks import check_day
from trialsite.lib.findings import Finding, hard, missing, soft
from trialsite.protocol.model import Criterion
from trialsite.records.values import Values

# Which rule of the protocol wants which question besides its computed part.
RULE_QUESTIONS = {
    "has_progressed": "stable_before_entry",
    "is_breast_feeding": "pregnancy_excluded",
    "lacks_contraception": "pregnancy_excluded",
    "has_treatment_contraindication": "coagulation_abnormal",
}
FOR_WOMEN = ("is_breast_feeding", "lacks_contraception")
IMPLANTS = {"pacemaker": "a pacemaker or defibrillator", "implant": "an implant"}


def check_eligibility_form(values: Values, context: PatientContext) -> list[Finding]:
    """`context.related["conditions"]` holds the categories of medical history."""
    return [
        *check_day(values, "assessed_on", context),
        *_check_women(values, context),
        *_check_needed(values, context),
        *_check_answers(values, context),
        *_check_implants(context),
    ]


def questions_of(context: PatientContext) -> tuple[str, ...]:
    """The questions this protocol asks beside the plain criteria."""
    rules = {criterion.rule for criterion in context.protocol.criteria_of_phase(context.phase_number)}
    return tuple(field for field, rule in RULE_QUESTIONS.items() if rule in rules)


def answered_criteria(context: PatientContext) -> tuple[Criterion, ...]:
    """The criteria that a person answers."""
    criteria = context.protocol.criteria_of_phase(context.phase_number)
    return tuple(criterion for criterion in criteria if criterion.rule == "answered")


def _check_women(values: Values, context: PatientContext) -> list[Finding]:
    if context.sex != "M":
        return []
    return [
        hard(f"{field}_man", field, "The patient is a man according to demographics: leave this empty.", "1.3 E6")
        for field in FOR_WOMEN
        if values.get(field) is not None
    ]


def _check_needed(values: Values, context: PatientContext) -> list[Finding]:
    needed = [
        field
        for field in questions_of(context)
        if not (field in FOR_WOMEN and context.sex == "M")
        and not (field == "lacks_contraception" and context.facts.has_childbearing_potential is False)
    ]
    return [missing(f"{field}_missing", field, "Answer yes or no.", "1.3") for field in needed]


def _check_answers(values: Values, context: PatientContext) -> list[Finding]:
    findings = []
    for criterion in answered_criteria(context):
        name = f"answers.{criterion.code}.answer"
        if criterion.kind == "inclusion" and values.get(name) == "na":
            findings.append(
                hard(
                    f"{criterion.code}_na",
                    name,
                    "Must be answered yes or no: it holds for every patient.",
                    criterion.code,
                )
            )
        findings.append(missing(f"{criterion.code}_missing", name, "Answer it.", criterion.code))
    return findings


def _check_implants(context: PatientContext) -> list[Finding]:
    found = [words for code, words in IMPLANTS.items() if code in context.related.get("conditions", ())]
    if not found:
        return []
    question = f"Medical history lists {' and '.join(found)}. Was that weighed in the answer about MRI?"
    return [soft("implant_and_mri", "", question, "1.3 E7")]
