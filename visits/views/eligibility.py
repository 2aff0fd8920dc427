"""Whether a patient is eligible: every criterion with its reason, and the investigator's signature under it."""

from functools import partial
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from enrollment.actions.eligibility import MEANING, sign_eligibility
from enrollment.crfs.eligibility.form import ELIGIBILITY
from enrollment.forms.patients import SignForm
from enrollment.models import Patient
from enrollment.outs import BEFORE_ENTRY
from enrollment.presenters import describe_eligibility, present_criteria
from enrollment.refusal import RefusedError
from enrollment.selectors.eligibility import EligibilityStanding
from trialsite.accounts.access import SignedInRequest, requires
from trialsite.accounts.actor import actor_of
from trialsite.accounts.attempts import confirm_password
from trialsite.accounts.roles import Permission
from trialsite.lib import clock
from trialsite.protocol.current import get_protocol
from visits.evidence import gather_evidence, get_eligibility
from visits.views.consent_first import consent_first
from visits.views.loaders import load_patient

# Who rates one instrument does not read the results of the others.
ELIGIBILITY_READERS = (Permission.ENTER_DATA, Permission.VIEW_TRIAL_AUDIT)


@requires(*ELIGIBILITY_READERS)
def eligibility(request: SignedInRequest, patient_id: UUID) -> HttpResponse:
    """Show how eligibility stands; POST signs it."""
    patient = load_patient(request.user, patient_id)
    if refused := consent_first(request, patient):
        return refused
    _, standing = get_eligibility(patient, get_protocol())
    if request.method == "POST":
        return _sign(request, patient, standing)
    return _page(request, patient, standing, SignForm(initial={"shown": standing.digest}))


def _sign(request: SignedInRequest, patient: Patient, standing: EligibilityStanding) -> HttpResponse:
    if not request.user.may(Permission.SIGN_ELIGIBILITY):
        raise Http404
    form = SignForm(request.POST)
    if form.is_valid() and not confirm_password(request, request.user, form.cleaned_data["password"]):
        form.add_error("password", "This is not your password. After too many failures the account is locked.")
    if form.is_valid():
        try:
            _store_signature(request, patient, form.cleaned_data["shown"])
        except RefusedError as refused:
            form.show(refused)
        else:
            messages.success(request, f"Eligibility of {patient.number} signed.")
            return redirect("casebook", patient.pk)
    return _page(request, patient, standing, form, status=422)


def _store_signature(request: SignedInRequest, patient: Patient, shown_digest: str) -> None:
    protocol = get_protocol()
    sign_eligibility(
        patient,
        partial(gather_evidence, protocol=protocol),
        shown_digest=shown_digest,
        on=clock.today(protocol.site(patient.site_code).time_zone),
        protocol=protocol,
        actor=actor_of(request.user),
    )


def _page(
    request: SignedInRequest, patient: Patient, standing: EligibilityStanding, form: SignForm, status: int = 200
) -> HttpResponse:
    in_screening = patient.status in BEFORE_ENTRY
    is_ready = standing.result.is_eligible and standing.record is not None and standing.record.is_complete
    page = {
        "patient": patient,
        "standing": standing,
        "lines": present_criteria(standing.result),
        "outcome": describe_eligibility(standing),
        "form": form,
        "meaning": MEANING,
        "answers_url": reverse("patient_log", args=(patient.pk, ELIGIBILITY.key)),
        "may_enter": request.user.may(Permission.ENTER_DATA) and in_screening,
        "may_sign": request.user.may(Permission.SIGN_ELIGIBILITY) and in_screening and is_ready,
        "failed_codes": [criterion.code for criterion in standing.result.failed],
        "trail": [
            ("Patients", reverse("patients")),
            (patient.number, reverse("casebook", args=(patient.pk,))),
            ("Eligibility", ""),
        ],
    }
    return render(request, "visits/eligibility.html", page, status=status)
