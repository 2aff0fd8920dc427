"""Every address opens to whom the access matrix names, and answers everybody else as if it did not exist."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests.architecture.access_matrix import ENTERING, FORM_READERS, FORMS, MATRIX, PUBLIC, SENDERS, SIGNED_IN
from tests.architecture.access_objects import SITE_BOUND, with_unknown_ids
from tests.house import ADDRESSES, House
from trialsite.accounts.roles import ALL_SITES, UNBLINDED, Role
from trialsite.audit.models import AuditEvent
from trialsite.management.addresses import Address, list_addresses
from visits.crfs.registry import CRFS

KNOWN = [name for name in ADDRESSES if name in MATRIX]
OF_AN_ID = [name for name in KNOWN if any(part.endswith("_id") for part in ADDRESSES[name].arguments)]
OF_A_SITE = [name for name in KNOWN if ADDRESSES[name].arguments & SITE_BOUND]
TYPED_INTO = re.compile(r"<(?:input|textarea)\b[^>]*>")
NOT_TYPED_INTO = re.compile(r'type="(?:hidden|checkbox|radio|submit|button|file)"')
COMPLETION = re.compile(r'autocomplete="(?:off|username|current-password|new-password|one-time-code|email)"')
MARK = '<img class="page-mark" src="'
READ_AND_SEND = ("get", "post")
OTHER_METHODS = ("head", "options", "put", "patch", "delete", "trace")
# What differs from one answer to the next: the token of the form, which place of the navigation the typed address is under, and the
# moment in the mark over the page.
VARIES = re.compile(
    r'(?<=csrfmiddlewaretoken" value=")\w+|(?<=X-CSRFToken": ")\w+|(?<=nav-link) active| aria-current="page"'
    r'|(?<=page-mark" src=")[^"]+'
)


def audience_of(name: str, method: str = "get") -> frozenset[Role]:
    """The roles that may open an address, or send something to it; all of them, when it is public."""
    audience = SENDERS.get(name, MATRIX[name]) if method == "post" else MATRIX[name]
    return SIGNED_IN if audience is PUBLIC else audience


def ask(browser: Client, method: str, path: str) -> tuple[int, str]:
    """Status and page, without what varies anyhow."""
    send: Callable[..., Any] = getattr(browser, method)
    response = send(path)
    body = b"".join(response) if response.streaming else response.content
    return response.status_code, VARIES.sub("", body.decode(errors="replace"))


def find_completed(page: str) -> list[str]:
    """The fields of a page that a browser may fill in with what somebody else typed; what signs a person in is excepted."""
    typed = [tag for tag in TYPED_INTO.findall(page) if not NOT_TYPED_INTO.search(tag)]
    return [tag for tag in typed if not COMPLETION.search(tag)]


class Visits:
    """The people of the house and how they are answered. What an unknown address answers to each is asked once."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.unknown: dict[tuple[str, Role, str], tuple[int, str]] = {}

    def ask(self, role: Role, method: str, path: str, *, is_elsewhere: bool = False) -> tuple[int, str]:
        browser = self.house.browser_elsewhere(role) if is_elsewhere else self.house.browser(role)
        return ask(browser, method, path)

    def answers_as_unknown(self, role: Role, method: str, path: str, *, is_elsewhere: bool = False) -> bool:
        key = (f"{is_elsewhere}", role, method)
        if key not in self.unknown:
            self.unknown[key] = self.ask(role, method, "/no-such-address/", is_elsewhere=is_elsewhere)
            assert self.unknown[key][0] == 404
        return self.ask(role, method, path, is_elsewhere=is_elsewhere) == self.unknown[key]

    def tells_nothing(self, role: Role, method: str, path: str, *, is_elsewhere: bool = False) -> bool:
        """Whether an answer is the same whatever the id: an unknown address, or an address that does not take this method."""
        status, _ = self.ask(role, method, path, is_elsewhere=is_elsewhere)
        return status == 405 or self.answers_as_unknown(role, method, path, is_elsewhere=is_elsewhere)


@pytest.fixture(scope="module")
def every_visit(furnished: House) -> Visits:
    return Visits(furnished)


@pytest.fixture
def visits(every_visit: Visits, house: House) -> Visits:
    return every_visit


# --- Completeness ----------------------------------------------------------------------------------------------------


def test_every_address_has_a_name_and_a_row_and_every_row_an_address() -> None:
    assert {address.name for address in list_addresses()} == set(MATRIX)
    assert len(list_addresses()) == len(ADDRESSES), "two addresses share a name"


def test_every_form_has_a_row() -> None:
    assert set(CRFS) <= set(FORMS)


@pytest.mark.parametrize("address", list_addresses(), ids=lambda address: address.name)
def test_a_view_is_either_public_or_asks_who_one_is(address: Address) -> None:
    assert address.is_public == (address.permissions is None), "decorate it with @requires or @login_not_required"
    assert address.is_public == (MATRIX[address.name] is PUBLIC)


# --- Roles -----------------------------------------------------------------------------------------------------------


@pytest.mark.conformance(3)
@pytest.mark.parametrize("name", KNOWN)
def test_an_address_opens_to_its_audience_and_does_not_exist_for_anybody_else(name: str, visits: Visits) -> None:
    path = visits.house.path_of(name)
    for method in READ_AND_SEND:
        for role in Role:
            if role not in audience_of(name, method):
                assert visits.answers_as_unknown(role, method, path), f"{role} learns of {name} by {method}"
                continue
            status, page = visits.ask(role, method, path)
            assert status != 404, f"{role} may not open {name}"
            assert status != 403 or method == "post", f"{role} may not read {name}"
            assert status < 500
            if method == "get" and "</html>" in page:
                assert not (completed := find_completed(page)), f"a browser fills in {completed} at {name}"
                assert (MARK in page) == (role in UNBLINDED), (
                    f"{name} lacks the mark of who opened it, or {role} needs none"
                )


@pytest.mark.one_database
@pytest.mark.parametrize("name", KNOWN)
def test_no_other_method_tells_or_breaks_anything(name: str, visits: Visits) -> None:
    """One of the audience and one of the others stand for all: the answer is given before anything of a role is looked at."""
    path = visits.house.path_of(name)
    audience = audience_of(name)
    for method in OTHER_METHODS:
        for reader in sorted(audience)[:1]:
            assert visits.ask(reader, method, path)[0] < 500
        for stranger in sorted(set(Role) - audience)[:1]:
            assert visits.tells_nothing(stranger, method, path), f"{stranger} learns of {name} by {method}"


def address_of_form(key: str) -> str:
    if CRFS[key].kind != "visit":
        return "patient_log"
    return "restricted_form" if CRFS[key].is_restricted else "visit_form"


@pytest.mark.parametrize("key", list(CRFS))
def test_a_form_opens_to_its_readers_only(key: str, visits: Visits) -> None:
    path = visits.house.path_of(address_of_form(key), key=key)
    for role in Role:
        if role in FORMS[key]:
            assert visits.ask(role, "get", path)[0] in (200, 302), f"{role} may not open {key}"
        else:
            assert visits.answers_as_unknown(role, "get", path), f"{role} learns of {key}"


@pytest.mark.parametrize("name", ["visit_form", "patient_record"])
def test_whoever_may_only_read_a_form_cannot_send_it(name: str, visits: Visits) -> None:
    before = AuditEvent.objects.count()
    for role in FORM_READERS - ENTERING:
        assert visits.ask(role, "post", visits.house.path_of(name))[0] == 403
    assert AuditEvent.objects.count() == before


# --- Sites and ids ---------------------------------------------------------------------------------------------------


@pytest.mark.conformance(3)
@pytest.mark.parametrize("name", OF_A_SITE)
def test_what_belongs_to_a_site_does_not_exist_for_another(name: str, visits: Visits) -> None:
    path = visits.house.path_of(name)
    for method in READ_AND_SEND:
        for role in audience_of(name, method) - ALL_SITES:
            hides = visits.tells_nothing(role, method, path, is_elsewhere=True)
            assert hides, f"{role} of another site learns of {name}"


@pytest.mark.parametrize("name", OF_AN_ID)
def test_what_never_existed_answers_as_an_unknown_address(name: str, visits: Visits) -> None:
    path = visits.house.path_of(name, with_unknown_ids(visits.house.arguments))
    for method in READ_AND_SEND:
        for role in audience_of(name, method):
            assert visits.tells_nothing(role, method, path), f"{role} meets something at {name}"


# --- Signed out ------------------------------------------------------------------------------------------------------


@pytest.mark.one_database
@pytest.mark.parametrize("name", KNOWN)
def test_whoever_is_not_signed_in_is_sent_to_the_sign_in_page(name: str, client: Client, house: House) -> None:
    for method in READ_AND_SEND:
        response = getattr(client, method)(house.path_of(name))
        if MATRIX[name] is PUBLIC:
            assert response.status_code in (200, 405)
        else:
            assert response.status_code == 302
            assert response["Location"].startswith("/sign-in/?next=")


@pytest.mark.parametrize("method", READ_AND_SEND)
def test_a_stranger_does_not_learn_which_addresses_exist(method: str, client: Client, db: None) -> None:
    closed = getattr(client, method)("/users/")
    unknown = getattr(client, method)("/no-such/")
    assert (closed.status_code, unknown.status_code) == (302, 302)
    assert closed["Location"].replace("users", "no-such") == unknown["Location"]
    assert closed.content == unknown.content
