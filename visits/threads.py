"""Data queries as people meet them: lines of a list, and threads beside the items of a form."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID, uuid4

from django.urls import reverse

from trialsite.accounts.models import User
from trialsite.accounts.roles import Permission
from trialsite.lib import clock
from trialsite.protocol.current import get_protocol
from trialsite.queries.models import DataQuery, QueryMessage, QueryState
from trialsite.queries.rules import Act
from trialsite.queries.selectors import Scope, get_messages, get_queries_of_record, list_waiting
from trialsite.records.crf import CrfDefinition
from trialsite.records.forms import CrfForm
from trialsite.records.models import CaseReportForm
from visits.crfs.registry import CRFS
from visits.presenters import form_url

_ACT_WORDS = {Act.OPEN: "asked", Act.ANSWER: "answered", Act.CLOSE: "closed", Act.REOPEN: "asked again"}
BY_CHECK = "Edit check"
_RESTRICTED = frozenset(key for key, definition in CRFS.items() if definition.is_restricted)


def scope_of(user: User) -> Scope:
    """What this person may see of queries: those about forms they may read, at their sites. Restricted forms fall out here, counts included."""
    sites = None if user.sees_all_sites else frozenset(user.site_codes)
    return make_scope((definition for definition in CRFS.values() if definition.may_view(user)), sites)


def make_scope(definitions: Iterable[CrfDefinition], sites: frozenset[str] | None) -> Scope:
    """What somebody may see of queries who reads these forms, at these sites (None: all)."""
    keys = frozenset(definition.key for definition in definitions)
    return Scope(form_keys=keys, site_codes=sites, restricted_keys=_RESTRICTED & keys)


def may_answer(user: User, query: DataQuery) -> bool:
    """Whoever enters the form answers for it."""
    definition = CRFS.get(query.form_key)
    return user.may(Permission.ANSWER_QUERIES) and definition is not None and definition.may_enter(user)


def acts_open_to(user: User, query: DataQuery) -> frozenset[Act]:
    """What this person may do with the query now."""
    acts = {Act.ANSWER} if may_answer(user, query) and not query.is_closed else set()
    if user.may(Permission.CLOSE_QUERIES):
        acts |= {Act.REOPEN} if query.is_closed else {Act.REOPEN, Act.CLOSE}
    return frozenset(acts)


def url_of_form(query: DataQuery) -> str:
    """The page of the form that the query is about."""
    if query.visit_id is not None:
        return form_url(query.visit_id, CRFS[query.form_key])
    return reverse("patient_record", args=(query.patient_id, query.form_key, query.record_id))


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryLine:
    """A query in a list. `days` is its age, or how long it was open."""

    url: str
    patient_number: str
    where: str
    item: str
    state: str
    state_label: str
    days: int
    by: str
    last_message: str
    last_by: str


def present_line(query: DataQuery) -> QueryLine:
    until: datetime = query.closed_at or clock.now()
    return QueryLine(
        url=reverse("query", args=(query.pk,)),
        patient_number=query.patient_number,
        where=_where(query),
        item=query.field_label,
        state=query.state,
        state_label=QueryState(query.state).label,
        days=max((until - query.opened_at).days, 0),
        by=BY_CHECK if query.is_by_check else query.opened_by_name,
        last_message=query.last_message,
        last_by=query.last_by,
    )


def _where(query: DataQuery) -> str:
    form = CRFS[query.form_key].title
    known = {visit.key: visit.label for visit in get_protocol().visits}
    label = known.get(query.visit_label, query.visit_label)
    return f"{label}, {form}" if label else form


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """The oldest queries that wait for this person, and how many there are. `url` lists them all."""

    title: str
    lines: Sequence[QueryLine]
    total: int
    url: str


def get_waiting(user: User, limit: int = 8) -> list[Waiting]:
    """What a site has to answer, and what whoever asked has to close."""
    scope, found = scope_of(user), []
    if user.may(Permission.ANSWER_QUERIES):
        entered = frozenset(key for key in scope.form_keys if CRFS[key].may_enter(user))
        found.append(_waiting("Queries to answer", replace(scope, form_keys=entered), QueryState.OPEN, limit))
    if user.may(Permission.CLOSE_QUERIES):
        found.append(_waiting("Queries to close", scope, QueryState.ANSWERED, limit))
    return [waiting for waiting in found if waiting.total]


def _waiting(title: str, scope: Scope, state: QueryState, limit: int) -> Waiting:
    queries, total = list_waiting(scope, (state,), limit)
    url = f"{reverse('queries')}?state={state.value}"
    return Waiting(title=title, lines=[present_line(query) for query in queries], total=total, url=url)


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a thread."""

    author: str
    roles: str
    did: str
    at: datetime
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """A query with its messages, and what the reader may do. `typed` and `errors` are what came back with a message that was not kept."""

    template: ClassVar[str] = "visits/_thread.html"

    id: UUID
    url: str
    form_url: str
    where: str
    item: str
    state: str
    state_label: str
    is_closed: bool
    is_by_check: bool
    messages: Sequence[Message]
    acts: frozenset[Act]
    message_id: UUID
    typed: str = ""
    errors: Sequence[str] = ()
    asks_if_sure: bool = False

    @property
    def may_answer(self) -> bool:
        return Act.ANSWER in self.acts

    @property
    def may_close(self) -> bool:
        return Act.CLOSE in self.acts

    @property
    def may_reopen(self) -> bool:
        return Act.REOPEN in self.acts


def present_thread(query: DataQuery, messages: Sequence[QueryMessage], user: User, **returned: Any) -> Thread:
    return Thread(
        id=query.pk,
        url=reverse("query", args=(query.pk,)),
        form_url=url_of_form(query),
        where=_where(query),
        item=query.field_label,
        state=query.state,
        state_label=QueryState(query.state).label,
        is_closed=query.is_closed,
        is_by_check=query.is_by_check,
        messages=[_message(message) for message in messages],
        acts=acts_open_to(user, query),
        message_id=uuid4(),
        **returned,
    )


def _message(message: QueryMessage) -> Message:
    return Message(
        author=message.author_name,
        roles=message.author_roles.replace("_", " "),
        did=_ACT_WORDS[Act(message.act)],
        at=message.appended_at,
        text=message.text,
    )


def annotate(form: CrfForm, record: CaseReportForm, *, user: User) -> Mapping[str, Any]:
    """Put the queries that are not closed beside the items they are about; the closed ones are listed below the form."""
    if not record.is_stored:
        return {}
    queries = get_queries_of_record(scope_of(user), form.definition.key, record.pk)
    standing = [query for query in queries if not query.is_closed]
    messages = get_messages(query.pk for query in standing)
    threads = {query.pk: present_thread(query, messages[query.pk], user) for query in standing}
    for query in standing:
        if query.field in form.extras:
            form.extras[query.field].threads.append(threads[query.pk])
    return {
        "threads": list(threads.values()),
        "whole_form_threads": [threads[query.pk] for query in standing if query.field not in form.extras],
        "closed_queries": [present_line(query) for query in queries if query.is_closed],
        "new_query_url": _new_query_url(form.definition, record, user),
    }


def _new_query_url(definition: CrfDefinition, record: CaseReportForm, user: User) -> str:
    return reverse("new_query", args=(definition.key, record.pk)) if user.may(Permission.OPEN_QUERIES) else ""
