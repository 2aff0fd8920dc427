"""What a person meets when something fails: a form from a page opened before the present sign-in, a database that is away."""

import sys

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.defaults import page_not_found

from trialsite.accounts.middleware import find_way_back
from trialsite.accounts.models import User
from trialsite.accounts.roles import Permission
from trialsite.lib.trouble import find_trouble
from trialsite.protocol.current import get_protocol

FORBIDDEN = 403


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Offer to send the same entries again, if they were sent from a page of ours; nothing typed is lost."""
    if _may_not_know(request):
        return page_not_found(request, Exception())
    fields = _typed(request) if _is_from_own_page(request) else []
    return render(request, "403_csrf.html", {"fields": fields, "back": find_way_back(request)}, status=FORBIDDEN)


def _may_not_know(request: HttpRequest) -> bool:
    """Whether this address is closed to this person, who must then not learn that it exists."""
    view = request.resolver_match.func if request.resolver_match else None
    needed: frozenset[Permission] = getattr(view, "required_permissions", frozenset())
    user = request.user
    return isinstance(user, User) and bool(needed) and not any(user.may(permission) for permission in needed)


def _is_from_own_page(request: HttpRequest) -> bool:
    """A browser says where a form was sent from, and no page of another site can make it say otherwise."""
    return request.user.is_authenticated and _is_sent_from_here(request)


def _is_sent_from_here(request: HttpRequest) -> bool:
    return request.headers.get("Origin") == f"{request.scheme}://{request.get_host()}"


def _typed(request: HttpRequest) -> list[tuple[str, str]]:
    """Everything that was typed but passwords."""
    return [
        (name, value)
        for name, values in request.POST.lists()
        for value in values
        if name != "csrfmiddlewaretoken" and "password" not in name
    ]


def server_error(request: HttpRequest) -> HttpResponse:
    """The answer to every error that nothing else answers; Django has written it to the log.

    It asks the database nothing, not even who is signed in, for the database may be what failed. What was sent is on the page, so that
    it is sent again with one key.
    """
    trouble = find_trouble(sys.exc_info()[1])
    fields = _typed(request) if request.method == "POST" and _is_sent_from_here(request) else []
    page = {
        "trouble": trouble,
        "fields": fields,
        "asks_password": any("password" in name for name in request.POST),
        "back": find_way_back(request),
        "csrf_token": get_token(request),
        "is_demo": settings.IS_DEMO,
        "trial": get_protocol(),
    }
    text = render_to_string("500.html", page)
    return HttpResponse(text, status=trouble.status if trouble else 500, headers=trouble.headers if trouble else {})
