"""What anybody meets who wants to change a locked record on a page that does not look for locks itself."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from trialsite.marks.still import TooBusyError
from trialsite.records.actions import LockedError

Respond = Callable[[HttpRequest], HttpResponse]


class LockedMiddleware:
    """A refused change answers with its sentence, and nothing was stored."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, LockedError | TooBusyError):
            return render(request, "crf/locked.html", {"sentence": str(exception)}, status=409)
        return None
