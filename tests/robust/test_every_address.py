"""Every address, asked and sent every oddity: never a server error.

Every method is tried by tests/architecture/test_access.py, which looks at what comes back.
"""

from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.http import QueryDict
from django.utils.functional import cached_property

from tests.house import ADDRESSES, House
from tests.robust.nasty import NASTY
from trialsite.accounts.roles import Role
from trialsite.audit.models import AuditEntry

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
def test_no_query_is_a_server_error(name: str, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    path = house.path_of(name)
    browser = house.browser(first_admitted(path, house))
    is_read = watch_queries(monkeypatch)
    assert browser.get(f"{path}?{odd_queries()[0]}").status_code < 500
    if not is_read:
        return  # who never looks at a query answers all of them alike
    for query in odd_queries()[1:]:
        assert browser.get(f"{path}?{query}").status_code < 500


def watch_queries(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The queries that are read from now on."""
    read: list[str] = []
    parse = WSGIRequest.__dict__["GET"].func

    def parse_noticed(request: WSGIRequest) -> QueryDict:
        read.append(request.META.get("QUERY_STRING", ""))
        parsed: QueryDict = parse(request)
        return parsed

    noticed = cached_property(parse_noticed)
    noticed.__set_name__(WSGIRequest, "GET")
    monkeypatch.setattr(WSGIRequest, "GET", noticed)
    return read


@pytest.mark.one_database
@pytest.mark.parametrize("name", list(ADDRESSES))
def test_no_body_is_a_server_error_or_half_stored(name: str, house: House) -> None:
    path = house.path_of(name)
    role = first_admitted(path, house)
    for content_type, body in BODIES:
        before = AuditEntry.objects.count()
        answer = house.browser(role).post(path, data=body, content_type=content_type)
        assert answer.status_code < 500
        if answer.status_code >= 400:
            assert AuditEntry.objects.count() == before
        if answer.status_code == 405:
            return  # no body is ever read here
        if name == "accounts:sign_out":
            assert answer.status_code == 302
            return  # there is no second time


def first_admitted(path: str, house: House) -> Role:
    """The first role that meets something there."""
    return next((role for role in Role if house.browser(role).get(path).status_code != 404), Role.ADMIN)


@pytest.mark.parametrize(
    "pattern",
    ["/patients/{}/", "/visits/{}/forms/{}/", "/history/edss/{}/{}/", "/users/{}/", "/password/{}/{}/", "/{}"],
)
def test_no_part_of_an_address_is_a_server_error(pattern: str, house: House) -> None:
    browser = house.browser(Role.COORDINATOR)
    for odd in NASTY.values():
        part = quote(odd[:3_000], safe="")
        assert browser.get(pattern.format(part, part)).status_code < 500
