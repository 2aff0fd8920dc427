"""Every address opens to whom the access matrix names, and answers everybody else as if it did not exist."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.architecture.access_matrix import ENTERING, FORM_READERS, FORMS, MATRIX, PUBLIC, SENDERS, SIGNED_IN
from tests.architecture.access_objects import SITE_BOUND, Arguments, arguments_of, make_arguments, with_unknown_ids
from tests.cast import OTHER_SITE, SignIn, make_user
from trialsite.accounts.models import User
from trialsite.accounts.roles import ALL_SITES, Role
from trialsite.audit.models import AuditEvent
from trialsite.management.addresses import Address, list_addresses
from visits.crfs.registry import CRFS

ADDRESSES = {address.name: address for address in list_addresses()}
KNOWN = [name for name in ADDRESSES if name in MATRIX]
OF_A_SITE = [name for name in KNOWN if ADDRESSES[name].arguments & SITE_BOUND]
CLOSED = [name for name in KNOWN if MATRIX[name] not in (PUBLIC, SIGNED_IN)]
METHODS = ("get", "post")
# What differs from one answer to the next: the token of the form, and which place of the navigation the typed address is under.
VARIES = re.compile(
    r'(?<=csrfmiddlewaretoken" value=")\w+|(?<=X-CSRFToken": ")\w+|(?<=nav-link) active| aria-current="page"'
)


@pytest.fixture
def arguments(db: None) -> Arguments:
    return make_arguments()


def path_of(name: str, arguments: Arguments, **others: Any) -> str:
    return reverse(name, kwargs=arguments_of(name, set(ADDRESSES[name].arguments), {**arguments, **others}))


def audience_of(name: str, method: str = "get") -> frozenset[Role]:
    """The roles that may open an address, or send something to it; all of them, when it is public."""
    audience = SENDERS.get(name, MATRIX[name]) if method == "post" else MATRIX[name]
    return SIGNED_IN if audience is PUBLIC else audience


def ask(browser: Client, method: str, path: str) -> tuple[int, str]:
    """Status and page, without what varies anyhow."""
    send: Callable[..., Any] = getattr(browser, method)
    response = send(path)
    body = b"".join(response) if response.streaming else response.content
    return response.status_code, VARIES.sub("", body.decode())


def answers_as_unknown(browser: Client, method: str, path: str) -> bool:
    unknown = ask(browser, method, "/no-such-address/")
    assert unknown[0] == 404
    return ask(browser, method, path) == unknown


def tells_nothing(browser: Client, method: str, path: str) -> bool:
    """Whether an answer is the same whatever the id: an unknown address, or an address that does not take this method."""
    return ask(browser, method, path)[0] == 405 or answers_as_unknown(browser, method, path)


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


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", KNOWN)
@pytest.mark.conformance(3)
def test_an_address_opens_to_its_audience(
    name: str, method: str, cast: dict[Role, User], sign_in: SignIn, arguments: Arguments
) -> None:
    path = path_of(name, arguments)
    for role in audience_of(name, method):
        status, _ = ask(sign_in(cast[role]), method, path)
        assert status != 404, f"{role} may not open {name}"
        assert status != 403 or method == "post", f"{role} may not read {name}"
        assert status < 500


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", CLOSED)
@pytest.mark.conformance(3)
def test_an_address_does_not_exist_for_anybody_else(
    name: str, method: str, cast: dict[Role, User], sign_in: SignIn, arguments: Arguments
) -> None:
    path = path_of(name, arguments)
    for role in set(Role) - audience_of(name, method):
        assert answers_as_unknown(sign_in(cast[role]), method, path), f"{role} learns of {name}"


def address_of_form(key: str) -> str:
    if CRFS[key].kind != "visit":
        return "patient_log"
    return "restricted_form" if CRFS[key].is_restricted else "visit_form"


@pytest.mark.parametrize("key", list(CRFS))
def test_a_form_opens_to_its_readers_only(
    key: str, cast: dict[Role, User], sign_in: SignIn, arguments: Arguments
) -> None:
    name = address_of_form(key)
    path = reverse(
        name,
        kwargs={argument: key if argument == "key" else arguments[argument] for argument in ADDRESSES[name].arguments},
    )
    for role in Role:
        browser = sign_in(cast[role])
        if role in FORMS[key]:
            assert ask(browser, "get", path)[0] in (200, 302), f"{role} may not open {key}"
        else:
            assert answers_as_unknown(browser, "get", path), f"{role} learns of {key}"


@pytest.mark.parametrize("name", ["visit_form", "patient_record"])
def test_whoever_may_only_read_a_form_cannot_send_it(
    name: str, cast: dict[Role, User], sign_in: SignIn, arguments: Arguments
) -> None:
    before = AuditEvent.objects.count()
    for role in FORM_READERS - ENTERING:
        assert ask(sign_in(cast[role]), "post", path_of(name, arguments))[0] == 403
    assert AuditEvent.objects.count() == before


# --- Sites and ids ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", OF_A_SITE)
@pytest.mark.conformance(3)
def test_what_belongs_to_a_site_does_not_exist_for_another(
    name: str, method: str, sign_in: SignIn, arguments: Arguments
) -> None:
    path = path_of(name, arguments)
    for role in audience_of(name, method) - ALL_SITES:
        stranger = make_user(f"{role}_elsewhere", role, site=OTHER_SITE)
        assert tells_nothing(sign_in(stranger), method, path), f"{role} of another site learns of {name}"


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "name", [name for name in KNOWN if any(part.endswith("_id") for part in ADDRESSES[name].arguments)]
)
def test_what_never_existed_answers_as_an_unknown_address(
    name: str, method: str, cast: dict[Role, User], sign_in: SignIn, arguments: Arguments
) -> None:
    path = path_of(name, with_unknown_ids(arguments))
    for role in audience_of(name, method):
        browser = sign_in(cast[role])
        assert tells_nothing(browser, method, path), f"{role} meets something at {name}"


# --- Signed out ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", KNOWN)
def test_whoever_is_not_signed_in_is_sent_to_the_sign_in_page(
    name: str, method: str, client: Client, arguments: Arguments
) -> None:
    response = getattr(client, method)(path_of(name, arguments))
    if MATRIX[name] is PUBLIC:
        assert response.status_code in (200, 405)
    else:
        assert response.status_code == 302
        assert response["Location"].startswith("/sign-in/?next=")


@pytest.mark.parametrize("method", METHODS)
def test_a_stranger_does_not_learn_which_addresses_exist(method: str, client: Client, db: None) -> None:
    closed = getattr(client, method)("/users/")
    unknown = getattr(client, method)("/no-such/")
    assert (closed.status_code, unknown.status_code) == (302, 302)
    assert closed["Location"].replace("users", "no-such") == unknown["Location"]
    assert closed.content == unknown.content
