"""Every case report form, with every kind of nonsense in every field: no server error, and nothing half stored."""

import random
from collections.abc import Mapping
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.house import House
from tests.robust.nasty import NASTY
from tests.robust.page import Element, choices_of, names_of, read_page
from trialsite.accounts.roles import Role
from trialsite.audit.models import AuditEntry
from visits.crfs.registry import CRFS

INPUTS_TRIED = 600  # in one test; a long form takes longer to answer
INTENTS = ("save", "complete", "compute")


def address_of(key: str, house: House) -> str:
    """Where the form is entered for the patient of the access matrix."""
    definition = CRFS[key]
    if definition.kind == "visit":
        name = "restricted_form" if definition.is_restricted else "visit_form"
        return reverse(name, args=(house.arguments["visit_id"], key))
    return reverse("patient_log", args=(house.arguments["patient_id"], key))


def open_form(browser: Client, key: str, house: House) -> tuple[str, Element]:
    """The address a form is sent to, and its page; a new entry, where there is a list of them."""
    url = address_of(key, house)
    if CRFS[key].kind == "log":
        url += "12345678-1234-5678-1234-567812345678/"
    response = browser.get(url)
    if response.status_code == 302:
        url = response["Location"]
        response = browser.get(url)
    assert response.status_code == 200
    return url, read_page(response.content)


def who_enters(key: str, house: House) -> Role:
    return next(role for role, user in house.people.items() if CRFS[key].may_enter(user))


def send(browser: Client, url: str, values: Mapping[str, Any]) -> int:
    """The status of the answer; whatever is refused must not have been stored."""
    before = AuditEntry.objects.count()
    response = browser.post(url, values)
    assert response.status_code < 500
    if response.status_code >= 400 or values.get("intent") == "compute":
        assert AuditEntry.objects.count() == before, "refused, and yet something was stored"
    if response.status_code != 302 and values.get("intent") != "compute":
        read_page(response.content)
    return int(response.status_code)


@pytest.mark.parametrize("key", list(CRFS))
def test_nonsense_in_every_field(key: str, house: House) -> None:
    """Each field gets another kind of nonsense each time; short forms see every kind in every field."""
    browser = house.browser(who_enters(key, house))
    url, page = open_form(browser, key, house)
    names, kinds = names_of(page), list(NASTY.values())
    for shift in range(min(len(kinds), 1 + INPUTS_TRIED // len(names))):
        values = {name: kinds[(n + shift) % len(kinds)] for n, name in enumerate(names)}
        send(browser, url, values | {"intent": INTENTS[shift % 3]})


def fill(chance: random.Random, page: Element, names: list[str]) -> dict[str, Any]:
    """A form filled in by dice: often something that can be chosen or read, sometimes nonsense."""
    kinds = list(NASTY.values())
    plausible = ["2011-02-01", "2011-02-01T10:00", "1", "3", "12", "2.5", "100", "2010-05", "words"]
    values: dict[str, Any] = {}
    for name in names:
        codes = choices_of(page, name)
        dice = chance.random()
        if dice < 0.2:
            continue
        if codes and dice < 0.9:
            values[name] = chance.choice(codes)
        elif name.startswith(("absent", "confirm")) and dice < 0.8:
            continue
        else:
            values[name] = chance.choice(plausible if dice < 0.8 else kinds)
    return values


@pytest.mark.one_database
@pytest.mark.parametrize("key", list(CRFS))
def test_a_form_filled_in_by_dice(key: str, house: House) -> None:
    browser = house.browser(who_enters(key, house))
    url, page = open_form(browser, key, house)
    names = names_of(page)
    chance = random.Random(key)  # the same dice in every run
    for n in range(min(12, 1 + INPUTS_TRIED // len(names))):
        send(browser, url, fill(chance, page, names) | {"intent": INTENTS[n % 3]})
