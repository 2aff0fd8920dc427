"""Asking for a simulation, for the statistician."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from endpoints.forms.simulate import SimulationForm
from endpoints.simulation.words import SIMULATION
from trialsite.accounts.access import SignedInRequest, requires
from trialsite.accounts.roles import Permission
from trialsite.jobs.views.asking import ask_and_go


@requires(Permission.VIEW_ARM_REPORTS)
@require_http_methods(["GET", "HEAD", "POST"])
def simulation(request: SignedInRequest) -> HttpResponse:
    """How the primary tests behave under stated assumptions; the answer waits under My files."""
    form = SimulationForm(request.POST or None, initial=SimulationForm.begin())
    if request.method == "POST" and form.is_valid():
        title = f"Simulation, {' '.join(form.cleaned_data['patients'])}, {form.cleaned_data['trials']} trials"
        return ask_and_go(request, SIMULATION, title, form.as_parameters())
    page = {"form": form, "trail": [("Reports", reverse("reports")), ("Simulation", "")]}
    return render(request, "endpoints/simulation.html", page, status=422 if form.errors else 200)
