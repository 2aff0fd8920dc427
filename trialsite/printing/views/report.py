"""Asking for the whole report: PDF, or the tables as a Word document."""

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from endpoints.selectors.snapshots import find_serial
from endpoints.views.desk import may_show_real
from endpoints.views.whole import WHOLE
from trialsite.accounts.access import SignedInRequest, requires
from trialsite.accounts.roles import Permission
from trialsite.jobs.views.asking import ask_and_go
from trialsite.printing.forms import ReportForm
from trialsite.printing.selectors import say_pdf_lack
from trialsite.printing.words import REPORT

_TITLES = {"pdf": "Whole report", "docx": "Tables of the whole report"}


@requires(Permission.VIEW_POOLED_REPORTS)
@require_http_methods(["GET", "HEAD", "POST"])
def whole_report(request: SignedInRequest) -> HttpResponse:
    """Of the trial as it stands when the file is made."""
    return _ask(request, "", None)


@requires(Permission.VIEW_ARM_REPORTS)
@require_http_methods(["GET", "HEAD", "POST"])
def whole_report_of_snapshot(request: SignedInRequest, snapshot_id: UUID) -> HttpResponse:
    serial = find_serial(snapshot_id)
    if serial is None:
        raise Http404
    return _ask(request, str(snapshot_id), serial)


def _ask(request: SignedInRequest, snapshot_id: str, serial: int | None) -> HttpResponse:
    shows_arms = request.user.may(Permission.VIEW_ARM_REPORTS)
    form = ReportForm(request.POST or None, shows_arms=shows_arms, may_show_real=may_show_real(WHOLE))
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data
        parameters = {"form": chosen["form"], "snapshot": snapshot_id, "arms": chosen.get("arms", "")}
        frozen = f" of snapshot {serial}" if serial else ""
        return ask_and_go(request, REPORT, f"{_TITLES[chosen['form']]}{frozen}", parameters)
    page = {
        "form": form,
        "serial": serial,
        "shows_arms": shows_arms,
        "lack": say_pdf_lack(),
        "trail": [("Reports", reverse("reports")), ("Whole report", "")],
    }
    return render(request, "printing/print_report.html", page, status=422 if form.errors else 200)
