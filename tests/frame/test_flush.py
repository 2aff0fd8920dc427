"""Tests that commit leave nothing behind, whatever the triggers of a table forbid."""

from collections.abc import Iterator

import pytest
from django.contrib.sessions.models import Session
from django.db import DatabaseError, connection, transaction
from django.test import TransactionTestCase
from django.utils import timezone

from tests.database import triggers_off

GUARDS = {
    "sqlite": (
        "CREATE TRIGGER scratch_delete BEFORE DELETE ON django_session BEGIN SELECT RAISE(ABORT, 'only grows'); END",
    ),
    "postgresql": (
        "CREATE FUNCTION scratch_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'only grows'; END $$",
        "CREATE TRIGGER scratch_delete BEFORE DELETE ON django_session FOR EACH ROW EXECUTE FUNCTION scratch_refuse()",
        "CREATE TRIGGER scratch_truncate BEFORE TRUNCATE ON django_session EXECUTE FUNCTION scratch_refuse()",
    ),
}
REMOVAL = {"sqlite": "DROP TRIGGER scratch_delete", "postgresql": "DROP FUNCTION scratch_refuse CASCADE"}


class Committing(TransactionTestCase):
    __test__ = False

    def runTest(self) -> None:
        """Only its teardown is wanted."""


def run(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def empty_by_force() -> None:
    run("TRUNCATE django_session" if connection.vendor == "postgresql" else "DELETE FROM django_session")


def add_session(key: str) -> None:
    Session.objects.create(session_key=key, session_data="", expire_date=timezone.now())


def is_guarded() -> bool:
    with pytest.raises(DatabaseError, match="only grows"), transaction.atomic():
        empty_by_force()
    return True


@pytest.fixture
def guarded(transactional_db: None) -> Iterator[None]:
    """One row in a table that a scratch trigger protects."""
    add_session("one")
    run(*GUARDS[connection.vendor])
    yield
    run(REMOVAL[connection.vendor])


@pytest.mark.usefixtures("guarded")
def test_a_guarded_table_is_not_emptied_by_the_product() -> None:
    assert is_guarded()
    assert Session.objects.count() == 1


@pytest.mark.usefixtures("guarded")
def test_the_flush_at_the_end_of_a_committing_test_empties_it_and_leaves_the_guard() -> None:
    Committing()._fixture_teardown()  # type: ignore[attr-defined] # Django's own, not in the stubs
    assert not Session.objects.exists()
    add_session("two")
    assert is_guarded()


@pytest.mark.usefixtures("guarded")
def test_the_guard_comes_back_after_a_failure() -> None:
    with pytest.raises(ZeroDivisionError), triggers_off(connection):
        raise ZeroDivisionError
    assert is_guarded()
