"""What a restricted event says is stored apart from it, with chance in its digest; and how an older trail comes there."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, IntegrityError, connections, transaction
from django.db.migrations.executor import MigrationExecutor
from pytest_django.plugin import DjangoDbBlocker

from tests.audit.conftest import owner_sql, verify
from tests.database import create_database, drop_database, name_in, switch_database, triggers_off
from tests.events import read_events
from tests.records.conftest import ANNA
from trialsite.audit.chain import chain_of, compute_digest
from trialsite.audit.entries import get_entries
from trialsite.audit.models import AuditEntry, AuditEvent, AuditLink, NotedWords, RestrictedValues
from trialsite.audit.verify import find_unbound, get_heads, verify_chains
from trialsite.audit.write import Subject, log_event

ABOUT = Subject(record_kind="vault.draw", is_restricted=True)


@pytest.mark.django_db
def test_the_row_of_a_restricted_event_says_nothing_and_its_digest_cannot_be_tried_out() -> None:
    for action, subject in (
        ("read_arms", ABOUT),
        ("telling_words", ABOUT),
        ("read_arms", replace(ABOUT, is_restricted=False)),
    ):
        log_event(action, actor=ANNA, subject=subject, reason="Safety", detail="4 patients.")
    stored = AuditEvent.objects.order_by("id").values_list("is_restricted", "reason", "detail")
    assert list(stored) == [(True, "", ""), (True, "", ""), (False, "Safety", "4 patients.")]
    for event in read_events():
        assert (event.reason, event.detail) == ("Safety", "4 patients.")
        link = AuditLink.objects.get(event=event)
        place: Any = {"chain": link.chain, "position": link.position, "previous": link.previous_digest}
        assert compute_digest(event, [], **place) == link.digest
        event.salt = ""  # all that somebody knows who guesses every word
        assert (compute_digest(event, [], **place) == link.digest) != event.is_restricted
    assert len(RestrictedValues.objects.get().salt) == len(NotedWords.objects.get().salt) == 32
    with owner_sql() as run:
        run("UPDATE audit_notedwords SET detail = 'x'")
    assert "ALTERED   chain general/restricted, entry 2" in verify()
    # Not even the owner puts words beside it again.
    for column in ("reason", "detail"):
        with owner_sql() as run, pytest.raises(IntegrityError), transaction.atomic():
            run(f"UPDATE audit_auditevent SET {column} = 'x' WHERE is_restricted")  # noqa: S608 - names above


# --- A trail of before -----------------------------------------------------------------------------------------------

BEFORE = [("audit", "0003_restricted_of_patient")]


@pytest.fixture
def old_database(django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path: Path) -> Iterator[Any]:
    """The default database is one of its own, with the tables of the trail as they were; gives the models of that time."""
    with django_db_blocker.unblock():
        connection = connections["default"]
        name = name_in(connection, tmp_path, "before")
        create_database(connection, name)
        was = switch_database(connection, name)
        executor = MigrationExecutor(connection)
        yield executor.migrate(BEFORE).apps
        switch_database(connection, was)
        drop_database(connection, name)


def write_as_before(old: Any, at: int, event: AuditEvent, entries: list[AuditEntry], previous: str) -> str:
    """Words in the row of the event, values in a row each, whoever may read them."""
    fields = [field.attname for field in AuditEvent._meta.concrete_fields]
    old.get_model("audit", "AuditEvent").objects.create(**{name: getattr(event, name) for name in fields})
    for entry in entries:
        told = {name: getattr(entry, name) for name in ("record_id", "field", "old", "new")}
        old.get_model("audit", "AuditEntry").objects.create(event_id=event.pk, **told)
    digest = compute_digest(event, entries, chain=chain_of(event), position=at, previous=previous)
    told = {"chain": chain_of(event), "position": at, "previous_digest": previous, "digest": digest}
    old.get_model("audit", "AuditLink").objects.create(event_id=event.pk, **told)
    return digest


def test_words_and_values_of_an_older_trail_move_and_every_digest_still_fits(old_database: Any) -> None:
    connection = connections["default"]
    record = AuditEvent().public_id
    told = [
        (event, [AuditEntry(record_id=record, field=f"f{n}", old="null", new='"balloon"') for n in range(count)])
        for key, (is_restricted, reason, count) in enumerate(
            [(True, "words", 0), (False, "open", 2), (True, "", 3), (True, "both", 1)], start=1
        )
        for event in [
            AuditEvent(
                pk=key, action="create", actor_username="x", actor_name="X", reason=reason, record_id=record,
                detail=reason, is_restricted=is_restricted,
            )
        ]
    ]  # fmt: skip
    with triggers_off(connection):
        heads: dict[str, tuple[int, str]] = {}
        for event, entries in told:
            at, previous = heads.get(chain_of(event), (0, ""))
            heads[chain_of(event)] = (at + 1, write_as_before(old_database, at + 1, event, entries, previous))
        for name, (position, digest) in heads.items():
            old_database.get_model("audit", "AuditChain").objects.create(name=name, position=position, digest=digest)
    call_command("migrate", "audit", verbosity=0)
    assert [*verify_chains(get_heads(), {}), *find_unbound()] == []
    assert set(AuditEvent.objects.filter(is_restricted=True).values_list("reason", "detail")) == {("", "")}
    assert AuditEntry.objects.count() == 2
    events = read_events()
    assert [(event.reason, event.detail) for event in events] == [(one.reason, one.detail) for one, _ in told]
    found = get_entries(events)
    assert {key: [entry.field for entry in one] for key, one in found.items()} == {
        event.pk: [entry.field for entry in entries] for event, entries in told
    }
    for table, column in (("auditevent", "reason"), ("auditentry", "new"), ("restrictedvalues", "detail")):
        for sql in (f"DELETE FROM audit_{table}", f"UPDATE audit_{table} SET {column} = 'x'"):  # noqa: S608 - names above
            with pytest.raises(DatabaseError, match="only grows"), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(sql)  # the guards stand again
