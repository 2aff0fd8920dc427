"""The emergency code break: a page for a phone at night, the assessment after it, and the register of the statistician."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.apps import apps
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import capfirst

from enrollment.actions.code_break import (
    AlreadyShownError,
    Asked,
    add_impact,
    count_own,
    find_knock_on,
    find_own_break,
    get_own_breaks,
    get_register,
    open_code,
)
from enrollment.models import Patient
from enrollment.refusal import RefusedError
from enrollment.selectors.patients import get_patients
from trialsite.accounts.access import SignedInRequest, requires
from trialsite.accounts.attempts import confirm_password
from trialsite.accounts.roles import Permission
from trialsite.audit.models import AuditEvent
from trialsite.lib import clock
from trialsite.lib.options import BLINDED
from trialsite.lib.watermark import draw_watermark
from trialsite.protocol.current import get_protocol
from visits.crfs.registry import CRFS
from visits.forms import CodeBreakForm, CodeBreakImpactForm
from visits.views.loaders import load_patient
from visits.views.worklist import WRONG_PASSWORD

UNDRAWN = "This patient has not been randomized: no treatment has been assigned, so there is nothing to open."
SENT_TWICE = "This page was sent before. A treatment is shown once; if you need it again, fill in the form again."


@requires(Permission.BREAK_CODE)
def code_breaks(request: SignedInRequest) -> HttpResponse:
    """Which patient: the randomized ones of the own sites; and the person's own breaks, without the arm."""
    if settings.SERVES == BLINDED:
        return _show_elsewhere(request, reverse("code_breaks"))
    phases = [phase.number for phase in get_protocol().phases if phase.is_randomized]
    wanted = request.GET.get("number", "").strip().replace("\0", "")
    drawn = get_patients(request.user).filter(phase_number__in=phases).exclude(randomization_code="")
    patients = drawn.filter(number__icontains=wanted).order_by("number")
    page = {"patients": patients, "wanted": wanted, "own": get_own_breaks(request.user)}
    return render(request, "visits/code_breaks.html", page)


@requires(Permission.BREAK_CODE)
def code_break(request: SignedInRequest, patient_id: UUID) -> HttpResponse:
    """GET asks why and says what follows; POST shows the arm, in the answer to that very request and nowhere else."""
    patient = load_patient(request.user, patient_id)
    if not get_protocol().phase(patient.phase_number).is_randomized:
        raise Http404
    if settings.SERVES == BLINDED:
        return _show_elsewhere(request, reverse("code_break", args=(patient.pk,)))
    if not patient.randomization_code:
        return _page(request, patient, {"refusal": UNDRAWN}, status=409 if request.method == "POST" else 200)
    if request.method != "POST":
        return _ask(request, patient)
    form = CodeBreakForm(request.POST)
    if form.is_valid():
        if confirm_password(request, request.user, form.cleaned_data["password"]):
            return _open(request, patient, form.cleaned_data)
        form.add_error("password", WRONG_PASSWORD)
    return _ask(request, patient, form, status=422)


def _open(request: SignedInRequest, patient: Patient, said: Mapping[str, Any]) -> HttpResponse:
    asked = Asked(
        reason=said["reason"],
        reason_text=said["reason_text"],
        clinician=said["clinician"],
        occasion=said["occasion"],
        knock_on=find_knock_on(patient, request.user).at_most,
    )
    try:
        arm = open_code(patient, asked, user=request.user)
    except AlreadyShownError:
        return _page(
            request, patient, {"refusal": SENT_TWICE, "own": get_own_breaks(request.user, patient)}, status=409
        )
    except RefusedError as refused:
        return _page(request, patient, {"refusal": str(refused)}, status=409)
    zone = ZoneInfo(get_protocol().site(patient.site_code).time_zone)
    shown_at = f"{clock.now().astimezone(zone):%Y-%m-%d %H:%M:%S %Z}"
    about = {
        "arm": get_protocol().arm(arm),
        "shown_at": shown_at,
        "clinician": asked.clinician,
        "page_mark": draw_watermark(f"{request.user.full_name} · {shown_at}"),
        "own": get_own_breaks(request.user, patient),
    }
    return _page(request, patient, about)


def _ask(
    request: SignedInRequest, patient: Patient, form: CodeBreakForm | None = None, *, status: int = 200
) -> HttpResponse:
    start = {"occasion": count_own(patient, request.user) + 1, "clinician": request.user.full_name}
    about = {
        "form": form or CodeBreakForm(initial=start),
        "knock_on": find_knock_on(patient, request.user),
        "own": get_own_breaks(request.user, patient),
    }
    return _page(request, patient, about, status=status)


def _page(request: SignedInRequest, patient: Patient, about: dict[str, Any], *, status: int = 200) -> HttpResponse:
    page = {**about, "patient": patient, "site": get_protocol().site(patient.site_code)}
    return render(request, "visits/code_break.html", page, status=status)


def _show_elsewhere(request: SignedInRequest, path: str) -> HttpResponse:
    """A process without the key leads to the one that has it."""
    return render(request, "visits/code_break_elsewhere.html", {"address": settings.UNBLINDED_ADDRESS, "path": path})


@requires(Permission.BREAK_CODE)
def code_break_impact(request: SignedInRequest, break_id: UUID) -> HttpResponse:
    """What a break meant, by the person who broke the code; for everybody else this page does not exist."""
    broken = None if settings.SERVES == BLINDED else find_own_break(request.user, break_id)
    if broken is None:
        raise Http404
    form = CodeBreakImpactForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        add_impact(broken, **form.cleaned_data, user=request.user)
        messages.success(request, f"{broken.patient.number}: your assessment is stored.")
        return redirect("code_breaks")
    page = {"form": form, "broken": broken}
    return render(request, "visits/code_break_impact.html", page, status=422 if form.errors else 200)


@requires(Permission.MANAGE_ALLOCATION_LIST)
def code_break_register(request: SignedInRequest) -> HttpResponse:
    """Every code break, with what the same account changed afterwards in that patient's records; no arm is on this page."""
    lines = [(line, _say_forms(line.changes), _say_forms(line.justifications)) for line in get_register(request.user)]
    return render(request, "visits/code_break_register.html", {"lines": lines})


def _say_forms(events: Iterable[AuditEvent]) -> list[tuple[AuditEvent, str]]:
    """Each event with the title of the form it is about, or the name of what else it is about."""
    titles = {definition.model._meta.label_lower: definition.title for definition in CRFS.values()}
    return [(event, titles.get(event.record_kind) or _name_model(event.record_kind)) for event in events]


def _name_model(label: str) -> str:
    return capfirst(str(apps.get_model(label)._meta.verbose_name))
