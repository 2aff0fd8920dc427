"""Consent before anything: what a person meets who opens another form too early."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from enrollment.crfs.consent.form import CONSENT
from enrollment.models import Patient
from enrollment.selectors.facts import find_consent_gap
from trialsite.accounts.access import SignedInRequest


def consent_first(request: SignedInRequest, patient: Patient) -> HttpResponse | None:
    """The way to the consent form, with the reason, for a patient without a complete consent; None when there is one."""
    sentence = find_consent_gap(patient)
    if not sentence:
        return None
    messages.warning(request, sentence)
    return (
        redirect("patient_log", patient.pk, CONSENT.key)
        if CONSENT.may_view(request.user)
        else redirect("casebook", patient.pk)
    )
