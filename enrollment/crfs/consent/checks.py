"""What must hold of a consent. Pure."""

from enrollment.context import PatientContext
from enrollment.rules import check_consent
from trialsite.lib.findings import Finding, hard, soft
from trialsite.records.values import Values


def check_consent_form(values: Values, context: PatientContext) -> list[Finding]:
    findings = _check_copy(values)
    signed_at = values.get("consented_at")
    if signed_at is None:
        return findings
    version = values.get("form_version") or ""
    findings += check_consent(version, signed_at, context.day_of(signed_at), context.protocol, context.now)
    return [*findings, *_check_birth(values, context), *_check_occasion(values, context)]


def _check_copy(values: Values) -> list[Finding]:
    if values.get("is_copy_given") is not False:
        return []
    return [soft("no_copy", "is_copy_given", "The patient should receive a copy of the signed form. Why not?")]


def _check_birth(values: Values, context: PatientContext) -> list[Finding]:
    on = context.day_of(values["consented_at"])
    if context.born_on is None or on >= context.born_on:
        return []
    sentence = f"{on} is before the patient was born ({context.born}). Correct the date here or on demographics."
    return [hard("consent_before_birth", "consented_at", sentence, "8.1")]


def _check_occasion(values: Values, context: PatientContext) -> list[Finding]:
    signed_at, others = values["consented_at"], context.other_consents
    if values.get("occasion") == "first":
        return _check_first(context)
    if values.get("occasion") != "again":
        return []
    if not others or signed_at <= others[0].consented_at:
        sentence = "There is no complete consent before this one. Choose First consent, or correct the date."
        return [hard("consent_again_without_first", "occasion", sentence, "8.1")]
    if values.get("form_version") in {other.form_version for other in others}:
        question = f"The patient has signed version {values['form_version']} before. Why again?"
        return [soft("consent_same_version", "form_version", question, "8.1")]
    return []


def _check_first(context: PatientContext) -> list[Finding]:
    if not context.other_consents:
        return []
    first_on = context.day_of(context.other_consents[0].consented_at)
    sentence = f"There is a complete consent of {first_on} already. Choose Consent again."
    return [hard("consent_first_twice", "occasion", sentence, "8.1")]
