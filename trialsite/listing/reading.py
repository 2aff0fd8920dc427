"""Whose listing it is, of what, and as of when; and where the rows of any table belong."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from enrollment.models import Patient
from trialsite.accounts.models import User
from trialsite.accounts.presenters import EVENT_LABELS
from trialsite.audit.models import AuditEvent
from trialsite.listing.table import Head
from trialsite.printing.content import READING
from trialsite.protocol.model import Protocol
from trialsite.records.crf import CrfDefinition
from trialsite.trail.kinds import hidden_from
from trialsite.trail.selectors import visible_events
from visits.crfs.registry import CRFS
from visits.visit import Visit

# Acts after which every table of the listing is as it was before.
CHANGES_NO_TABLE = (*READING, *EVENT_LABELS, "backup", "verify_list")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one person may read: the forms of `definitions`, at `sites` (None: all)."""

    user: User
    protocol: Protocol
    sites: frozenset[str] | None
    definitions: Sequence[CrfDefinition]

    @property
    def patients(self) -> "QuerySet[Patient]":
        rows = Patient.objects.order_by("number")
        return rows if self.sites is None else rows.filter(site_code__in=self.sites)

    def at_sites(self, rows: "QuerySet[Any]", path: str) -> "QuerySet[Any]":
        """The rows of these sites; `path` leads to the code of the site."""
        return rows if self.sites is None else rows.filter(**{f"{path}__in": self.sites})

    def of_patients(self, rows: "QuerySet[Any]") -> "QuerySet[Any]":
        """The rows whose `patient_id` is a patient of these sites."""
        return rows if self.sites is None else rows.filter(patient_id__in=self.patients.order_by().values("pk"))

    @property
    def hidden_kinds(self) -> list[str]:
        return hidden_from(self.user)

    @property
    def hidden_forms(self) -> Q:
        """What a mark names that must not be known of: any stored form that the person may not read."""
        hidden = Q(pk__in=())
        for definition in CRFS.values():
            if not definition.may_view(self.user):
                hidden |= Q(target_id__in=definition.rows.order_by().values("pk"))
        return hidden

    def events(self) -> "QuerySet[AuditEvent]":
        """What the person may know of, the first one first."""
        events = visible_events(self.user).order_by("at", "id")
        return events if self.sites is None else events.filter(site_code__in=self.sites)

    def find_moment(self) -> datetime | None:
        """When anything of this was last changed; None where nothing was ever stored."""
        changes = self.events().exclude(action__in=CHANGES_NO_TABLE).order_by("-at", "-id")
        return changes.values_list("at", flat=True).first()


def make_reading(user: User, protocol: Protocol, site: str = "") -> Reading | None:
    """Everything the person may read, or what belongs to one site; None where that is not theirs."""
    if site and not user.may_see_site(site):
        return None
    everywhere = None if user.sees_all_sites else frozenset(user.site_codes)
    return Reading(
        user=user,
        protocol=protocol,
        sites=frozenset({site}) if site else everywhere,
        definitions=[definition for definition in CRFS.values() if definition.may_view(user)],
    )


# -- where rows belong that name records by their id alone


def get_patients(ids: Iterable[UUID | None]) -> dict[UUID | None, tuple[str, str]]:
    """Patient -> (number, site)."""
    wanted = {one for one in ids if one}
    rows = Patient.objects.filter(pk__in=wanted).values_list("pk", "number", "site_code")
    return {pk: (number, site) for pk, number, site in rows}


def get_places(records: Iterable[tuple[str, UUID]]) -> dict[UUID, tuple[str, str]]:
    """Record -> (planned visit, occasion), for (kind, record id) pairs; without what belongs to no visit."""
    wanted: dict[str, set[UUID]] = {}
    for kind, record_id in records:
        wanted.setdefault(kind, set()).add(record_id)
    found: dict[UUID, tuple[str, str]] = {}
    for definition in CRFS.values():
        ids = wanted.get(definition.model._meta.label_lower)
        if ids and definition.kind == "visit":
            rows = definition.rows.filter(pk__in=ids).order_by()
            found |= _read_places(rows.values_list("pk", "visit__planned_key", "visit__occasion"))
    visits = Visit.objects.filter(pk__in=wanted.get(Visit._meta.label_lower, ())).order_by()
    return found | _read_places(visits.values_list("pk", "planned_key", "occasion"))


def _read_places(rows: Iterable[tuple[UUID, str, int]]) -> dict[UUID, tuple[str, str]]:
    return {pk: (visit, str(occasion)) for pk, visit, occasion in rows}


def place(patient: tuple[str, str], visit: tuple[str, str], state: str, revision: int | None = None) -> Head:
    return Head(
        patient=patient[0],
        site=patient[1],
        visit=visit[0],
        visit_occasion=visit[1],
        state=state,
        revision=str(revision or ""),
    )


NOWHERE = ("", "")
