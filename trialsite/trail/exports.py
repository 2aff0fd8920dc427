"""The trail as a file: one line after the other, so that a million of them need no more memory than a hundred.

The last line is the manifest: who took what, when, how much it is, and the digest of every byte before it.
"""

import csv
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from endpoints.exports.csv_file import make_safe
from trialsite.accounts.actor import Actor
from trialsite.accounts.models import User
from trialsite.audit.models import AuditEvent
from trialsite.lib.batches import SIZE, batches
from trialsite.lib.version import get_version
from trialsite.protocol.model import Protocol
from trialsite.trail.presenters import EventLine, present_events
from trialsite.trail.selectors import TrailFilter

FORMAT = 2
COLUMNS = (
    "event", "at", "patient", "site", "visit", "form", "record", "revision", "action", "what", "field", "label",
    "old", "new", "old_words", "new_words", "reason", "detail", "by", "username", "roles", "is_restricted",
    "knows_arm_since",
    "days_late",
)  # fmt: skip


@dataclass(kw_only=True)
class Export:
    """One file on its way. `events` is sorted and holds only what the person may know of."""

    events: "QuerySet[AuditEvent]"
    wanted: TrailFilter
    actor: Actor
    at: datetime
    protocol: Protocol
    reader: User
    event_id: str
    digest: Any = field(default_factory=hashlib.sha256)
    event_count: int = 0
    value_count: int = 0

    def stream(self, file_format: str) -> Iterator[str]:
        yield from self.lines(file_format)
        yield FORMATS[file_format][2](self.manifest())

    def lines(self, file_format: str) -> Iterator[str]:
        """Everything but the manifest at the end."""
        head, write, _ = FORMATS[file_format]
        yield from self._keep(head())
        for batch in batches(self.events.iterator(chunk_size=SIZE)):
            for event, line in zip(batch, present_events(batch, self.protocol, self.reader), strict=True):
                self.event_count += 1
                self.value_count += len(line.entries)
                yield from self._keep(write(event, line))

    def _keep(self, text: str) -> Iterator[str]:
        self.digest.update(text.encode())
        yield text

    def manifest(self) -> dict[str, Any]:
        return {
            **tell_taker(self.actor, self.at),
            **tell_source(self.wanted.told(), self.protocol),
            "export_event": self.event_id,
            "events": self.event_count,
            "values": self.value_count,
            "sha256": self.digest.hexdigest(),
        }


def tell_taker(actor: Actor, at: datetime) -> dict[str, Any]:
    """The part of a manifest that differs from one taking to the next: by whom, and when."""
    return {"taken_by": f"{actor.full_name} ({actor.username})", "roles": actor.roles, "taken_at": at.isoformat()}


def tell_source(wanted: dict[str, str], protocol: Protocol) -> dict[str, Any]:
    """The part of a manifest that says what was asked for, and which versions wrote it."""
    return {
        "filter": wanted,
        "format": FORMAT,
        "version": get_version(),
        "protocol": {"key": protocol.key, "version": protocol.version, "sha256": protocol.digest},
    }


def _describe(event: AuditEvent, line: EventLine) -> dict[str, Any]:
    return {
        "event": str(event.public_id),
        "at": line.at.isoformat(timespec="microseconds"),
        "patient": line.patient_number,
        "site": event.site_code,
        "visit": event.visit_label,
        "form": event.record_kind,
        "record": str(event.record_id or ""),
        "revision": event.revision or "",
        "action": event.action,
        "what": line.headline,
        "reason": event.reason,
        "detail": event.detail,
        "by": event.actor_name,
        "username": event.actor_username,
        "roles": event.actor_roles,
        "is_restricted": event.is_restricted,
        "knows_arm_since": line.knows_since.isoformat(timespec="microseconds") if line.knows_since else "",
        "days_late": line.days_late or "",
    }


def _json_line(event: AuditEvent, line: EventLine) -> str:
    values = [
        {"field": entry.field, "old": json.loads(entry.old), "new": json.loads(entry.new)} for entry in line.entries
    ]
    return _to_json({**_describe(event, line), "values": values, "sentences": line.sentences})


def _to_json(told: dict[str, Any]) -> str:
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")) + "\n"


def _csv_lines(event: AuditEvent, line: EventLine) -> str:
    about = _describe(event, line)
    words = {change.field: change for change in line.changes}
    rows = []
    for entry in line.entries:
        change = words.get(entry.field)
        told = {"label": change.label, "old_words": change.old, "new_words": change.new} if change else {}
        rows.append({**about, "field": entry.field, "old": entry.old, "new": entry.new, **told})
    return "".join(_csv_row([row.get(column, "") for column in COLUMNS]) for row in rows or [about])


class _Echo:
    """Where a CSV writer writes: it gives back what it gets."""

    def write(self, text: str) -> str:
        return text


def _csv_row(cells: Any) -> str:
    return str(csv.writer(_Echo(), lineterminator="\r\n").writerow([make_safe(str(cell)) for cell in cells]))


Write = Callable[[AuditEvent, EventLine], str]
FORMATS: dict[str, tuple[Callable[[], str], Write, Callable[[dict[str, Any]], str]]] = {
    "csv": (lambda: _csv_row(COLUMNS), _csv_lines, lambda told: _csv_row(["# manifest", json.dumps(told)])),
    "jsonl": (lambda: "", _json_line, lambda told: _to_json({"manifest": told})),
}
