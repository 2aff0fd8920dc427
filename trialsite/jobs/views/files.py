"""The files that a person asked for: how far they are, and taking them. Everybody sees their own alone."""

from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from trialsite.accounts.access import SignedInRequest, requires
from trialsite.accounts.models import User
from trialsite.jobs import store
from trialsite.jobs.actions import remove, try_again
from trialsite.jobs.models import Job, JobState
from trialsite.jobs.presenters import present_files
from trialsite.jobs.selectors import find_job, may_still_read

_STEPS = {"again": try_again, "remove": remove}
GONE = "This file is not there any more. Ask for it again."


@requires()
@require_safe
def files(request: SignedInRequest) -> HttpResponse:
    """My files; asked by htmx, the list alone."""
    template = "jobs/_list.html" if is_poll(request) else "jobs/files.html"
    return render(request, template, {"files": present_files(request.user)})


def is_poll(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"


@requires()
def made_file(request: SignedInRequest, job_id: UUID) -> HttpResponseBase:
    """The file itself, if the person is still allowed what it was made for."""
    job = _load(request.user, job_id)
    if request.method not in {"GET", "HEAD"}:  # asked after whose it is: a stranger learns nothing from the method
        return HttpResponseNotAllowed(["GET", "HEAD"])
    if job.state != JobState.DONE or not may_still_read(request.user, job):
        raise Http404
    try:
        content = store.path_of(job.pk).open("rb")
    except FileNotFoundError:
        messages.error(request, GONE)
        return redirect("files")
    return FileResponse(content, as_attachment=True, filename=job.file_name, content_type=job.media_type)


@requires()
def file_step(request: SignedInRequest, job_id: UUID, step: str) -> HttpResponse:
    """Try again, or remove."""
    job = _load(request.user, job_id)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if step not in _STEPS:
        raise Http404
    _STEPS[step](job)
    return redirect("files")


def _load(user: User, job_id: UUID) -> Job:
    job = find_job(user, job_id)
    if job is None:
        raise Http404
    return job
