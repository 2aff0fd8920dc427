"""A remark on an entry of the trail: the only way to put right what was recorded wrongly, for no entry ever changes."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from trialsite.accounts.access import SignedInRequest, requires
from trialsite.accounts.roles import Permission
from trialsite.protocol.current import get_protocol
from trialsite.trail.actions import add_remark
from trialsite.trail.forms import RemarkForm
from trialsite.trail.presenters import present_events
from trialsite.trail.selectors import find_event


@requires(Permission.REMARK_ON_TRAIL)
@require_http_methods(["GET", "HEAD", "POST"])
def remark_on_event(request: SignedInRequest, event_id: UUID) -> HttpResponse:
    event = find_event(request.user, event_id)
    if event is None:
        raise Http404
    form = RemarkForm(request.POST or None, is_restricted=event.is_restricted)
    if request.method == "POST" and form.is_valid():
        add_remark(request.user, event, form.cleaned_data["text"].strip())
        messages.success(request, "The remark is kept with the entry.")
        return redirect("remark_on_event", event.public_id)
    page = {
        "line": present_events([event], get_protocol(), request.user)[0],
        "form": form,
        "trail": _where(request, event.patient_id),
    }
    return render(request, "trail/remark.html", page, status=422 if form.errors else 200)


def _where(request: SignedInRequest, patient_id: UUID | None) -> list[tuple[str, str]]:
    if request.user.may(Permission.VIEW_TRIAL_AUDIT):
        return [("Audit trail", reverse("trail")), ("Remark", "")]
    story = reverse("patient_trail", args=(patient_id,)) if patient_id else ""
    return [("Audit trail", story), ("Remark", "")]
