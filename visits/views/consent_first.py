"""Consent before anything, and nothing new without it: what a person meets who opens a form too early, or a new one too late."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from enrollment.context import PatientFacts
from enrollment.crfs.consent.form import CONSENT
from enrollment.models import Patient
from enrollment.selectors.facts import find_consent_gap
from trialsite.accounts.access import SignedInRequest
from trialsite.accounts.roles import Permission

# What is still added for a patient who took back the use of the data: why they left, and what safety and the protocol ask to report.
STILL_ADDED = frozenset({"consent", "disposition", "adverse_event", "deviation"})
NO_MORE_DATA = "The patient withdrew the use of their data: no new form is added. What was entered before stays, and can be corrected."


def consent_first(request: SignedInRequest, patient: Patient, facts: PatientFacts | None = None) -> HttpResponse | None:
    """The way to the consent form, with the reason, for a patient without a complete consent; None when there is one."""
    sentence = find_consent_gap(patient, facts)
    if not sentence:
        return None
    messages.warning(request, sentence)
    return (
        redirect("patient_log", patient.pk, CONSENT.key)
        if CONSENT.may_view(request.user)
        else redirect("casebook", patient.pk)
    )


def withdrawn_use(request: SignedInRequest, patient: Patient, key: str, *, is_new: bool) -> HttpResponse | None:
    """The way back to the casebook, with the reason, for a new form of a patient who withdrew the use of the data; None otherwise."""
    if patient.uses_data or not is_new or key in STILL_ADDED:
        return None
    messages.warning(request, NO_MORE_DATA)
    return redirect("casebook", patient.pk) if request.user.may(Permission.VIEW_PATIENTS) else redirect("worklist")
