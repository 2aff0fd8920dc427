"""Binding events to their chains: at the end of the transaction, many people at once, and nothing after an error."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from uuid import UUID

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.transaction import TransactionManagementError

from tests.audit.conftest import verify
from tests.records.conftest import ANNA, make_patient
from trialsite.audit.gate import open_gate
from trialsite.audit.models import AuditChain, AuditEvent, AuditLink
from trialsite.audit.write import Subject, write_event
from trialsite.records.actions import correct_record, log_event
from visits.models import VitalSigns


def test_events_of_one_transaction_follow_each_other(db: None) -> None:
    with open_gate():
        for action in ("one", "two", "three"):
            write_event(action, actor=ANNA)
        assert not AuditLink.objects.exists()
    assert list(AuditLink.objects.order_by("position").values_list("event__action", flat=True)) == [
        "one",
        "two",
        "three",
    ]


def test_an_inner_gate_that_fails_takes_the_outer_one_along(db: None) -> None:
    with suppress(TransactionManagementError), open_gate():
        write_event("lost", actor=ANNA)
        with suppress(ValueError), open_gate():
            raise ValueError
        write_event("refused", actor=ANNA)
    log_event("kept", actor=ANNA)
    assert list(AuditEvent.objects.values_list("action", flat=True)) == ["kept"]
    assert verify() == "All is as it was written: 1 events in 1 chains.\n"


def test_behind_a_savepoint_an_inner_gate_takes_only_its_own_events_along(db: None) -> None:
    with open_gate():
        write_event("kept", actor=ANNA)
        with suppress(ValueError), transaction.atomic(), open_gate():
            write_event("lost", actor=ANNA)
            raise ValueError
        write_event("also kept", actor=ANNA)
    assert list(AuditEvent.objects.order_by("id").values_list("action", flat=True)) == ["kept", "also kept"]
    assert verify() == "All is as it was written: 2 events in 1 chains.\n"


def test_a_gate_that_fails_leaves_nothing_to_bind(db: None) -> None:
    with suppress(ValueError), open_gate():
        write_event("lost", actor=ANNA)
        raise ValueError
    log_event("kept", actor=ANNA)
    assert verify() == "All is as it was written: 1 events in 1 chains.\n"


@pytest.mark.conformance(28)
def test_an_event_that_cannot_be_bound_fails_the_save(trail: VitalSigns, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise DatabaseError("no space left")

    monkeypatch.setattr("trialsite.audit.chain.insert", fail)
    with pytest.raises(DatabaseError, match="no space left"), transaction.atomic():
        correct_record(trail, {"heart_rate_bpm": 90}, actor=ANNA, base_revision=6)
    monkeypatch.undo()
    assert VitalSigns.objects.get().heart_rate_bpm == 75
    assert verify() == "All is as it was written: 8 events in 1 chains.\n"


def test_the_database_refuses_a_link_that_is_not_next(trail: VitalSigns) -> None:
    event = AuditEvent.objects.latest("id")
    chain = AuditChain.objects.get()
    for position, previous in ((11, chain.digest), (9, "0" * 64)):
        with pytest.raises(DatabaseError, match="added where its chain ends"):
            add_link(event.patient_id, chain.name, position, previous)


def add_link(patient_id: UUID | None, chain: str, position: int, previous: str) -> None:
    with open_gate():
        extra = AuditEvent.objects.create(action="x", actor_username="m", actor_name="M", patient_id=patient_id)
        AuditLink.objects.create(event=extra, chain=chain, position=position, previous_digest=previous, digest="d" * 64)


PEOPLE, EVENTS = 8, 12


@pytest.mark.django_db(transaction=True)
def test_many_people_at_once_make_sound_chains() -> None:
    """Half of them write about one patient, all of them into the chain of everything else, in both orders."""
    patients = [make_patient(f"P2-{number:03}").pk for number in range(1, 4)]

    def work(person: int) -> None:
        try:
            for turn in range(EVENTS):
                subjects = [Subject(patient_id=patients[person % 3]), Subject()]
                with open_gate():
                    for subject in subjects if (person + turn) % 2 else reversed(subjects):
                        write_event("print", actor=ANNA, subject=subject)
        finally:
            connection.close()

    with ThreadPoolExecutor(PEOPLE) as pool:
        list(pool.map(work, range(PEOPLE)))
    total = 3 + 2 * PEOPLE * EVENTS
    assert verify() == f"All is as it was written: {total} events in 4 chains.\n"
