"""Blank forms for paper: choosing them, as PDF or as a page."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from trialsite.accounts.access import SignedInRequest, requires
from trialsite.accounts.roles import Permission
from trialsite.jobs.views.asking import ask_and_go
from trialsite.printing.blank_set import make_set, page_of
from trialsite.printing.forms import BlankFormsForm
from trialsite.printing.selectors import say_pdf_lack
from trialsite.printing.words import BLANKS
from trialsite.protocol.current import get_protocol


@requires(Permission.VIEW_PATIENTS, Permission.VIEW_WORKLIST)
@require_http_methods(["GET", "HEAD", "POST"])
def blank_forms(request: SignedInRequest) -> HttpResponse:
    form = BlankFormsForm(request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        found = make_set(request.user, get_protocol(), form.cleaned_data)
        if found and request.POST.get("how") == "page":
            page = page_of(found, get_protocol(), is_annotated=form.cleaned_data["annotated"])
            return render(
                request, "printing/blank.html", {**page, "is_screen": True, "back_url": reverse("blank_forms")}
            )
        if found:
            return ask_and_go(request, BLANKS, found.title, form.cleaned_data)
    page = {"form": form, "lack": say_pdf_lack()}
    return render(request, "printing/blank_forms.html", page, status=422 if form.errors else 200)
