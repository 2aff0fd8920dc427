"""Printing a casebook: choosing what, asking for it as PDF, and the page that the browser prints itself."""

import hashlib
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from enrollment.models import Patient
from trialsite.accounts.access import SignedInRequest, requires
from trialsite.accounts.actor import actor_of
from trialsite.accounts.page_mark import mark_page
from trialsite.accounts.roles import Permission
from trialsite.audit.write import log_event
from trialsite.jobs.views.asking import ask_and_go
from trialsite.printing.casebook import make_paper
from trialsite.printing.content import Wanted
from trialsite.printing.forms import CasebookForm
from trialsite.printing.selectors import say_pdf_lack
from trialsite.printing.words import CASEBOOK
from trialsite.protocol.current import get_protocol
from visits.actions.outflow import note_patient
from visits.views.loaders import load_patient


@requires(Permission.VIEW_PATIENTS)
@require_http_methods(["GET", "HEAD", "POST"])
def print_casebook(request: SignedInRequest, patient_id: UUID) -> HttpResponse:
    patient = load_patient(request.user, patient_id)
    form = CasebookForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if request.POST.get("how") == "page":
            return redirect(f"{reverse('casebook_page', args=(patient.pk,))}?{_address(form)}")
        return ask_and_go(request, CASEBOOK, f"Casebook of {patient.number}", _parameters(patient, form))
    page = {
        "title": f"Print the casebook of {patient.number}",
        "form": form,
        "lack": say_pdf_lack(),
        "trail": [
            ("Patients", reverse("patients")),
            (patient.number, reverse("casebook", args=(patient.pk,))),
            ("Print", ""),
        ],
    }
    return render(request, "printing/print_casebook.html", page, status=422 if form.errors else 200)


def _parameters(patient: Patient, form: CasebookForm) -> dict[str, Any]:
    moment = form.cleaned_data["as_of"]
    return {
        "patient_id": str(patient.pk),
        "as_of": moment.isoformat() if moment else "",
        "with_audit": form.cleaned_data["with_audit"],
        "with_queries": form.cleaned_data["with_queries"],
    }


def _address(form: CasebookForm) -> str:
    return urlencode({name: form.data[name] for name in form.fields if form.data.get(name)})


@requires(Permission.VIEW_PATIENTS)
@require_safe
def casebook_page(request: SignedInRequest, patient_id: UUID) -> HttpResponse:
    """The casebook as one page, for the browser's own print. That it was shown is kept in the trail, as a print is."""
    form = CasebookForm(request.GET)
    if not form.is_valid():
        return redirect("print_casebook", patient_id)
    asked = form.cleaned_data
    wanted = Wanted(
        patient_id=patient_id,
        as_of=asked["as_of"],
        with_audit=asked["with_audit"],
        with_queries=asked["with_queries"],
    )
    paper = make_paper(request.user, wanted, get_protocol(), on_form=lambda *_: None)
    if paper is None:
        raise Http404
    note_patient(request.user, patient_id, get_protocol())
    back = reverse("print_casebook", args=(patient_id,))
    page = {"book": paper.book, "is_screen": True, "back_url": back, "page_mark": mark_page(request.user)}
    html = render_to_string("printing/casebook.html", page)
    digest = hashlib.sha256(html.encode()).hexdigest()
    detail = f"{paper.describe('page')} SHA-256 {digest}."
    log_event("print", actor=actor_of(request.user), subject=paper.subject, detail=detail)
    return HttpResponse(html)
