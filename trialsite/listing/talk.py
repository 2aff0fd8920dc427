"""The tables of what people asked and looked at: data queries, firings of edit checks, reviews of the trail, digests of the lists."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any
from uuid import UUID

from enrollment.models import ListCommitment
from trialsite.accounts.roles import Permission
from trialsite.listing.reading import NOWHERE, Reading, get_places, place
from trialsite.listing.table import Column, Head, Table, columns_of
from trialsite.queries.models import CheckFiring, DataQuery, Firing, QueryMessage, RestrictedFiring
from trialsite.queries.selectors import within
from trialsite.records.dictionary import Described
from trialsite.trail.models import AuditReview, EventRemark
from visits.crfs.registry import CRFS
from visits.threads import make_scope
from visits.visit import Visit

_IN_HEAD = ("patient_number", "site_code", "patient_id", "visit_label", "revision", "state")


def list_talk_tables(reading: Reading) -> Iterator[Table]:
    yield from _queries(reading)
    yield from _firings(reading)
    yield from _reviews(reading)
    yield Table(
        name="list_commitments",
        title="Published digests of the allocation lists",
        rows=ListCommitment.objects.order_by("phase_number"),
        heads=_nowhere,
        columns=columns_of(ListCommitment, reading.protocol, but=("id",)),
    )


def _queries(reading: Reading) -> Iterator[Table]:
    queries = within(make_scope(reading.definitions, reading.sites))
    yield Table(
        name="data_queries",
        title="Data queries",
        rows=queries.order_by("opened_at", "pk"),
        heads=_heads_of_queries,
        columns=columns_of(DataQuery, reading.protocol, but=_IN_HEAD),
    )
    messages = QueryMessage.objects.filter(query__in=queries.order_by().values("pk"))
    yield Table(
        name="data_query_messages",
        title="Threads of the data queries",
        rows=messages.select_related("query").order_by("query__opened_at", "query_id", "number"),
        heads=lambda batch: _heads_of_queries([message.query for message in batch]),
        columns=columns_of(QueryMessage, reading.protocol, but=("is_restricted",)),
    )


def _heads_of_queries(batch: Sequence[DataQuery]) -> list[Head]:
    places = get_places((Visit._meta.label_lower, one.visit_id) for one in batch if one.visit_id)
    return [
        place(
            (one.patient_number, one.site_code),
            places[one.visit_id] if one.visit_id else NOWHERE,
            one.state,
            one.revision,
        )
        for one in batch
    ]


def _firings(reading: Reading) -> Iterator[Table]:
    """Without their numbers: these count the firings of forms that the person may not read."""
    yield _firings_in(CheckFiring, "check_firings", "Firings of edit checks", reading)
    if any(definition.is_restricted for definition in reading.definitions):
        yield _firings_in(
            RestrictedFiring, "restricted_check_firings", "Firings of edit checks on restricted forms", reading
        )


def _firings_in(model: type[Firing], name: str, title: str, reading: Reading) -> Table:
    keys = [definition.key for definition in reading.definitions]
    rows = reading.at_sites(model._default_manager.filter(form_key__in=keys), "site_code")
    return Table(
        name=name,
        title=title,
        rows=rows.order_by("appended_at", "form_key", "check_key", "record_id", "kind", "pk"),
        heads=_heads_of_firings,
        columns=columns_of(model, reading.protocol, but=("id", "site_code", "kind")),
    )


def _heads_of_firings(batch: Sequence[Firing]) -> list[Head]:
    places = get_places((CRFS[one.form_key].model._meta.label_lower, one.record_id) for one in batch)
    return [place(("", one.site_code), places.get(one.record_id, NOWHERE), one.kind) for one in batch]


def _reviews(reading: Reading) -> Iterator[Table]:
    reviews = reading.at_sites(AuditReview.objects.all(), "site_code")
    if not reading.user.may(Permission.VIEW_RESTRICTED_RECORDS):
        reviews = reviews.filter(is_restricted=False)
    yield Table(
        name="trail_reviews",
        title="Reviews of the audit trail",
        rows=reviews.order_by("appended_at", "pk"),
        heads=lambda batch: [Head(site=one.site_code, state="signed") for one in batch],
        columns=columns_of(AuditReview, reading.protocol, but=("site_code", "reviewer_id")),
    )
    remarks = EventRemark.objects.filter(remark__in=reading.events().order_by().values("pk"))
    yield Table(
        name="trail_remarks",
        title="Remarks on the audit trail",
        rows=remarks.select_related("remark", "about").order_by("appended_at", "remark__public_id"),
        heads=lambda batch: [Head(site=one.remark.site_code, visit=one.remark.visit_label) for one in batch],
        columns=[
            _event_column("event", "Event of the remark", lambda one: one.remark.public_id),
            _event_column("about_event", "Event that it is about", lambda one: one.about.public_id),
            *columns_of(EventRemark, reading.protocol, but=("remark", "about", "is_restricted")),
        ],
    )


def _event_column(name: str, label: str, read: Callable[[Any], UUID]) -> Column:
    """Events by their public id: that of their row would count what is hidden."""
    return Column(
        name=name, label=label, described=Described(kind="id", unit="", hard="", soft="", codes=""), read=read
    )


def _nowhere(batch: Sequence[object]) -> list[Head]:
    return [Head() for _ in batch]
