"""What must hold about the guesses of the treatment. Pure. Needs nothing of `context.related`."""

from trialsite.lib.findings import Finding, hard, missing
from trialsite.records.values import Values
from visits.crfs.context import VisitContext
from visits.crfs.shared_checks import check_assessment_date

FORM = "blinding_guess"
DO_NOT_KNOW = "do_not_know"
# Guess, how certain, why.
_GUESSERS = (
    ("patient_guess", "certainty_pct", "patient_reason"),
    ("rater_guess", "rater_certainty_pct", "rater_reason"),
)


def check_blinding_guess(values: Values, context: VisitContext) -> list[Finding]:
    findings = [*check_assessment_date(values, context), *_check_phase(context), *_check_procedure(values, context)]
    for names in _GUESSERS:
        findings += _check_guess(values, *names)
    return findings


def _check_phase(context: VisitContext) -> list[Finding]:
    if context.protocol.phase(context.phase_number).is_randomized:
        return []
    return [
        hard(
            "guess_in_open_phase",
            "",
            "Patients of an open phase know their treatment: there is nothing to guess.",
            "1.2",
        )
    ]


def _check_procedure(values: Values, context: VisitContext) -> list[Finding]:
    on = values.get("assessed_on")
    if on is None or context.procedure_on is None or on >= context.procedure_on:
        return []
    return [
        hard(
            "guess_before_procedure",
            "assessed_on",
            f"The procedure was on {context.procedure_on}. Ask for the guess after it.",
            "1.6",
        )
    ]


def _check_guess(values: Values, guess_name: str, certainty_name: str, reason_name: str) -> list[Finding]:
    guess, certainty = values.get(guess_name), values.get(certainty_name)
    if not guess:
        return [
            hard(f"{name}_without_guess", guess_name, "Enter the guess itself too.", "8.13")
            for name in (certainty_name, reason_name)
            if values.get(name) not in (None, "")
        ][:1]
    if guess == DO_NOT_KNOW and certainty:
        return [
            hard(
                f"{certainty_name}_of_nothing",
                certainty_name,
                "Who does not know has no certainty: enter 0 or nothing.",
                "8.13",
            )
        ]
    if guess != DO_NOT_KNOW and certainty is None:
        return [
            missing(
                f"{certainty_name}_missing",
                certainty_name,
                "Ask how certain, from 0 (pure guess) to 100 (sure).",
                "8.13",
            )
        ]
    return []
