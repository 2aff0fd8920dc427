"""Reading the trail for a person: only what they may know of, a page at a time, at the same cost however long it is."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from enrollment.models import Patient
from enrollment.selectors.unblinding import ShownMoments, get_shown_moments
from trialsite.accounts.models import User
from trialsite.accounts.roles import Permission
from trialsite.audit.entries import escape
from trialsite.audit.models import AuditEntry, AuditEvent, NotedWords, RestrictedValues
from trialsite.queries.models import DataQuery
from trialsite.records.crf import CrfDefinition
from trialsite.trail.kinds import get_kinds, hidden_from, names_of_form
from trialsite.trail.models import EventRemark
from visits.crfs.registry import CRFS
from visits.visit import Visit

PER_PAGE = 50
SEARCHED_AT_ONCE = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailFilter:
    """Which events to show; an empty part asks for nothing."""

    text: str = ""
    patient: str = ""
    site: str = ""
    person: str = ""
    action: str = ""
    form: str = ""
    from_on: date | None = None
    to_on: date | None = None
    only_restricted: bool = False

    def told(self) -> dict[str, str]:
        """What is asked for, as plain words; for manifests and addresses."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: str(value) for name, value in values.items() if value}


@dataclass(frozen=True, slots=True)
class TrailPage:
    """`older` names the event after which the next page begins. `searched_to`: words were looked for back to this moment, and there is more."""

    events: list[AuditEvent]
    older: str = ""
    searched_to: datetime | None = None


def visible_events(user: User) -> "QuerySet[AuditEvent]":
    """Every event this person may know of. Nobody blinded meets a restricted one, nor a form they may not read."""
    events = AuditEvent.objects.all()
    if not user.may(Permission.VIEW_RESTRICTED_RECORDS):
        events = events.filter(is_restricted=False)
    if not user.sees_all_sites:
        events = events.filter(site_code__in=user.site_codes)
    hidden = hidden_from(user)
    return events.exclude(record_kind__in=hidden) if hidden else events


def find_events(user: User, wanted: TrailFilter) -> "QuerySet[AuditEvent]":
    """The events somebody asks for, the latest first. Words are looked for in all of them: a page asks `search_page` instead."""
    events = narrow_events(user, wanted)
    return events.filter(_says(user, wanted.text)) if wanted.text else events


def narrow_events(user: User, wanted: TrailFilter) -> "QuerySet[AuditEvent]":
    """The events somebody asks for but for the words in them, the latest first: whatever an index finds."""
    events = visible_events(user).filter(_period(wanted))
    plain = {"site_code": wanted.site, "actor_username": wanted.person, "action": wanted.action}
    events = events.filter(**{name: value for name, value in plain.items() if value})
    if wanted.patient:
        events = events.filter(patient_id__in=_find_patient_ids(wanted.patient))
    if wanted.form:
        events = events.filter(record_kind__in=_names(wanted.form))
    if wanted.only_restricted:
        events = events.filter(is_restricted=True)
    return order(events)


def order(events: "QuerySet[AuditEvent]") -> "QuerySet[AuditEvent]":
    return events.order_by("-at", "-id")


def get_page(events: "QuerySet[AuditEvent]", before: str = "") -> TrailPage:
    """One page of events, beginning after the one named `before` (a public id: row ids would count what is hidden)."""
    shown = list(_after(events, before)[: PER_PAGE + 1])
    older = str(shown[PER_PAGE - 1].public_id) if len(shown) > PER_PAGE else ""
    return TrailPage(shown[:PER_PAGE], older)


def search_page(user: User, wanted: TrailFilter, before: str = "") -> TrailPage:
    """A page of the events that hold some words. No index knows words inside of words, so one page looks at so many events and no more,
    and says how far it came: a rare word costs the same in a long trail as in a short one.
    """
    events = _after(narrow_events(user, wanted), before)
    last = events[SEARCHED_AT_ONCE - 1 : SEARCHED_AT_ONCE].first()
    if last is None:
        return get_page(events.filter(_says(user, wanted.text)))
    window = events.filter(Q(at__gte=last.at) & (Q(at__gt=last.at) | Q(id__gte=last.pk)))
    page = get_page(window.filter(_says(user, wanted.text)))
    return page if page.older else TrailPage(page.events, str(last.public_id), searched_to=last.at)


def _after(events: "QuerySet[AuditEvent]", before: str) -> "QuerySet[AuditEvent]":
    last = events.filter(public_id=public_id).first() if (public_id := _as_uuid(before)) else None
    if last is None:
        return events
    # The first condition alone lets the database begin in its index at the right moment.
    return events.filter(Q(at__lte=last.at) & (Q(at__lt=last.at) | Q(id__lt=last.pk)))


def _as_uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _period(wanted: TrailFilter) -> Q:
    period = Q()
    if wanted.from_on:
        period &= Q(at__gte=datetime.combine(wanted.from_on, time.min, UTC))
    if wanted.to_on:
        period &= Q(at__lte=datetime.combine(wanted.to_on, time.max, UTC))
    return period


def _find_patient_ids(number: str) -> list[UUID]:
    return list(Patient.objects.filter(number__iexact=number).values_list("pk", flat=True))


def _names(key: str) -> list[str]:
    return names_of_form(CRFS[key]) if key in CRFS else [key]


def _says(user: User, text: str) -> Q:
    """Words of the reason or the detail, of a person's name, or of a value before or after."""
    entry = AuditEntry.objects.filter(Q(new__icontains=text) | Q(old__icontains=text), event_id=OuterRef("pk"))
    words = Q(reason__icontains=text) | Q(detail__icontains=text) | Q(actor_name__icontains=text)
    if user.may(Permission.VIEW_RESTRICTED_RECORDS):
        said = Q(changes__icontains=escape(text)) | Q(reason__icontains=text) | Q(detail__icontains=text)
        for table in (RestrictedValues, NotedWords):
            words |= Q(Exists(table._default_manager.filter(said, event_id=OuterRef("pk"))))
    return words | Q(Exists(entry))


def get_patient_events(user: User, patient_id: UUID) -> "QuerySet[AuditEvent]":
    return order(visible_events(user).filter(patient_id=patient_id))


def get_record_events(user: User, record_ids: Collection[UUID]) -> "QuerySet[AuditEvent]":
    return order(visible_events(user).filter(record_id__in=record_ids))


def get_visit_record_ids(visit: Visit, definitions: Sequence[CrfDefinition]) -> list[UUID]:
    """The visit itself and the forms stored at it, with their rows; over all tables in one query."""
    of_visits = [definition for definition in definitions if definition.kind == "visit"]
    parts = [definition.rows.filter(visit=visit).order_by().values_list("pk", flat=True) for definition in of_visits]
    parts += [
        definition.grid.stored_rows.filter(parent__visit=visit).order_by().values_list("pk", flat=True)
        for definition in of_visits
        if definition.grid
    ]
    found: Any = parts[0].union(*parts[1:], all=True) if parts else []
    return [visit.pk, *found]


def get_remarks(events: Sequence[AuditEvent]) -> dict[int, list[EventRemark]]:
    """What was said about some events later, by event."""
    found: dict[int, list[EventRemark]] = {event.pk: [] for event in events}
    remarks = EventRemark.objects.filter(about_id__in=list(found)).select_related("remark").order_by("appended_at")
    for remark in remarks:
        found[remark.about_id].append(remark)
    return found


def find_event(user: User, public_id: UUID) -> AuditEvent | None:
    """The event this person may say something about. Who may know an arm speaks only where nobody blinded reads."""
    events = visible_events(user).filter(public_id=public_id)
    if user.may(Permission.VIEW_RESTRICTED_RECORDS):
        events = events.filter(is_restricted=True)
    return events.first()


def get_shown(events: Sequence[AuditEvent], reader: User | None) -> ShownMoments:
    """Who was shown the arm of which patient, and when; for who keeps the register of code breaks, and nobody else."""
    if reader is None or not reader.may(Permission.MANAGE_ALLOCATION_LIST):
        return {}
    return get_shown_moments({event.patient_id for event in events if event.patient_id})


def get_patient_numbers(ids: Collection[UUID]) -> dict[UUID, str]:
    return dict(Patient.objects.filter(pk__in=ids).values_list("pk", "number"))


def get_account_names(ids: Collection[UUID]) -> dict[UUID, str]:
    return dict(User.objects.filter(pk__in=ids).values_list("pk", "full_name"))


def get_queries(ids: Collection[UUID]) -> dict[UUID, DataQuery]:
    return DataQuery.objects.in_bulk(ids)


def get_row_keys(events: Sequence[AuditEvent]) -> dict[UUID, tuple[str, UUID]]:
    """Row id -> (its key, the form it belongs to), for the rows of grids among the events."""
    found: dict[UUID, tuple[str, UUID]] = {}
    for kind in get_kinds().values():
        ids = [event.record_id for event in events if event.record_kind == kind.name]
        if kind.is_row and ids and kind.definition and kind.definition.grid:
            rows = kind.definition.grid.stored_rows.filter(pk__in=ids)
            found |= {pk: (key, parent) for pk, key, parent in rows.values_list("pk", "key", "parent_id")}
    return found
