"""The analysis sets, for the statistician: who is in which, why not, and fixing them before the arms are opened."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from endpoints.actions.analysis_sets import fix_analysis_sets
from endpoints.derivations.analysis_sets import RULES, SETS
from endpoints.forms.analysis_sets import FixSetsForm
from endpoints.selectors.analysis_sets import AnalysisSets, get_analysis_sets, list_fixings
from enrollment.refusal import RefusedError
from trialsite.accounts.access import SignedInRequest, requires
from trialsite.accounts.attempts import WRONG_PASSWORD, confirm_password
from trialsite.accounts.roles import Permission
from trialsite.protocol.current import get_protocol

SHOWN = 300


@requires(Permission.VIEW_ARM_REPORTS)
@require_http_methods(["GET", "HEAD", "POST"])
def analysis_sets(request: SignedInRequest) -> HttpResponse:
    """Show the sets as the records give them; POST fixes them."""
    protocol = get_protocol()
    found = get_analysis_sets(protocol)
    form = FixSetsForm(request.POST or None, initial={"shown": found.sha256})
    if request.method == "POST" and form.is_valid() and _is_fixed(request, form):
        messages.success(request, "The analysis sets are fixed.")
        return redirect("analysis_sets")
    page = {
        "form": form,
        "rules": RULES,
        "found": found,
        "counts": [(name, len(numbers)) for name, numbers in found.sets.items()],
        "fixings": list_fixings(protocol),
        "trail": [("Reports", reverse("reports")), ("Analysis sets", "")],
        **_list_outside(found),
    }
    return render(request, "endpoints/analysis_sets.html", page, status=422 if form.errors else 200)


def _is_fixed(request: SignedInRequest, form: FixSetsForm) -> bool:
    said = form.cleaned_data
    if not confirm_password(request, request.user, said["password"]):
        form.add_error("password", WRONG_PASSWORD)
        return False
    try:
        fix_analysis_sets(request.user, get_protocol(), shown=said["shown"], note=said["note"].strip())
    except RefusedError as refused:
        form.add_error(None, str(refused))
        return False
    return True


def _list_outside(found: AnalysisSets) -> dict[str, Any]:
    """Who is not in every set, with the reasons set by set."""
    outside = [one for one in found.memberships if any(one.reasons.values())]
    lines = [(one.number, [(name, "; ".join(one.reasons[name])) for name in SETS]) for one in outside[:SHOWN]]
    return {"sets": SETS, "outside": lines, "more": max(0, len(outside) - SHOWN)}
