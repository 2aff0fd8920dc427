"""Each of two processes opens its pages to its own people only."""

from collections.abc import Callable

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase

from trialsite.accounts.models import User
from trialsite.accounts.roles import Permission
from trialsite.accounts.serves import is_served

SIGN_OUT = "accounts:sign_out"


class ServedHereMiddleware:
    """Where two processes share the trial, no page of one exists for a person of the other, who can only sign out."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponseBase], _args: object, _kwargs: object
    ) -> None:
        is_public = not getattr(view, "login_required", True)
        is_leaving = request.resolver_match is not None and request.resolver_match.view_name == SIGN_OUT
        if is_public or is_leaving or not isinstance(request.user, User):
            return
        permissions = frozenset[Permission](getattr(view, "required_permissions", ()))
        if not is_served(settings.SERVES, request.user.role_set, permissions):
            raise Http404
