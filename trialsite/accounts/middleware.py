"""Nobody sees a page without having signed in, nor after having been away for too long."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.middleware import LoginRequiredMiddleware, get_user
from django.contrib.sessions.backends.base import SessionBase, UpdateError
from django.db import Error
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme

from trialsite.accounts.actions import record_refused_access, record_sign_out
from trialsite.accounts.models import User
from trialsite.accounts.roles import Permission
from trialsite.accounts.second_factor import must_set_up
from trialsite.accounts.training import say_lacking
from trialsite.lib import clock

logger = logging.getLogger(__name__)

SEEN_AT = "seen_at"
POLL = "Trialsite-Poll"  # on requests that an open page sends by itself: they are no sign that somebody sits before it
NOT_FOUND, FORBIDDEN = 404, 403
NOTED_AT_MOST_EVERY = timedelta(minutes=1)


class IdleTimeoutMiddleware:
    """Sign a person out who asked for nothing for settings.IDLE_MINUTES.

    The moment of the latest request is noted in the session, at most once a minute, so that reading pages writes nothing.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # The person, not a stand-in that looks who it is whenever a page asks what they may.
        request.user = get_user(request)
        if isinstance(request.user, User):
            if self._has_been_idle(request):
                record_sign_out(request.user, is_idle=True)
                logout(request)
                return send_to_sign_in(request, because="idle")
            if POLL not in request.headers:
                self._note(request)
        return self.get_response(request)

    def _has_been_idle(self, request: HttpRequest) -> bool:
        seen = request.session.get(SEEN_AT)
        return seen is not None and clock.now() - datetime.fromisoformat(seen) > idle_limit()

    def _note(self, request: HttpRequest) -> None:
        seen, now = request.session.get(SEEN_AT), clock.now()
        # A tenth of a short limit: somebody who works without a break must never be taken for idle.
        due_after = min(NOTED_AT_MOST_EVERY, idle_limit() / 10)
        if seen is None or now - datetime.fromisoformat(seen) > due_after:
            request.session[SEEN_AT] = now.isoformat()
            self._store(request.session)

    def _store(self, session: SessionBase) -> None:
        """Store the note at once: where nothing can be stored, a full disk for one, pages can still be read."""
        try:
            session.save()
        except UpdateError:
            return  # signed out elsewhere meanwhile; Django says so at the end of the request
        except Error:
            logger.exception("When a person was here last could not be noted")
        session.modified = False


class SignInRequiredMiddleware(LoginRequiredMiddleware):
    """Send whoever is not signed in to the sign-in page, whether the address exists or not."""

    def handle_no_permission(  # type: ignore[override]  # an htmx request gets no redirect
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponse:
        return send_to_sign_in(request)

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """An address that leads nowhere answers a stranger as one that does."""
        is_unknown = response.status_code == 404 and request.resolver_match is None
        is_static = request.path.startswith(settings.STATIC_URL)
        if is_unknown and not is_static and not request.user.is_authenticated:
            return send_to_sign_in(request)
        return response


class SecondFactorMiddleware:
    """Who needs a second factor and has none sets it up before anything else. Asking costs no query."""

    OPEN = frozenset({"accounts:second_factor", "accounts:sign_out"})

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponseBase], *_: object
    ) -> HttpResponse | None:
        is_public = not getattr(view, "login_required", True)
        if is_public or not isinstance(request.user, User) or not must_set_up(request.user):
            return None
        if request.resolver_match is not None and request.resolver_match.view_name in self.OPEN:
            return None
        url = resolve_url("accounts:second_factor")
        if request.headers.get("HX-Request") == "true":
            return HttpResponse(status=403, headers={"HX-Redirect": url})
        return HttpResponseRedirect(url)


class RefusedAccessMiddleware:
    """Keep in the trail when an address that exists answers a person as if it did not.

    An id that was never given and one that is not for this person are kept alike: the trail must not tell one from the other either.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == NOT_FOUND and request.resolver_match and isinstance(request.user, User):
            record_refused_access(request.user, request.resolver_match.view_name)
        return response


# What stays open to whoever lacks training: the own account, reading as a file, the arm of the patient on the table, and emergencies.
OPEN_WITHOUT_TRAINING = frozenset(
    {
        *("export_trail", "print_casebook", "blank_forms", "whole_report", "whole_report_of_snapshot", "file_step"),
        *("worklist_arm", "code_break", "code_break_impact"),
    }
)


# What a page sends of its own accord, and what is never shown.
_NOT_TYPED = frozenset(
    {
        *("csrfmiddlewaretoken", "intent", "base_revision", "query_id", "message_id", "record_id"),
        *("password", "offered", "shown", "seen", "token", "act", "claim", "content"),
    }
)


def list_typed(request: HttpRequest) -> list[tuple[str, str]]:
    """(item, words) of what a refused form held, to be copied; no password, and nothing that the page sent of its own accord."""
    return [
        (name.replace("_", " ").replace("-", ": ").capitalize(), ", ".join(filter(None, request.POST.getlist(name))))
        for name in request.POST
        if name not in _NOT_TYPED and any(request.POST.getlist(name))
    ]


class TrainingMiddleware:
    """Refuse to store anything for a person whose training is lacking; reading is never refused.

    Asking costs no query, for training stands on the account. What is not for the person at all answers as it always does.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponseBase], *_: object
    ) -> HttpResponse | None:
        if request.method != "POST" or not isinstance(request.user, User) or self._is_open(request, request.user, view):
            return None
        if not (lacking := say_lacking(request.user)):
            return None
        page = {"lacking": lacking, "typed": list_typed(request)}
        return render(request, "accounts/untrained.html", page, status=FORBIDDEN)

    def _is_open(self, request: HttpRequest, user: User, view: Callable[..., HttpResponseBase]) -> bool:
        match = request.resolver_match
        needed: frozenset[Permission] = getattr(view, "required_permissions", frozenset())
        is_foreign = bool(needed) and not any(user.may(permission) for permission in needed)
        return match is None or match.app_name == "accounts" or match.url_name in OPEN_WITHOUT_TRAINING or is_foreign


def idle_limit() -> timedelta:
    return timedelta(minutes=settings.IDLE_MINUTES)


def send_to_sign_in(request: HttpRequest, because: str = "") -> HttpResponse:
    """To the sign-in page and, from there, back to where the person was."""
    query = {"next": find_way_back(request), **({"because": because} if because else {})}
    url = f"{resolve_url(settings.LOGIN_URL)}?{urlencode(query)}"
    if request.headers.get("HX-Request") == "true":
        # A redirect would be followed behind the scenes, and the sign-in page put into a corner of the old one.
        return HttpResponse(status=401, headers={"HX-Redirect": url})
    return HttpResponseRedirect(url)


def find_way_back(request: HttpRequest) -> str:
    """The page the person looked at. What was sent (a POST, an htmx request) has no page of its own; its sender has."""
    if request.headers.get("HX-Request") == "true":
        return _local_path(request, request.headers.get("HX-Current-URL", ""))
    if request.method in {"GET", "HEAD"}:
        return request.get_full_path()
    return _local_path(request, request.headers.get("Referer", ""))


def _local_path(request: HttpRequest, url: str) -> str:
    is_ours = url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure())
    parts = urlsplit(url) if is_ours else urlsplit("/")
    return (parts.path if parts.path.startswith("/") else "/") + (f"?{parts.query}" if parts.query else "")
