"""Raters who know the later outflow: for those who watch over the trial's data."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from trialsite.accounts.access import SignedInRequest, requires
from trialsite.accounts.roles import Permission
from trialsite.protocol.current import get_protocol
from visits.outflow import list_informed_raters

SHOWN = 300


@requires(Permission.VIEW_TRIAL_AUDIT)
@require_safe
def informed_raters(request: SignedInRequest) -> HttpResponse:
    """Everybody who rated a patient after entering or signing a later Doppler examination; of one patient where the query names one."""
    wanted = request.GET.get("patient", "").strip()
    lines = [one for one in list_informed_raters(request.user, get_protocol()) if wanted in one.patient.number]
    page = {"lines": lines[:SHOWN], "more": max(0, len(lines) - SHOWN), "wanted": wanted}
    return render(request, "visits/informed_raters.html", page)
