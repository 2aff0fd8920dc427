"""How the answers to eligibility are laid out; the criteria come from the protocol."""

from dataclasses import replace

from enrollment.context import PatientContext
from enrollment.crfs.eligibility.checks import answered_criteria, check_eligibility_form, questions_of
from enrollment.crfs.eligibility.model import Eligibility, EligibilityAnswer
from trialsite.records.crf import CrfDefinition, Grid, Section

HEAD = Section("Assessment", ("assessed_on", "assessed_by"), columns=2)
ANSWERS = Grid(
    name="answers",
    title="Criteria to answer",
    model=EligibilityAnswer,
    rows=(),
    fields=("answer", "comment"),
    help="All other criteria are worked out from the other forms. No criterion can be waived.",
)

# As it stands without a patient: which questions are asked depends on the protocol and the phase.
ELIGIBILITY = CrfDefinition(
    key="eligibility",
    title="Eligibility answers",
    kind="single",
    model=Eligibility,
    sections=(
        HEAD,
        Section(
            "Beside what other forms say",
            ("has_progressed", "is_breast_feeding", "lacks_contraception", "has_treatment_contraindication"),
            columns=2,
        ),
    ),
    check=check_eligibility_form,
    grid=ANSWERS,
)


def eligibility_for(context: PatientContext) -> CrfDefinition:
    """The form with the criteria and questions of this patient's phase."""
    rows = tuple((criterion.code, f"{criterion.code} {criterion.text}") for criterion in answered_criteria(context))
    asked = replace(ELIGIBILITY.sections[1], fields=questions_of(context))
    sections = (HEAD, asked) if asked.fields else (HEAD,)
    return replace(ELIGIBILITY, sections=sections, grid=replace(ANSWERS, rows=rows) if rows else None)
