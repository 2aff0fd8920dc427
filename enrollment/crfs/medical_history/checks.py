"""What must hold of an earlier condition. Pure."""

from enrollment.context import PatientContext
from enrollment.crfs.shared_checks import check_partial_order, check_past_partial, read_partial
from trialsite.lib.findings import Finding, hard, missing, soft
from trialsite.records.values import Values


def check_medical_history(values: Values, context: PatientContext) -> list[Finding]:
    return [
        *check_past_partial(values, "onset_on", context),
        *check_past_partial(values, "ended_on", context),
        *check_partial_order(
            values, "onset_on", "ended_on", "The end cannot come before the beginning. Correct one of the two."
        ),
        *_check_consent(values, context),
        *_check_end(values),
    ]


def _check_consent(values: Values, context: PatientContext) -> list[Finding]:
    onset = read_partial(values, "onset_on")
    if onset is None or context.consented_on is None or not onset.is_surely_after(context.consented_on):
        return []
    question = f"It began after consent ({context.consented_on}). Does it belong under adverse events?"
    return [soft("onset_after_consent", "onset_on", question, "8.14")]


def _check_end(values: Values) -> list[Finding]:
    is_ongoing, ended = values.get("is_ongoing"), values.get("ended_on")
    if is_ongoing and ended:
        return [
            hard(
                "ended_but_ongoing", "ended_on", "A condition that is still present has no end. Correct one of the two."
            )
        ]
    if is_ongoing is False and not ended:
        return [missing("ended_missing", "ended_on", "Enter when it ended, or say why that is not known.")]
    return []
