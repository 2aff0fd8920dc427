"""Opening, answering, closing and reopening a data query: each is one message, one new state and one audit event, together or not at all."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any
from uuid import UUID, uuid4

from trialsite.accounts.actor import Actor
from trialsite.audit.gate import open_gate
from trialsite.lib import clock
from trialsite.queries.models import DataQuery, QueryMessage, QueryOrigin
from trialsite.queries.rules import Act, ClosedBy, State, next_state
from trialsite.records.actions import Write, store


class QueryRefusedError(Exception):
    """The act makes no sense in the state the query is in; the message says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The item a query is about, as plain values."""

    site_code: str
    patient_id: UUID
    patient_number: str
    visit_id: UUID | None
    visit_label: str
    form_key: str
    record_kind: str
    record_id: UUID
    field: str
    field_label: str
    is_restricted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckQuestion:
    """The edit check that asks, and for which question to which value."""

    key: str
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A query about to be opened; by an edit check, with `check`."""

    target: Target
    text: str
    check: CheckQuestion | None = None
    query_id: UUID = field(default_factory=uuid4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What one person, or a check, does to one query."""

    query_id: UUID
    act: Act
    text: str
    actor: Actor
    closed_how: ClosedBy = ClosedBy.PERSON
    fingerprint: str | None = None
    message_id: UUID = field(default_factory=uuid4)


def open_query(target: Target, text: str, *, actor: Actor, query_id: UUID | None = None) -> DataQuery:
    """Ask. A page names the query by the id it will have, so that asking twice asks once."""
    with open_gate():
        known = DataQuery._base_manager.filter(pk=query_id).first() if query_id else None
        return known or open_queries([Question(target=target, text=text, query_id=query_id or uuid4())], actor=actor)[0]


def open_queries(questions: Sequence[Question], *, actor: Actor) -> list[DataQuery]:
    """Ask many things at once, at the cost of asking one."""
    if not questions:
        return []
    queries = [_make_query(question, actor) for question in questions]
    with open_gate():
        store([Write(record=query, action="open_query") for query in queries], actor=actor)
        QueryMessage.objects.bulk_create(
            _message(query, Act.OPEN, query.last_message, actor, uuid4()) for query in queries
        )
    return queries


def _make_query(question: Question, actor: Actor) -> DataQuery:
    check = question.check
    return DataQuery(
        id=question.query_id,
        **asdict(question.target),
        origin=QueryOrigin.CHECK if check else QueryOrigin.PERSON,
        check_key=check.key if check else "",
        fingerprint=check.fingerprint if check else "",
        opened_by=actor.username,
        opened_by_name=actor.full_name,
        opened_at=clock.now(),
        message_count=1,
        last_message=question.text,
        last_by=actor.username,
    )


def act_on_query(query_id: UUID, act: Act, text: str, *, actor: Actor, message_id: UUID | None = None) -> DataQuery:
    """Add a message and move the query to where the act leads. Many people at once queue for the row; nobody's message is lost."""
    reply = Reply(query_id=query_id, act=act, text=text, actor=actor, message_id=message_id or uuid4())
    return act_on_queries([reply], is_sent_by_page=message_id is not None)[0]


def act_on_queries(replies: Sequence[Reply], *, is_sent_by_page: bool = False) -> list[DataQuery]:
    """Act on many queries at once, each only once, at the cost of acting on one. Their rows are locked in one order.

    A page may send the same message twice: it is kept once.
    """
    if not replies:
        return []
    with open_gate():
        rows = DataQuery._base_manager.select_for_update().filter(pk__in=[reply.query_id for reply in replies])
        queries = {query.pk: query for query in rows.order_by("pk")}
        ids = [reply.message_id for reply in replies if is_sent_by_page]
        if ids and QueryMessage.objects.filter(pk__in=ids, query__in=list(queries)).exists():
            return list(queries.values())
        values = {reply.query_id: _values_after(queries[reply.query_id], reply) for reply in replies}
        for actor in dict.fromkeys(reply.actor for reply in replies):
            writes = [_write(queries[one.query_id], one, values) for one in replies if one.actor == actor]
            store(writes, actor=actor)
        QueryMessage.objects.bulk_create(
            _message(queries[one.query_id], one.act, one.text, one.actor, one.message_id) for one in replies
        )
    return [queries[reply.query_id] for reply in replies]


def _write(query: DataQuery, reply: Reply, values: Mapping[UUID, dict[str, Any]]) -> Write:
    return Write(record=query, values=values[query.pk], action=f"{reply.act.value}_query")


def _values_after(query: DataQuery, reply: Reply) -> dict[str, Any]:
    state = next_state(State(query.state), reply.act)
    if state is None:
        raise QueryRefusedError("This query has been closed meanwhile. Ask again to open it once more.")
    values: dict[str, Any] = {
        "state": state.value,
        "message_count": query.message_count + 1,
        "last_message": reply.text,
        "last_by": reply.actor.username,
    }
    if reply.fingerprint is not None:
        values["fingerprint"] = reply.fingerprint
    if state is not State.CLOSED:
        values |= {"closed_how": "", "closed_by": "", "closed_at": None}
    if reply.act is Act.CLOSE:
        values |= {
            "closed_how": reply.closed_how.value,
            "closed_by": reply.actor.username,
            "closed_at": clock.now(),
        }
    return values


def _message(query: DataQuery, act: Act, text: str, actor: Actor, message_id: UUID) -> QueryMessage:
    return QueryMessage(
        id=message_id,
        query=query,
        is_restricted=query.is_restricted,
        number=query.message_count,
        act=act.value,
        text=text,
        author_username=actor.username,
        author_name=actor.full_name,
        author_roles=actor.roles,
    )
