"""Taking the trail out as a file. Who did so is in the trail."""

from django.http import Http404, HttpResponseBase, StreamingHttpResponse
from django.views.decorators.http import require_POST

from trialsite.accounts.access import SignedInRequest, requires
from trialsite.accounts.actor import actor_of
from trialsite.accounts.roles import Permission
from trialsite.audit.write import log_event
from trialsite.lib import clock
from trialsite.protocol.current import get_protocol
from trialsite.trail.exports import FORMATS, Export
from trialsite.trail.forms import TrailForm
from trialsite.trail.selectors import find_events

_TYPES = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson; charset=utf-8"}


@requires(Permission.VIEW_TRIAL_AUDIT)
@require_POST
def export_trail(request: SignedInRequest) -> HttpResponseBase:
    """Everything the person may know of and asks for, as CSV or JSON lines."""
    file_format = request.POST.get("file_format", "csv")
    form = TrailForm(request.user, request.POST)
    if file_format not in FORMATS or not form.is_valid():
        raise Http404
    at, actor = clock.now(), actor_of(request.user)
    events = find_events(request.user, form.wanted).filter(at__lte=at)
    asked = ", ".join(f"{name}: {value}" for name, value in form.wanted.told().items()) or "everything"
    event = log_event("export_trail", actor=actor, detail=f"As {file_format}; {asked}.")
    export = Export(
        events=events.exclude(pk=event.pk),
        wanted=form.wanted,
        actor=actor,
        at=at,
        protocol=get_protocol(),
        reader=request.user,
        event_id=str(event.public_id),
    )
    name = f"audit-trail-{at:%Y%m%dT%H%M%SZ}.{file_format}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(export.stream(file_format), content_type=_TYPES[file_format], headers=headers)
