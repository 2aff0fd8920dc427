"""A house with one of everything and a person of each role signed in, stored once for all tests of a module.

    def test_a_page(house: House) -> None:
        answer = house.browser(Role.MONITOR).get(house.path_of("casebook"))

Each test is rolled back to it. All tests of such a module meet these rows, and none may commit.
"""

from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.architecture.access_objects import Arguments, arguments_of, make_arguments
from tests.cast import OTHER_SITE, browser_of, make_user, open_session
from trialsite.accounts.models import User
from trialsite.accounts.roles import ALL_SITES, Role
from trialsite.management.addresses import list_addresses

ADDRESSES = {address.name: address for address in list_addresses()}


@dataclass(frozen=True)
class House:
    people: dict[Role, User]
    arguments: Arguments
    sessions: dict[Role, str]
    sessions_elsewhere: dict[Role, str]  # people of another site, where a role belongs to one

    def browser(self, role: Role) -> Client:
        """A new browser in which the person of this role is signed in."""
        return browser_of(self.sessions[role])

    def browser_elsewhere(self, role: Role) -> Client:
        return browser_of(self.sessions_elsewhere[role])

    def path_of(self, name: str, arguments: Arguments | None = None, **others: Any) -> str:
        """An address of this name, for what is in the house or for other arguments."""
        made = {**(arguments or self.arguments), **others}
        return reverse(name, kwargs=arguments_of(name, set(ADDRESSES[name].arguments), made))


@pytest.fixture(scope="module")
def furnished(module_db: None) -> House:
    people = {role: make_user(str(role), role) for role in Role}
    strangers = {role: make_user(f"{role}_elsewhere", role, site=OTHER_SITE) for role in set(Role) - ALL_SITES}
    return House(
        people=people,
        arguments=make_arguments(),
        sessions={role: open_session(user) for role, user in people.items()},
        sessions_elsewhere={role: open_session(user) for role, user in strangers.items()},
    )


@pytest.fixture
def house(furnished: House, db: None) -> House:
    return furnished
