"""Two trials that are lived through with other arms: what blinded people see of them is equal, byte for byte, and so is what was logged on the way.

Both are entered page by page with the same clock, chance and ids. In the second every arm of the list is the other one, so
the operator is told the other arm and writes another form. Then every page that a blinded person can click to is held
against its twin: status, headers, body and number of queries; so are log lines, letters and the downloads among the pages.
"""

import logging
import os
import re
import secrets
import tempfile
import zipfile
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import timedelta
from io import StringIO
from pathlib import Path
from random import Random
from uuid import UUID

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import transaction

from enrollment.vault import lists
from enrollment.vault.blocks import Sequenced, make_sequence
from enrollment.vault.schemes import Scheme
from tests.audit.conftest import verify
from tests.cast import PASSWORD
from tests.inspector.conftest import CONSENTED_ON, SITE, fill_logs, live_a_month, open_browser, seal_trial_list
from tests.reports import compute_once
from tests.second_protocol.crawl import Page, count_queries, crawl
from tests.second_protocol.walk import OPERATORS_NOTE, Walk, open_center, open_site
from trialsite.accounts.models import User
from trialsite.accounts.roles import BLINDED, Role
from trialsite.backup.database import count_rows
from trialsite.jobs.work import Order
from trialsite.lib.clock import held_at
from trialsite.listing.makers import make_listing
from trialsite.protocol.current import get_protocol
from visits.crfs.registry import CRFS
from visits.models import Intervention, InterventionVein

pytestmark = pytest.mark.django_db
# Every blinded role asks for every address in test_worlds.py; here it is enough that one looks, and that one takes everything as a file.
LOOKING, TAKES = (Role.COORDINATOR,), Role.DATA_MANAGER
# Libraries that say once per process where they are.
CHATTER = ("django.db", "matplotlib")
OTHER = {"angioplasty": "sham", "sham": "angioplasty"}
# The token of a form is new in every answer; the digest of the list is salted.
VARIES = re.compile(r"\b[A-Za-z0-9]{64}\b")
World = tuple[dict[tuple[Role, str], Page], list[str], list[str], list[str]]


class Trial:
    """One of the two worlds: makes them alike in everything but the arms."""

    def __init__(self, patch: pytest.MonkeyPatch, *, is_other: bool) -> None:
        self.is_other = is_other
        ids, codes = Random(21), Random(22)
        patch.setattr(os, "urandom", ids.randbytes)  # what ids are made of
        patch.setattr(secrets, "choice", codes.choice)
        patch.setattr(lists, "make_sequence", self.make_sequence)

    def make_sequence(self, scheme: Scheme, least: int, chance: Random) -> Sequenced:
        made = make_sequence(scheme, least, Random(23))
        return Sequenced(tuple(OTHER[arm] for arm in made.arms), made.block_sizes) if self.is_other else made


def live_in(
    people: dict[Role, User],
    live: Callable[[Walk], None],
    patch: pytest.MonkeyPatch,
    log: pytest.LogCaptureFixture,
    *,
    is_other: bool,
    roles: Collection[Role],
) -> World:
    """Let a patient live in one of the two worlds, look at everything as every blinded person; then take all of it back."""
    log.clear()
    mail.outbox.clear()
    with transaction.atomic(), patch.context() as inner, log.at_level(logging.DEBUG):
        Trial(inner, is_other=is_other)
        compute_once(inner)
        inner.setattr("getpass.getpass", lambda *_args, **_options: PASSWORD)
        walk = Walk(get_protocol(), people, SITE, open_browser)
        seal_trial_list(walk)
        live(walk)
        told = [walk.arm, *(str(count) for count in InterventionVein.objects.values_list("inflation_count", flat=True))]
        pages = look_as_everybody(walk, roles)
        assert led_to_the_operator(pages) == []
        letters = [f"{letter.subject}\n{letter.body}" for letter in mail.outbox]
        lines = [
            without_what_varies(record.getMessage()) for record in log.records if not record.name.startswith(CHATTER)
        ]
        lines += say_commands(walk.people)
        transaction.set_rollback(True)
    return pages, lines, letters, told


def say_commands(people: Mapping[Role, User]) -> Iterator[str]:
    """What the commands of the server say that read the trial: to whoever runs it, and to blinded people who give their own password."""
    yield verify()
    yield f"{count_rows()}"
    for role in (*sorted(BLINDED), Role.ADMIN):
        for given in (["--from-database", "--json", "-"], ["--write-csv", "."]):
            said, complaint = StringIO(), StringIO()
            with pytest.raises(CommandError) as refused:
                call_command("endpoints", *given, "--as", people[role].username, stdout=said, stderr=complaint)
            yield f"{role}: {refused.value} {said.getvalue()} {complaint.getvalue()}"


def look_as_everybody(walk: Walk, roles: Collection[Role]) -> dict[tuple[Role, str], Page]:
    with held_at(walk.at(CONSENTED_ON + timedelta(days=120), 12)):
        pages = {
            (role, without_what_varies(url)): page
            for role in sorted(roles)
            for url, page in crawl(walk.browser(role), but="/reports/").items()
        }
        return pages | {(TAKES, name): page for name, page in take_listing(walk.people[TAKES]).items()}


def led_to_the_operator(pages: dict[tuple[Role, str], Page]) -> list[str]:
    """The pages that hold the operator's words, or lead to what the operator wrote."""
    rows = [*Intervention.objects.values_list("pk", flat=True), *InterventionVein.objects.values_list("pk", flat=True)]
    words = [OPERATORS_NOTE, "/restricted/", *map(str, rows)]
    return [f"{role} {url}" for (role, url), page in pages.items() if any(word in page.body for word in words)]


def take_listing(user: User) -> dict[str, Page]:
    """The listing of everything, file by file, and what the audit trail would say of it."""
    with tempfile.TemporaryDirectory() as folder, count_queries() as queries:
        order = Order(user=user, parameters={"site": ""}, target=Path(folder) / "listing", job_id=UUID(int=0))
        made = make_listing(order)
        with zipfile.ZipFile(order.target) as archive:
            files = {f"listing/{name}": archive.read(name).decode() for name in archive.namelist()}
    told = {"listing": f"{made.file_name} {made.detail}", **files}
    return {name: Page(status=200, headers=(), body=body, queries=len(queries)) for name, body in told.items()}


def without_what_varies(text: str) -> str:
    return VARIES.sub("", text)


def compare(one: World, other: World) -> list[str]:
    """Every difference: which page as whom, in what, and where in it."""
    found = [f"{role} reaches {url} in one world only" for role, url in one[0].keys() ^ other[0].keys()]
    for (role, url), page in one[0].items():
        twin = other[0].get((role, url))
        if twin is not None:
            found += [f"{role} {url}: {what}" for what in differences(page, twin)]
    for what, mine, theirs in (("log", one[1], other[1]), ("mail", one[2], other[2])):
        if mine != theirs:
            found.append(f"{what}: {sorted(set(mine) ^ set(theirs)) or 'in another order or number'}")
    return found


def differences(page: Page, twin: Page) -> list[str]:
    mine, theirs = without_what_varies(page.body), without_what_varies(twin.body)
    at = next((n for n, (one, other) in enumerate(zip(mine, theirs, strict=False)) if one != other), 0)
    body = (
        [f"body {mine[max(0, at - 60) : at + 60]!r} / {theirs[max(0, at - 60) : at + 60]!r}"] if mine != theirs else []
    )
    pairs = {
        "status": (page.status, twin.status),
        "queries": (page.queries, twin.queries),
        "headers": (page.headers, twin.headers),
    }
    return [f"{what} {pair}" for what, pair in pairs.items() if pair[0] != pair[1]] + body


@pytest.fixture
def people(db: None) -> dict[Role, User]:
    return {**open_site(SITE), **open_center()}


def test_blinded_people_see_the_same_trial_in_both_worlds(
    people: dict[Role, User], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    one = live_in(people, fill_every_form, monkeypatch, caplog, is_other=False, roles=LOOKING)
    other = live_in(people, fill_every_form, monkeypatch, caplog, is_other=True, roles=LOOKING)
    assert {one[3][0], other[3][0]} == set(OTHER)
    assert sorted(one[3][1:]) != sorted(other[3][1:])  # the operator's forms differ
    assert len(one[0]) > 40 * len(LOOKING)
    assert {name for _, name in one[0]} >= {"listing/tables/procedure.csv", "listing/audit_trail.jsonl"}
    visited = {key for key in CRFS for _, url in one[0] if f"/forms/{key}/" in url}
    assert visited == set(CRFS) - {key for key, definition in CRFS.items() if definition.is_restricted}
    assert compare(one, other) == []


def fill_every_form(walk: Walk) -> None:
    live_a_month(walk)
    fill_logs(walk)
