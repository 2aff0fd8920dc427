"""How the guesses of the treatment are laid out and what belongs to the form."""

from trialsite.records.crf import CrfDefinition, Section
from visits.crfs.blinding_guess.checks import FORM, check_blinding_guess
from visits.crfs.blinding_guess.model import BlindingGuess

BLINDING_GUESS = CrfDefinition(
    key=FORM,
    title="Guess of the treatment",
    kind="visit",
    model=BlindingGuess,
    is_outcome=True,
    sections=(
        Section("Assessment", BlindingGuess.HEAD),
        Section(
            "Patient", ("patient_guess", "certainty_pct", "patient_reason"), help="Ask the patient first, in private."
        ),
        Section(
            "Rater",
            ("rater_guess", "rater_certainty_pct", "rater_reason"),
            help="The rater answers without knowing the patient's guess.",
        ),
    ),
    check=check_blinding_guess,
)
