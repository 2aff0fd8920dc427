"""Gathering what the questions of a review are put to, from the trail and the tables beside it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Min

from trialsite.accounts.models import User
from trialsite.audit.entries import get_entries
from trialsite.audit.models import AuditEvent
from trialsite.protocol.model import Protocol
from trialsite.queries.models import DataQuery
from trialsite.records.diff import digest_of
from trialsite.signatures.models import Signature
from trialsite.trail.kinds import get_kinds
from trialsite.trail.rules import Bounds, Found, Stored, Thresholds, review
from trialsite.trail.selectors import TrailFilter, find_events
from visits.visit import Visit

# A review of more is asked to take a shorter period: people look at findings, not at thousands.
MOST_EVENTS = 20_000
_BOOKKEEPING = frozenset(
    {"status", "completed_at", "absent", "confirmed", "rows_digest", "patient", "visit", "parent", "key"}
)


_QUERY = DataQuery._meta.label_lower
"""What is asked about a visit comes after it; only what is entered can be late."""


@dataclass(frozen=True, slots=True)
class Review:
    """The findings of one period with the events they name. `is_too_long`: there were more events than one review takes."""

    findings: list[Found]
    events: dict[str, AuditEvent]
    is_too_long: bool

    @property
    def digest(self) -> str:
        return digest_of({"findings": [[found.question, found.key, found.why] for found in self.findings]})


def review_trail(user: User, wanted: TrailFilter, protocol: Protocol) -> Review:
    """Put every question to the events of a period that this person may know of."""
    found = find_events(user, wanted).filter(revision__isnull=False, patient_id__isnull=False)
    events = list(found[: MOST_EVENTS + 1])
    if len(events) > MOST_EVENTS:
        return Review([], {}, is_too_long=True)
    events.reverse()  # the oldest first, as the questions ask
    findings = review(_gather(events, protocol), bounds_of(protocol), thresholds_of(protocol))
    named = {finding.key for finding in findings}
    return Review(findings, {str(event.public_id): event for event in events if str(event.public_id) in named}, False)


def bounds_of(protocol: Protocol) -> Bounds:
    return Bounds(late_after_days=protocol.review.late_after_days)


def thresholds_of(protocol: Protocol) -> Thresholds:
    """The bounds of the protocol that one stored value can cross."""
    steps = [
        Decimal(str(criterion.parameters["maximum"]))
        for criterion in protocol.criteria
        if criterion.rule == "edss_at_most"
    ]
    doppler = protocol.doppler
    return {
        ("visits.edss", "rater_step"): steps,
        ("visits.dopplerfinding", "reflux_s"): [doppler.neck_reflux_above_s, doppler.intracranial_reflux_above_s],
        ("visits.dopplerfinding", "csa_mm2"): [doppler.stenosis_area_at_most_mm2],
    }


def _gather(events: Sequence[AuditEvent], protocol: Protocol) -> list[Stored]:
    changes = _get_changes(events)
    rows = {kind.name for kind in get_kinds().values() if kind.is_row}
    visits = _get_visit_days({event.patient_id for event in events if event.patient_id})
    signed = _get_signature_moments({event.record_id for event in events if event.record_id})
    zones = {site.code: ZoneInfo(site.time_zone) for site in protocol.sites}
    return [
        Stored(
            key=str(event.public_id),
            at=event.at,
            local_at=event.at.astimezone(zones.get(event.site_code, ZoneInfo("UTC"))),
            person=event.actor_name or event.actor_username,
            kind=event.record_kind,
            record=str(event.record_id),
            is_first=event.revision == 1,
            changes=tuple(changes.get(event.pk, ())),
            is_row=event.record_kind in rows,
            visited_on=(
                visits.get((event.patient_id, event.visit_label))
                if event.patient_id and event.record_kind != _QUERY
                else None
            ),
            signed_at=signed.get(event.record_id) if event.record_id else None,
        )
        for event in events
    ]


def _get_changes(events: Sequence[AuditEvent]) -> dict[int, list[tuple[str, object, object]]]:
    """What changed in records that were stored before, by event. A first entry replaces nothing, and most entries are of first ones."""
    entries = get_entries(event for event in events if event.revision != 1)
    return {
        key: [(one.field, json.loads(one.old), json.loads(one.new)) for one in some if one.field not in _BOOKKEEPING]
        for key, some in entries.items()
    }


def _get_visit_days(patient_ids: set[UUID]) -> dict[tuple[UUID, str], date]:
    """Only planned visits: the trail names no occasion, and an unscheduled visit may have several."""
    visits = Visit.objects.filter(patient_id__in=patient_ids, occasion=1, visited_on__isnull=False)
    planned = visits.exclude(planned_key="unscheduled")
    return {(patient, key): on for patient, key, on in planned.values_list("patient_id", "planned_key", "visited_on")}


def _get_signature_moments(record_ids: set[UUID]) -> dict[UUID, datetime]:
    signatures = Signature.objects.filter(record_id__in=record_ids).order_by().values_list("record_id")
    return dict(signatures.annotate(first=Min("appended_at")))
