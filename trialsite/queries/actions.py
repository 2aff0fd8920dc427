"""Opening, answering, closing and reopening a data query: each is one message, one new state and one audit event, together or not at all."""

from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID, uuid4

from trialsite.accounts.actor import Actor
from trialsite.audit.gate import open_gate
from trialsite.lib import clock
from trialsite.queries.models import DataQuery, QueryMessage, QueryOrigin
from trialsite.queries.rules import Act, ClosedBy, State, next_state
from trialsite.records.actions import correct_record, create_record


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


def open_query(
    target: Target,
    text: str,
    *,
    actor: Actor,
    query_id: UUID | None = None,
    check: CheckQuestion | None = None,
) -> DataQuery:
    """Ask. A page names the query by the id it will have, so that asking twice asks once."""
    with open_gate():
        known = DataQuery._base_manager.filter(pk=query_id).first() if query_id else None
        if known is not None:
            return known
        query = DataQuery(
            id=query_id or uuid4(),
            **asdict(target),
            origin=QueryOrigin.CHECK if check else QueryOrigin.PERSON,
            check_key=check.key if check else "",
            fingerprint=check.fingerprint if check else "",
            opened_by=actor.username,
            opened_by_name=actor.full_name,
            opened_at=clock.now(),
            message_count=1,
            last_message=text,
            last_by=actor.username,
        )
        create_record(query, actor=actor, action="open_query")
        _append(query, Act.OPEN, text, actor, uuid4())
        return query


def act_on_query(
    query_id: UUID,
    act: Act,
    text: str,
    *,
    actor: Actor,
    message_id: UUID | None = None,
    closed_how: ClosedBy = ClosedBy.PERSON,
    fingerprint: str | None = None,
) -> DataQuery:
    """Add a message and move the query to where the act leads. Many people at once queue for the row; nobody's message is lost."""
    with open_gate():
        query = DataQuery._base_manager.select_for_update().get(pk=query_id)
        if message_id and QueryMessage.objects.filter(pk=message_id, query=query).exists():
            return query
        state = next_state(State(query.state), act)
        if state is None:
            raise QueryRefusedError("This query has been closed meanwhile. Ask again to open it once more.")
        values = _values_after(query, state, text, actor) | (
            {} if fingerprint is None else {"fingerprint": fingerprint}
        )
        if act is Act.CLOSE:
            values |= {"closed_how": closed_how.value, "closed_by": actor.username, "closed_at": clock.now()}
        query = correct_record(query, values, actor=actor, base_revision=query.revision, action=f"{act.value}_query")
        _append(query, act, text, actor, message_id or uuid4())
        return query


def _values_after(query: DataQuery, state: State, text: str, actor: Actor) -> dict[str, Any]:
    values: dict[str, Any] = {
        "state": state.value,
        "message_count": query.message_count + 1,
        "last_message": text,
        "last_by": actor.username,
    }
    if state is not State.CLOSED:
        values |= {"closed_how": "", "closed_by": "", "closed_at": None}
    return values


def _append(query: DataQuery, act: Act, text: str, actor: Actor, message_id: UUID) -> None:
    QueryMessage.objects.create(
        id=message_id,
        query=query,
        number=query.message_count,
        act=act.value,
        text=text,
        author_username=actor.username,
        author_name=actor.full_name,
        author_roles=actor.roles,
    )
