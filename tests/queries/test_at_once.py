"""Ten people at one query at the same moment: every message is kept, in an order, and the state is right."""

from functools import partial

import pytest
from django.db import connection

from tests.cast import make_user
from tests.records.conftest import ANNA, give_consent, make_patient, make_visit
from tests.vault.test_at_once import run_at_once
from trialsite.accounts.actor import actor_of
from trialsite.accounts.models import User
from trialsite.accounts.roles import Role
from trialsite.audit.models import AuditEvent
from trialsite.queries.actions import act_on_query, open_query
from trialsite.queries.models import DataQuery
from trialsite.queries.rules import Act
from trialsite.records.actions import create_record
from visits.actions.questions import target_of
from visits.crfs.registry import CRFS
from visits.models import VitalSigns

PEOPLE = 10
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def asked() -> DataQuery:
    patient = make_patient()
    give_consent(patient)
    visit = make_visit(patient)
    record = create_record(VitalSigns(patient=patient, visit=visit, assessed_on=visit.visited_on), actor=ANNA)
    return open_query(target_of(CRFS["vital_signs"], record, "heart_rate_bpm"), "Is it right?", actor=ANNA)


def answer(query: DataQuery, user: User, act: Act = Act.ANSWER) -> None:
    act_on_query(query.pk, act, f"From {user.username}.", actor=actor_of(user))


def texts_in_order(query: DataQuery) -> list[str]:
    messages = list(query.messages.order_by("number"))
    assert [message.number for message in messages] == list(range(1, len(messages) + 1))
    return [message.text for message in messages]


def test_ten_answers_at_once_are_all_kept(asked: DataQuery) -> None:
    people = [make_user(f"person{n}", Role.COORDINATOR) for n in range(PEOPLE)]
    run_at_once([partial(answer, asked, user) for user in people])
    stored = DataQuery.objects.get()
    assert (stored.state, stored.message_count, stored.revision) == ("answered", PEOPLE + 1, PEOPLE + 1)
    texts = texts_in_order(stored)
    assert sorted(texts[1:]) == sorted(f"From {user.username}." for user in people)
    assert stored.last_message == texts[-1]
    assert AuditEvent.objects.filter(action="answer_query", record_id=asked.pk).count() == PEOPLE


def test_an_answer_that_comes_with_the_closing_is_kept_and_does_not_open(asked: DataQuery) -> None:
    people = [make_user(f"person{n}", Role.COORDINATOR) for n in range(PEOPLE)]
    monitor = make_user("monitor", Role.MONITOR)
    acts = [partial(answer, asked, user) for user in people]
    run_at_once([*acts[:5], partial(answer, asked, monitor, Act.CLOSE), *acts[5:]])
    stored = DataQuery.objects.get()
    assert (stored.state, stored.closed_by) == ("closed", "monitor")
    assert len(texts_in_order(stored)) == PEOPLE + 2
    connection.close()
