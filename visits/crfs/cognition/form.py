"""How cognition and timed function are laid out and what belongs to the form."""

from trialsite.accounts.roles import Permission
from trialsite.records.crf import CrfDefinition, Section
from visits.crfs.cognition.checks import FORM, check_cognition, compute_cognition
from visits.crfs.cognition.model import Cognition

COGNITION = CrfDefinition(
    key=FORM,
    title="Cognition and timed function",
    kind="visit",
    model=Cognition,
    is_outcome=True,
    sections=(
        Section("Assessment", (*Cognition.HEAD, "alternate_form", "validity", "invalid_reason")),
        Section("Speed of thought", ("sdmt_correct", "sdmt_errors", "pasat_correct")),
        Section("Words", (*Cognition.CVLT_TRIALS, "cvlt_delayed")),
        Section("Figures", (*Cognition.BVMT_TRIALS, "bvmt_delayed")),
        Section("Further tests", ("cowat", "jlo", "dkefs_sorts", "dkefs_description")),
        Section(
            "Walking",
            (*Cognition.WALK_TRIALS, "t25fw_aid"),
            help="Where the patient could not walk, say so as the reason for no value.",
        ),
        Section("Hands", Cognition.PEG_TRIALS, columns=2),
    ),
    check=check_cognition,
    compute=compute_cognition,
    enter=frozenset({Permission.ENTER_DATA, Permission.ENTER_ASSESSMENTS}),
    instrument=FORM,
)
