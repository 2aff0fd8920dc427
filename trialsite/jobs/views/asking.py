"""What every page does that has a file made."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from trialsite.accounts.access import SignedInRequest
from trialsite.jobs.actions import AskedTooMuchError, ask_for

ASKED = "{} is being made. It waits for you under My files."


def ask_and_go(request: SignedInRequest, kind: str, title: str, parameters: dict[str, Any]) -> HttpResponse:
    """Put a job into the queue and show where its file will be."""
    try:
        ask_for(request.user, kind, title, parameters)
    except AskedTooMuchError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, ASKED.format(title))
    return redirect("files")
