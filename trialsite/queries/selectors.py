"""Reading data queries back, and the track record of the edit checks. Every function here costs a fixed number of queries."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet, UUIDField

from trialsite.lib import clock
from trialsite.lib.prepared import Place, Prepared
from trialsite.queries.models import (
    CheckFiring,
    DataQuery,
    Firing,
    QueryMessage,
    QueryOrigin,
    QueryState,
    RestrictedFiring,
)

NOT_CLOSED = (QueryState.OPEN, QueryState.ANSWERED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a person may see: forms by key, and sites by code (None: all). Every list and every count starts from one.

    `restricted_keys` are those of the forms that are restricted: a query counts only where it is exactly as restricted as its form, for
    what one says in an answer is kept as the query says, and a row that says otherwise was put there by somebody else.
    """

    form_keys: frozenset[str]
    site_codes: frozenset[str] | None
    restricted_keys: frozenset[str] = frozenset()

    def holds(self, query: DataQuery) -> bool:
        is_own_site = self.site_codes is None or query.site_code in self.site_codes
        is_as_its_form = query.is_restricted == (query.form_key in self.restricted_keys)
        return query.form_key in self.form_keys and is_own_site and is_as_its_form


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryFilter:
    """Which queries to list; an empty part asks for nothing. `person` opened the query or wrote last."""

    state: str = "not_closed"
    origin: str = ""
    site: str = ""
    form: str = ""
    person: str = ""
    patient: str = ""
    older_than_days: int | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the list, which runs from the oldest query to the newest."""

    opened_at: datetime
    id: UUID

    def __str__(self) -> str:
        return f"{self.opened_at.isoformat()}_{self.id}"

    @classmethod
    def read(cls, text: str) -> "Position | None":
        """None for anything that is no position, as for the first page."""
        moment, _, query_id = text.partition("_")
        try:
            return cls(datetime.fromisoformat(moment).astimezone(UTC), UUID(query_id))
        except (ValueError, OverflowError):
            return None


def within(scope: Scope) -> "QuerySet[DataQuery]":
    """Every query that somebody with this scope may see."""
    wanted = Q(form_key__in=scope.form_keys - scope.restricted_keys, is_restricted=False)
    if restricted := scope.form_keys & scope.restricted_keys:
        wanted |= Q(form_key__in=restricted, is_restricted=True)
    rows = DataQuery.objects.filter(wanted)
    return rows if scope.site_codes is None else rows.filter(site_code__in=scope.site_codes)


def find_query(scope: Scope, query_id: UUID) -> DataQuery | None:
    """The query, if this person may know of it."""
    found: DataQuery | None = DataQuery.objects.filter(pk=query_id).first()
    return found if found and scope.holds(found) else None


def get_messages(query_ids: Iterable[UUID]) -> dict[UUID, list[QueryMessage]]:
    """The threads of some queries, first message first."""
    wanted = list(query_ids)
    threads: dict[UUID, list[QueryMessage]] = {query_id: [] for query_id in wanted}
    for message in QueryMessage.objects.filter(query__in=wanted).order_by("number") if wanted else ():
        threads[message.query_id].append(message)
    return threads


def list_queries(scope: Scope, wanted: QueryFilter, after: Position | None, limit: int) -> list[DataQuery]:
    """One page, oldest first. The next one begins after the last: the database walks an index, however long the list is."""
    rows = _filtered(within(scope), wanted)
    if after is not None:
        later = Q(opened_at__gt=after.opened_at) | Q(id__gt=after.id)
        rows = rows.filter(later, opened_at__gte=after.opened_at)
    return list(rows.order_by("opened_at", "id")[:limit])


def _filtered(rows: "QuerySet[DataQuery]", wanted: QueryFilter) -> "QuerySet[DataQuery]":
    exact = {"origin": wanted.origin, "site_code": wanted.site, "form_key": wanted.form}
    rows = rows.filter(**{name: value for name, value in exact.items() if value})
    if wanted.state:
        rows = rows.filter(state__in=NOT_CLOSED if wanted.state == "not_closed" else (wanted.state,))
    if wanted.person:
        names = ("opened_by", "opened_by_name", "last_by", "closed_by")
        rows = rows.filter(Q(*((f"{name}__icontains", wanted.person) for name in names), _connector=Q.OR))
    if wanted.patient:
        rows = rows.filter(patient_number__icontains=wanted.patient)
    if wanted.older_than_days is not None:
        rows = rows.filter(opened_at__lt=clock.now() - timedelta(days=wanted.older_than_days))
    return rows


def list_waiting(scope: Scope, states: Collection[str], limit: int) -> tuple[list[DataQuery], int]:
    """The oldest queries in these states, and how many there are in all."""
    rows = within(scope).filter(state__in=states)
    found = list(rows.order_by("opened_at", "id")[: limit + 1])
    return found[:limit], rows.count() if len(found) > limit else len(found)


def get_queries_of_record(scope: Scope, form_key: str, record_id: UUID) -> list[DataQuery]:
    """All queries about one form, oldest first; closed ones too."""
    return list(within(scope).filter(record_id=record_id, form_key=form_key).order_by("opened_at", "id"))


def count_by_form(scope: Scope, patient_id: UUID) -> Mapping[tuple[str, UUID | None], int]:
    """How many queries of a patient are not closed: (form, visit) -> number."""
    counted = _counting(scope).ask(patient=patient_id)
    return {(form_key, visit_id): number for form_key, visit_id, number in counted}


@lru_cache
def _counting(scope: Scope) -> Prepared:
    rows = within(scope).filter(patient_id=Place("patient", UUIDField()), state__in=NOT_CLOSED).order_by()
    return Prepared(lambda: rows.values_list("form_key", "visit_id").annotate(number=Count("id")))


def count_firings(scope: Scope) -> Mapping[tuple[str, str, str], int]:
    """What happened to the checks: (form, key of the finding, kind) -> number."""
    open_ones, restricted = (_count_firings(scope, model) for model in (CheckFiring, RestrictedFiring))
    counted = open_ones.union(restricted, all=True)
    return {(form_key, key, kind): number for form_key, key, kind, number in counted}


def _count_firings(scope: Scope, model: type[Firing]) -> "QuerySet[Any, Any]":
    rows = model._default_manager.filter(form_key__in=scope.form_keys)
    rows = rows if scope.site_codes is None else rows.filter(site_code__in=scope.site_codes)
    return rows.order_by().values_list("form_key", "check_key", "kind").annotate(number=Count("id"))


def count_open_by_check(scope: Scope) -> Mapping[tuple[str, str], int]:
    """(form, key of the finding) -> number of its queries that are not closed."""
    rows = within(scope).filter(origin=QueryOrigin.CHECK, state__in=NOT_CLOSED).order_by()
    counted = rows.values_list("form_key", "check_key").annotate(number=Count("id"))
    return {(form_key, key): number for form_key, key, number in counted}
