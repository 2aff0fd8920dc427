"""Every address, for every role, asked in every way with every oddity: never a server error."""

from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.test import Client
from django.urls import reverse

from tests.architecture.access_objects import Arguments, arguments_of, make_arguments
from tests.cast import SignIn
from tests.robust.nasty import NASTY
from trialsite.accounts.models import User
from trialsite.accounts.roles import Role
from trialsite.audit.models import AuditEntry
from trialsite.management.addresses import list_addresses

ADDRESSES = {address.name: sorted(address.arguments) for address in list_addresses()}
METHODS = ("get", "head", "post", "put", "patch", "delete", "options", "trace")
PAGES = ("0", "-1", "abc", "1e5", "999999999999999999999999", "\x00", "\U0001f600", "٣")
ASKED = (
    "q",
    "text",
    "status",
    "state",
    "site",
    "role",
    "action",
    "phase",
    "from_on",
    "reasons",
    "next",
    "arm",
    "because",
)
BODIES: tuple[tuple[str, Any], ...] = (
    ("text/plain", b"term=x"),
    ("application/json", b'{"term": '),
    ("application/x-www-form-urlencoded", b"term=%ff%fe&%00=%00&base_revision"),
    ("application/x-www-form-urlencoded", b"a[b][c]=1&" * 400),
    ("application/x-www-form-urlencoded", b"term=" + b"x" * 1_000_000),
    ("application/x-www-form-urlencoded", b"term=" + b"x" * 6_000_000),
    ("application/x-www-form-urlencoded", b"x=1&" * 2_500),
    ("application/x-www-form-urlencoded; charset=utf-16", b"term=x"),
    ("multipart/form-data", b"no boundary"),
    (
        "multipart/form-data; boundary=b",
        b'--b\r\nContent-Disposition: form-data; name="term"; filename="x.pdf"\r\n\r\nMZ\r\n--b--\r\n',
    ),
    ("multipart/form-data; boundary=b", b"--b\r\nbroken"),
)


@pytest.fixture
def arguments(db: None) -> Arguments:
    return make_arguments()


def path_of(name: str, arguments: Arguments) -> str:
    return reverse(name, kwargs=arguments_of(name, set(ADDRESSES[name]), arguments))


def odd_queries() -> list[str]:
    pages = [urlencode({"page": page}) for page in PAGES]
    kinds = [value[:2_000] for value in NASTY.values()]
    return [
        *pages,
        *(urlencode(dict.fromkeys(ASKED, kind)) for kind in kinds[::4]),
        "&".join(f"{name}=%ff%fe" for name in ASKED),
        "&".join(f"{name}=a&{name}=b" for name in ASKED),
        "a[b][c]=1&" * 100,
        "%",
    ]


@pytest.mark.parametrize("name", list(ADDRESSES))
def test_no_way_of_asking_is_a_server_error(
    name: str, cast: dict[Role, User], sign_in: SignIn, arguments: Arguments
) -> None:
    path = path_of(name, arguments)
    for role in Role:
        browser = sign_in(cast[role])
        for method in METHODS:
            assert getattr(browser, method)(path).status_code < 500


@pytest.mark.parametrize("name", list(ADDRESSES))
def test_no_query_is_a_server_error(name: str, cast: dict[Role, User], sign_in: SignIn, arguments: Arguments) -> None:
    path = path_of(name, arguments)
    browser, _ = first_admitted(path, cast, sign_in)
    for query in odd_queries():
        assert browser.get(f"{path}?{query}").status_code < 500


@pytest.mark.parametrize("name", list(ADDRESSES))
def test_no_body_is_a_server_error_or_half_stored(
    name: str, cast: dict[Role, User], sign_in: SignIn, arguments: Arguments
) -> None:
    path = path_of(name, arguments)
    browser, role = first_admitted(path, cast, sign_in)
    for content_type, body in BODIES:
        before = AuditEntry.objects.count()
        answer = browser.post(path, data=body, content_type=content_type)
        assert answer.status_code < 500
        if answer.status_code >= 400:
            assert AuditEntry.objects.count() == before
        if name == "accounts:sign_out":
            browser = sign_in(cast[role])


def first_admitted(path: str, cast: dict[Role, User], sign_in: SignIn) -> tuple[Client, Role]:
    """A browser of the first role that meets something there."""
    for role in Role:
        if sign_in(cast[role]).get(path).status_code != 404:
            return sign_in(cast[role]), role
    return sign_in(cast[Role.ADMIN]), Role.ADMIN


@pytest.mark.parametrize(
    "pattern",
    ["/patients/{}/", "/visits/{}/forms/{}/", "/history/edss/{}/{}/", "/users/{}/", "/password/{}/{}/", "/{}"],
)
def test_no_part_of_an_address_is_a_server_error(pattern: str, coordinator: User, sign_in: SignIn) -> None:
    browser = sign_in(coordinator)
    for odd in NASTY.values():
        part = quote(odd[:3_000], safe="")
        assert browser.get(pattern.format(part, part)).status_code < 500
