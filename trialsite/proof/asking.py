"""Putting one question to the product, as one person's browser, and everything that comes back.

Each question is put in a transaction that is rolled back, so that a world stays as it is whatever a page stores.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.urls import ResolverMatch

from trialsite.accounts.models import User
from trialsite.accounts.sessions import SessionStore
from trialsite.jobs import store, work
from trialsite.jobs.models import Job, JobState
from trialsite.proof.chance import held_chance
from trialsite.proof.listen import Heard, listening

SIGNED_OUT = "nobody"
SIGNED_IN_PAGE = "/roles/"  # opens to everybody who is signed in, and to nobody else
Sent = tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True, order=True)
class Question:
    """Who asks what. `sent` are the fields of a form, each with its values."""

    person: str
    method: str
    url: str
    sent: Sent = ()

    def __str__(self) -> str:
        fields = f" with {len(self.sent)} fields" if self.sent else ""
        return f"{self.person}: {self.method.upper()} {self.url}{fields}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Everything that may differ. `read` are the parameters that the page asked for, `view` is its name in the resolver."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    statements: int
    rows: int
    shape: str
    lines: tuple[str, ...]
    file: bytes = b""
    read: frozenset[str] = field(default=frozenset(), compare=False)
    view: str = field(default="", compare=False)


class People:
    """Who asks: a browser for each person, and one in which nobody is signed in. `at_home` names those to whom this process opens its pages."""

    def __init__(self, people: Mapping[str, User]) -> None:
        self._cookies: dict[str, Any] = {SIGNED_OUT: {}}
        self.at_home = frozenset(name for name, user in people.items() if self._sign_in(name, user))

    def add(self, name: str, user: User) -> None:
        """This person asks from now on, unless no page opens to the account."""
        if not self._sign_in(name, user):
            del self._cookies[name]

    def _sign_in(self, name: str, user: User) -> bool:
        """Sign a person in, and say whether pages open."""
        browser = _browser()
        browser.cookies[settings.SESSION_COOKIE_NAME] = _open_session(user)
        is_at_home = browser.get(SIGNED_IN_PAGE, secure=True).status_code == 200
        self._cookies[name] = {key: morsel.value for key, morsel in browser.cookies.items()}
        return is_at_home

    @property
    def names(self) -> list[str]:
        return list(self._cookies)

    def browser(self, name: str) -> Client:
        """A new browser in which this person is signed in."""
        browser = _browser()
        for key, value in self._cookies[name].items():
            browser.cookies[key] = value
        return browser


def _open_session(user: User) -> str:
    """The key of a session as the sign-in page leaves it. The account stays as it is: this process may not be one that writes it."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return str(session.session_key)


def _browser() -> Client:
    return Client(raise_request_exception=False)


def ask(people: People, question: Question) -> Answer:
    """Put a question and take back whatever it did."""
    cache.clear()
    return ask_as_it_is(people, question)


def ask_as_it_is(people: People, question: Question) -> Answer:
    """The same, with what other people's questions left in the memory of the process."""
    with transaction.atomic(), held_chance(str(question)), listening() as heard:
        response = _send(people.browser(question.person), question)
        body = b"".join(response) if response.streaming else response.content
        made = _make_files() if question.method == "post" else b""
        transaction.set_rollback(True)
    return _answer(response, body, made, heard)


def _send(browser: Client, question: Question) -> Any:
    send = getattr(browser, question.method)
    if question.method == "post":
        return send(question.url, {name: list(values) for name, values in question.sent}, secure=True)
    return send(question.url, secure=True)


def _answer(response: Any, body: bytes, made: bytes, heard: Heard) -> Answer:
    match: ResolverMatch | None = getattr(response, "resolver_match", None)
    cookies = [(f"Set-Cookie {name}", str(value)) for name, value in sorted(response.cookies.items())]
    return Answer(
        status=response.status_code,
        headers=tuple(sorted(response.headers.items())) + tuple(cookies),
        body=body,
        statements=heard.statements,
        rows=heard.rows,
        shape=heard.shape.hexdigest(),
        lines=tuple(heard.lines),
        file=made,
        read=frozenset(heard.read),
        view=match.view_name if isinstance(match, ResolverMatch) else "",
    )


def _make_files() -> bytes:
    """Do the work that the question put into the queue, as the worker does it; the files, with what the trail says of them."""
    waiting = Job.objects.filter(state=JobState.WAITING).values_list("pk", flat=True)
    return b"\n".join([_make_file(job_id) for job_id in waiting])


def _make_file(job_id: UUID) -> bytes:
    work.perform(job_id)
    done = Job.objects.get(pk=job_id)
    path = store.path_of(job_id)
    content = path.read_bytes() if path.exists() else b""
    store.remove(job_id)
    return f"{done.state} {done.file_name} {done.problem} {done.size}\n".encode() + content


def digest_of(path: Path) -> str:
    """SHA-256 of a file."""
    return sha256(path.read_bytes()).hexdigest()
