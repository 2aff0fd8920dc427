"""The operator's worklist: who is to be treated, and the arm of the one patient on the table."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.db import IntegrityError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from enrollment.models import Patient
from enrollment.selectors.worklist import get_worklist, is_on_worklist
from enrollment.vault.refusal import VaultRefusedError
from enrollment.vault.reveal import note_refusal, reveal_to_operator
from trialsite.accounts.access import SignedInRequest, requires
from trialsite.accounts.actor import actor_of
from trialsite.accounts.attempts import confirm_password
from trialsite.accounts.roles import Permission
from trialsite.lib import clock
from trialsite.lib.watermark import draw_watermark
from trialsite.protocol.current import get_protocol
from trialsite.records.actions import StaleRecordError
from visits.actions.visit import VisitRefusedError, record_visit
from visits.forms import PasswordForm
from visits.selectors import find_planned_visit
from visits.views.loaders import load_patient
from visits.visit import VisitStatus
from visits.worklist import find_procedure_plan, get_lines

NOT_SHOWN = "The treatment cannot be shown now. The statistician has been informed; please ask the statistician."
WRONG_PASSWORD = "This is not your password. Type it again."  # noqa: S105 - a sentence


@requires(Permission.VIEW_WORKLIST)
def worklist(request: SignedInRequest) -> HttpResponse:
    """Everybody to be treated at the operator's sites; arms of a blinded phase are not on this page."""
    patients = get_worklist(request.user, get_protocol())
    return render(request, "visits/worklist.html", {"lines": get_lines(patients, request.user)})


@requires(Permission.VIEW_WORKLIST)
@require_POST
def start_procedure(request: SignedInRequest, patient_id: UUID) -> HttpResponse:
    """Record that the procedure takes place today, so that its forms can be entered."""
    patient = _load_on_table(request, patient_id)
    stored = find_planned_visit(patient, find_procedure_plan(patient).key)
    if stored is None:
        _record_today(request, patient)
    elif stored.status == VisitStatus.MISSED:
        messages.warning(
            request, f"{patient.number}: the procedure is recorded as missed. Ask a coordinator to correct it."
        )
    return redirect("worklist")


def _record_today(request: SignedInRequest, patient: Patient) -> None:
    planned = find_procedure_plan(patient)
    today = clock.today(get_protocol().site(patient.site_code).time_zone)
    values = {"status": VisitStatus.ATTENDED, "visited_on": today}
    try:
        record_visit(patient, planned, values, protocol=get_protocol(), actor=actor_of(request.user))
    except VisitRefusedError as refused:
        messages.error(request, f"{patient.number}: {' '.join(finding.message for finding in refused.findings)}")
    except (IntegrityError, StaleRecordError):
        messages.warning(request, f"{patient.number}: a colleague is entering the same. Look at what they entered.")
    else:
        messages.success(request, f"{patient.number}: {planned.label} recorded for today; its forms are open now.")


@requires(Permission.VIEW_WORKLIST)
@never_cache
def worklist_arm(request: SignedInRequest, patient_id: UUID) -> HttpResponse:
    """The arm of one patient, after the password was typed again. It is in the answer to that very request and nowhere else."""
    patient = _load_on_table(request, patient_id)
    if not get_protocol().phase(patient.phase_number).is_randomized:
        raise Http404
    form = PasswordForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        if confirm_password(request, request.user, form.cleaned_data["password"]):
            return _reveal(request, patient)
        form.add_error("password", WRONG_PASSWORD)
    return _arm_page(request, patient, {"form": form}, status=422 if form.errors else 200)


def _reveal(request: SignedInRequest, patient: Patient) -> HttpResponse:
    try:
        arm = reveal_to_operator(patient, get_protocol(), user=request.user)
    except VaultRefusedError as refused:
        note_refusal(patient, str(refused), user=request.user)
        return _arm_page(request, patient, {"refusal": NOT_SHOWN}, status=409)
    zone = ZoneInfo(get_protocol().site(patient.site_code).time_zone)
    shown_at = f"{clock.now().astimezone(zone):%Y-%m-%d %H:%M:%S %Z}"
    mark = draw_watermark(f"{request.user.full_name} · {shown_at}")
    about = {"arm": get_protocol().arm(arm), "shown_at": shown_at, "page_mark": mark}
    return _arm_page(request, patient, about)


def _load_on_table(request: SignedInRequest, patient_id: UUID) -> Patient:
    patient = load_patient(request.user, patient_id)
    if not is_on_worklist(patient, get_protocol()):
        raise Http404
    return patient


def _arm_page(request: SignedInRequest, patient: Patient, about: dict[str, Any], *, status: int = 200) -> HttpResponse:
    page = {**about, "line": get_lines([patient], request.user)[0]}
    return render(request, "visits/worklist_arm.html", page, status=status)
