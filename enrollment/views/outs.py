"""The two ways out of the trial: screening failure and withdrawal."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from enrollment.actions.patient import record_screening_failure, reopen_screening, withdraw_patient
from enrollment.forms.patients import RefusableForm, ReopenForm, ScreeningFailureForm, WithdrawalForm
from enrollment.models import Patient, PatientStatus
from enrollment.presenters import casebook_url
from enrollment.refusal import RefusedError
from enrollment.selectors.patients import find_patient
from trialsite.accounts.access import SignedInRequest, requires
from trialsite.accounts.actor import actor_of
from trialsite.accounts.models import User
from trialsite.accounts.roles import Permission
from trialsite.lib import clock
from trialsite.lib.keep import kept_key
from trialsite.protocol.current import get_protocol


def _load(user: User, patient_id: UUID) -> Patient:
    patient = find_patient(user, patient_id)
    if patient is None:
        raise Http404
    return patient


@requires(Permission.REGISTER_PATIENTS)
def screening_failure(request: SignedInRequest, patient_id: UUID) -> HttpResponse:
    """Record that a patient does not enter the trial, and why; or take back what was recorded by mistake."""
    patient, protocol = _load(request.user, patient_id), get_protocol()
    if patient.status == PatientStatus.SCREEN_FAILED:
        return _reopen(request, patient)
    today = clock.today(protocol.site(patient.site_code).time_zone)
    posted = request.POST if request.method == "POST" else None
    suggested = {"reasons": request.GET.get("reasons", "").split(",")}
    form = ScreeningFailureForm(
        posted, protocol=protocol, phase_number=patient.phase_number, today=today, initial=suggested
    )
    if posted is not None and form.is_valid():
        try:
            record_screening_failure(patient, **form.cleaned_data, protocol=protocol, actor=actor_of(request.user))
        except RefusedError as refused:
            form.show(refused)
        else:
            messages.success(request, f"Screening failure of {patient.number} recorded.", extra_tags=kept_key(request))
            return redirect(casebook_url(patient.pk))
    return _page(request, patient, form, "Screening failure", "enrollment/screening_failure.html")


def _reopen(request: SignedInRequest, patient: Patient) -> HttpResponse:
    form = ReopenForm(request.POST if "take_back" in request.POST else None)
    if form.is_valid():
        try:
            reopen_screening(patient, reason=form.cleaned_data["reason"], actor=actor_of(request.user))
        except RefusedError as refused:
            form.show(refused)
        else:
            messages.success(request, f"{patient.number} is in screening again.")
            return redirect(casebook_url(patient.pk))
    elif request.method == "POST" and not form.is_bound:
        messages.warning(request, "The screening failure is recorded already.")
    return _page(request, patient, form, "Screening failure", "enrollment/reopen_screening.html")


@requires(Permission.REGISTER_PATIENTS)
def withdrawal(request: SignedInRequest, patient_id: UUID) -> HttpResponse:
    """Record what a patient no longer agrees to."""
    patient, protocol = _load(request.user, patient_id), get_protocol()
    posted = request.POST if request.method == "POST" else None
    form = WithdrawalForm(posted, today=clock.today(protocol.site(patient.site_code).time_zone))
    if posted is not None and form.is_valid():
        try:
            withdraw_patient(patient, **form.cleaned_data, protocol=protocol, actor=actor_of(request.user))
        except RefusedError as refused:
            form.show(refused)
        else:
            messages.success(request, f"Withdrawal of {patient.number} recorded.", extra_tags=kept_key(request))
            return redirect(casebook_url(patient.pk))
    return _page(request, patient, form, "Withdrawal", "enrollment/withdrawal.html")


def _page(request: SignedInRequest, patient: Patient, form: RefusableForm, title: str, template: str) -> HttpResponse:
    back_url = casebook_url(patient.pk)
    trail = [("Patients", reverse("patients")), (patient.number, back_url), (title, "")]
    page = {"patient": patient, "form": form, "trail": trail, "back_url": back_url}
    return render(request, template, page, status=422 if form.errors else 200)
