"""An arm typed into an address does nothing: no page of a blinded role answers to it."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.architecture.access_matrix import MATRIX, PUBLIC
from tests.house import ADDRESSES, House
from trialsite.accounts.roles import BLINDED
from trialsite.lib import clock

READABLE = [
    name
    for name, audience in MATRIX.items()
    if audience is not PUBLIC and audience & BLINDED and name in ADDRESSES and name != "accounts:sign_out"
]
PARAMETERS = ("arm", "sort", "order", "filter", "q", "search", "status", "page", "format", "group", "allocation")
WORDS = ("sham", "pear")
# The token against forged requests, signatures of tokens, and the ids that new records will have.
VARIES = re.compile(r"[A-Za-z0-9]{64}|:[\w-]{43}\b|[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}|" + "|".join(WORDS))


@pytest.mark.one_database
@pytest.mark.parametrize("name", READABLE)
def test_an_arm_in_the_address_changes_nothing(name: str, house: House) -> None:
    path = house.path_of(name)
    for role in MATRIX[name] & BLINDED:  # type: ignore[operator]  # public addresses are left out above
        site = house.browser(role)
        site.get(path)  # the first page of a session writes
        with clock.held_at(clock.now()):  # reports say when they were made
            answers = [ask(site, path, word) for word in WORDS]
        assert answers[0] == answers[1], f"{name} tells {role} of an arm"


def ask(site: Client, path: str, word: str) -> tuple[Any, ...]:
    """Status, headers, body and number of queries, with the word itself taken out where the page repeats what was typed."""
    with CaptureQueriesContext(connection) as queries:
        response = site.get(path, dict.fromkeys(PARAMETERS, word))
    body = b"".join(response) if response.streaming else response.content
    headers = sorted((key, VARIES.sub("", value)) for key, value in response.headers.items() if key != "Content-Length")
    return response.status_code, headers, VARIES.sub("", body.decode("latin-1")), len(queries)
