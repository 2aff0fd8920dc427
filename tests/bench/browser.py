"""Asking a WSGI application directly, signed in, without a network between."""

import io
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from wsgiref.util import setup_testing_defaults

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

from trialsite.accounts.models import User
from trialsite.accounts.sessions import SessionStore

TOKEN = "b" * 32
Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def open_session(user: User) -> str:
    """The cookie of a person who has signed in."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}; {settings.CSRF_COOKIE_NAME}={TOKEN}"


def form_data(values: Mapping[str, str]) -> bytes:
    return urlencode({**values, "csrfmiddlewaretoken": TOKEN}).encode()


@dataclass(frozen=True, slots=True)
class Browser:
    application: Application
    cookie: str

    def get(self, address: str) -> bytes:
        return self._ask("GET", address, b"", {200})

    def post(self, address: str, values: Mapping[str, str]) -> bytes:
        return self._ask("POST", address, form_data(values), {302})

    def _ask(self, method: str, address: str, body: bytes, wanted: set[int]) -> bytes:
        path, _, query = address.partition("?")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "HTTP_HOST": "localhost",
            "HTTP_COOKIE": self.cookie,
            "CONTENT_TYPE": "application/x-www-form-urlencoded",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": io.BytesIO(body),
        }
        setup_testing_defaults(environ)
        said: list[str] = []
        answer = self.application(environ, lambda status, headers, info=None: said.append(status))
        page = b"".join(answer)
        close = getattr(answer, "close", None)
        if close is not None:
            close()
        if int(said[0][:3]) not in wanted:
            raise RuntimeError(f"{method} {address} answered {said[0]}: {page.decode()[-2000:]}")
        return page
