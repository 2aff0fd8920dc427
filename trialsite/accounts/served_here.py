"""Each of two processes opens its pages to its own people only."""

from collections.abc import Callable

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from trialsite.accounts.models import User
from trialsite.accounts.roles import Permission
from trialsite.accounts.serves import CROSSING, is_served

SIGN_OUT, PASSWORD, HOME = "accounts:sign_out", "accounts:password_change", "home"
# Where somebody of the other process starts here: at the one thing they may do.
STARTS = {Permission.BREAK_CODE: "code_breaks", Permission.CONFIRM_RELEASE: "release"}


class ServedHereMiddleware:
    """Where two processes share the trial, no page of one exists for a person of the other, who can only sign out.

    Somebody of the other who may do one thing here, as break a code, finds the pages of that, and of the password it is done with.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponseBase], _args: object, _kwargs: object
    ) -> HttpResponse | None:
        is_public = not getattr(view, "login_required", True)
        name = request.resolver_match.view_name if request.resolver_match else ""
        if is_public or name == SIGN_OUT or not isinstance(request.user, User):
            return None
        # Where somebody breaks codes, the password for it is kept.
        needed = request.user.permissions if name == PASSWORD else getattr(view, "required_permissions", ())
        permissions = frozenset[Permission](needed)
        if is_served(settings.SERVES, request.user.role_set, permissions):
            return None
        start = next((url for one, url in STARTS.items() if request.user.may(one)), "")
        if name == HOME and start and is_served(settings.SERVES, request.user.role_set, CROSSING):
            return redirect(start)
        raise Http404
