"""Entering treatment, as blinded people see it: the conditions, one button, and afterwards a code without order."""

from collections.abc import Callable, Sequence
from functools import partial
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from enrollment.actions.draw import Gather, check_patient, draw_allocation, enroll_open_label
from enrollment.models import Patient
from enrollment.refusal import RefusedError
from trialsite.accounts.access import SignedInRequest, requires
from trialsite.accounts.actor import actor_of
from trialsite.accounts.roles import Permission
from trialsite.audit.actor import Actor
from trialsite.lib.findings import Finding
from trialsite.protocol.current import get_protocol
from trialsite.protocol.model import Phase
from visits.evidence import gather_readiness
from visits.views.loaders import load_patient

Enter = Callable[[Patient, Gather, Actor], Patient]


@requires(Permission.DRAW_ALLOCATION)
def draw(request: SignedInRequest, patient_id: UUID) -> HttpResponse:
    """GET shows what is met and what is not, or the result; POST draws (open label: enrolls) and shows the result."""
    patient = load_patient(request.user, patient_id)
    phase = get_protocol().phase(patient.phase_number)
    if request.method != "POST":
        return _page(request, patient, phase)
    enter: Enter = draw_allocation if phase.is_randomized else enroll_open_label
    try:
        enter(patient, partial(gather_readiness, protocol=get_protocol()), actor_of(request.user))
    except RefusedError as refused:
        patient.refresh_from_db()
        return _page(request, patient, phase, refused.findings, status=409)
    return redirect("draw", patient.pk)


def _page(
    request: SignedInRequest, patient: Patient, phase: Phase, refusals: Sequence[Finding] = (), *, status: int = 200
) -> HttpResponse:
    has_entered = patient.entered_on is not None
    requirements = [] if has_entered else check_patient(patient, gather_readiness(patient, get_protocol()))
    page = {
        "patient": patient,
        "phase": phase,
        "site": get_protocol().site(patient.site_code),
        "has_entered": has_entered,
        "requirements": requirements,
        "can_enter": not has_entered and all(one.is_met for one in requirements),
        "refusals": refusals,
        "trail": [
            ("Patients", reverse("patients")),
            (patient.number, reverse("casebook", args=(patient.pk,))),
            ("Randomization" if phase.is_randomized else "Enrollment", ""),
        ],
    }
    return render(request, "visits/draw.html", page, status=status)
