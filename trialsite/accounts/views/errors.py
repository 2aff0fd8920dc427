"""What a person meets whose form comes from a page opened before the present sign-in."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.defaults import page_not_found

from trialsite.accounts.middleware import find_way_back
from trialsite.accounts.models import User
from trialsite.accounts.roles import Permission

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
    own = f"{request.scheme}://{request.get_host()}"
    return request.user.is_authenticated and request.headers.get("Origin") == own


def _typed(request: HttpRequest) -> list[tuple[str, str]]:
    """Everything that was typed but passwords."""
    return [
        (name, value)
        for name, values in request.POST.lists()
        for value in values
        if name != "csrfmiddlewaretoken" and "password" not in name
    ]
