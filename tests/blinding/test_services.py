"""Two processes keep the sides apart, as in an installation on PostgreSQL: each has the environment of its side, and is asked in both worlds."""

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from random import Random
from secrets import token_urlsafe
from urllib.parse import quote, urlsplit
from uuid import UUID

import pytest
from cryptography.fernet import Fernet
from django.conf import settings
from django.db import connection, transaction
from pytest_django.plugin import DjangoDbBlocker

from tests.blinding.test_worlds import IN_TESTS, tell
from tests.database import copy_database, drop_database, name_in, using_database
from tests.vault.installation import NAMES, make_roles
from trialsite.accounts.roles import Role
from trialsite.lib.clock import held_at, now
from trialsite.management.addresses import list_addresses
from trialsite.proof.asking import SIGNED_OUT, Question
from trialsite.proof.compare import find_differences
from trialsite.proof.people import APART, KNOWING, make_people, names_asking
from trialsite.proof.service import Service, served
from trialsite.proof.worlds import ELSEWHERE, compare_services

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        not settings.DATABASES["default"]["ENGINE"].endswith("postgresql"), reason="SQLite has no roles"
    ),
]
# The others are asked in one process that serves everybody. The admin is served beside those who may know arms, and must not learn one there.
ASKING = (str(Role.COORDINATOR), str(Role.ADMIN), SIGNED_OUT)
NO_WALK = replace(IN_TESTS, deep=frozenset({"nobody else"}))
LEAKING = {"DJANGO_SETTINGS_MODULE": "tests.blinding.leaking_settings"}


@pytest.fixture
def installed_database(demo_database: str, django_db_blocker: DjangoDbBlocker, tmp_path: Path) -> Iterator[str]:
    """A copy of the synthetic trial that may be spoiled, with the roles of an installation."""
    with django_db_blocker.unblock():
        name = name_in(connection, tmp_path, "installed")
        copy_database(connection, demo_database, name)
        with using_database(connection, name):
            make_roles()
            yield name
        drop_database(connection, name)


def environment_of(side: str, database: str, folder: Path) -> dict[str, str]:
    """What docker-compose.yml gives to a service of this side, and no more."""
    address, role = urlsplit(os.environ["DATABASE_URL"]), getattr(NAMES, side)
    keys = {"TRIALSITE_ALLOCATION_KEY": settings.ALLOCATION_KEYS[0]} if side == "unblinded" else {}
    there = address._replace(netloc=address.netloc.replace("postgres:", f"{role}:"), path=f"/{quote(database)}")
    return {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "trialsite.settings",
        "TRIALSITE_MODE": "test",  # production asks for collected static files
        "TRIALSITE_SERVES": side,
        "TRIALSITE_HOSTS": "trial.example.org",
        "TRIALSITE_SECRET_KEY": token_urlsafe(64),
        "TRIALSITE_SECOND_FACTOR_KEY": Fernet.generate_key().decode(),
        "TRIALSITE_DATA_DIR": str(folder / side),
        "DATABASE_URL": there.geturl(),
        **keys,
    }


def test_each_of_two_processes_tells_blinded_people_the_same_in_both_worlds(
    installed_database: str, tmp_path: Path
) -> None:
    """Beside them stands one with a leak: it is found."""
    accounts: Mapping[str, UUID] = {name: user.pk for name, user in make_people().items()}
    moment, patients = now(), Question(str(Role.INVESTIGATOR), "get", "/patients/")
    with held_at(moment), ExitStack() as running:

        def start(side: str, **other: str) -> Service:
            environment = {**environment_of(side, installed_database, tmp_path), **other}
            return running.enter_context(served(environment, moment, accounts))

        blinded, unblinded, leaking = start("blinded"), start("unblinded"), start("unblinded", **LEAKING)
        assert blinded.at_home == set(names_asking()) - {SIGNED_OUT, str(Role.ADMIN)}
        assert unblinded.at_home == set(map(str, APART)) == {*map(str, KNOWING), str(Role.ADMIN)}
        before = leaking.ask(patients)
        seen = read_all(NAMES.blinded)
        outcome = compare_services(blinded, unblinded, NO_WALK, Random(6), names=ASKING)
        found = find_differences(patients, before, leaking.ask(patients))
        seen_after = read_all(NAMES.blinded)
    assert tell(outcome) == []
    assert outcome.twin is not None
    assert outcome.twin.arms.changed > 10
    assert set(outcome.questions) == {*ASKING, *(f"{name}{ELSEWHERE}" for name in ASKING)}
    assert all(outcome.seen_by[role] > 0 for role in KNOWING)
    assert {address.name for address in list_addresses()} <= set(outcome.views)
    assert outcome.views["health"].keys() == {200, 405}  # the role of the blinded process has no right too many
    assert seen.keys() > {"audit_auditevent", "visits_intervention", "jobs_job"}
    assert [table for table, rows in seen.items() if rows != seen_after[table]] == []
    assert before.status == 404  # no page of the other process opens, and yet it told
    assert [difference.part.split(" at ")[0] for difference in found] == ["headers"], found


# Events that the process of blinded people writes itself, or must know of; in the other world some of these are gone.
OWN_RESTRICTED = {
    "audit_auditevent": "WHERE NOT is_restricted",
    "audit_auditlink": "WHERE event_id IN (SELECT id FROM audit_auditevent WHERE NOT is_restricted)",
}


def read_all(role: str) -> dict[str, list[str]]:
    """Every row of every table that a role of the database can read, as text."""
    found = {}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {role}")
        cursor.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema IN ('public', 'vault', %s)", [role]
        )
        for (name,) in cursor.fetchall():
            cursor.execute(f'SELECT t::text FROM "{name}" t {OWN_RESTRICTED.get(name, "")} ORDER BY 1')  # noqa: S608 - names of the catalog
            found[name] = [row for (row,) in cursor.fetchall()]
    return found
