"""Whether every clinical row says what its trail says: the same values, and one event for each of its revisions."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterator
from typing import Any
from uuid import UUID

from django.apps import apps

from trialsite.audit.entries import get_entries_of_records
from trialsite.audit.models import AuditEvent
from trialsite.audit.verify import Problem
from trialsite.lib.batches import SIZE, batches
from trialsite.records.diff import diff
from trialsite.records.models import ClinicalRecord

Trail = dict[UUID, tuple[dict[str, Any], list[tuple[int, str]]]]


def clinical_models() -> list[type[ClinicalRecord]]:
    return [model for model in apps.get_models() if issubclass(model, ClinicalRecord)]


def verify_records() -> Iterator[Problem]:
    """All rows that differ from their trail, and all that are gone."""
    for model in clinical_models():
        for batch in batches(model._base_manager.order_by("pk").iterator(chunk_size=SIZE)):
            trail = _read_trail([row.pk for row in batch])
            for row in batch:
                # Somebody may have stored a correction between the two readings: look again before saying so.
                if _find_differences(row, trail) and (problem := _look_again(model, row.pk)):
                    yield problem
        yield from _find_lost(model)


def _read_trail(ids: Collection[UUID]) -> Trail:
    """Record id -> its latest values, and (revision, user name) of each event."""
    values: dict[UUID, dict[str, Any]] = defaultdict(dict)
    events: dict[UUID, list[tuple[int, str]]] = defaultdict(list)
    of_revisions = AuditEvent.objects.filter(record_id__in=ids, revision__isnull=False)
    for record_id, revision, username in of_revisions.order_by("revision").values_list(
        "record_id", "revision", "actor_username"
    ):
        events[record_id].append((revision, username))  # type: ignore[index,arg-type]  # not null, as asked for
    for entry in get_entries_of_records(ids):
        if entry.event.revision is not None:
            values[entry.record_id][entry.field] = json.loads(entry.new)
    return {record_id: (values[record_id], events[record_id]) for record_id in ids}


def _look_again(model: type[ClinicalRecord], pk: UUID) -> Problem | None:
    row = model._base_manager.filter(pk=pk).first()
    differences = _find_differences(row, _read_trail([pk])) if row else []
    if not differences:
        return None
    return Problem(kind="altered", place=f"{model._meta.label} {pk}", sentence="; ".join(differences))


def _find_differences(row: ClinicalRecord, trail: Trail) -> list[str]:
    values, events = trail[row.pk]
    if not events:
        return ["the row was inserted: its trail is empty"]
    found = [
        f"{field} is {now!r}, its trail says {then!r}"
        for field, (then, now) in diff(values, row.plain_values()).items()
    ]
    if [revision for revision, _ in events] != [*range(1, row.revision + 1)]:
        found.append(f"the row is at revision {row.revision}, its trail has {len(events)}")
    if (row.recorded_by, row.changed_by) != (events[0][1], events[-1][1]):
        found.append(
            f"the row names {row.recorded_by} and {row.changed_by}, its trail {events[0][1]} and {events[-1][1]}"
        )
    return found


def _find_lost(model: type[ClinicalRecord]) -> Iterator[Problem]:
    first = AuditEvent.objects.filter(record_kind=model._meta.label_lower, revision=1)
    lost = first.exclude(record_id__in=model._base_manager.values("pk"))
    for event in lost.order_by("id").iterator():
        yield Problem(kind="deleted", place=f"{model._meta.label} {event.record_id}", sentence="the row was deleted")
