"""A patient's records as they stood at any event, told by the trail alone: what signatures and verifications are held against.

Nothing here reads a clinical table. So the digest of what was signed can be computed anew long after the record has moved on.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.apps import apps

from trialsite.audit.models import AuditEntry, AuditEvent
from trialsite.records.critical import digest_of_entered, digest_of_form_values, digest_of_item_value
from trialsite.records.models import CaseReportForm, ClinicalRecord


@dataclass(slots=True)
class Told:
    """One record as the trail tells it so far."""

    kind: str
    revision: int = 0
    values: dict[str, Any] = field(default_factory=dict)

    @property
    def model(self) -> type[ClinicalRecord]:
        found: type[ClinicalRecord] = apps.get_model(self.kind)
        return found

    @property
    def is_content(self) -> bool:
        """Whether a signature over a casebook speaks of it; not of a question about it, nor of what only operators enter."""
        return self.model.IS_CONTENT and not self.model.IS_RESTRICTED


class Replay:
    """Takes in one event after the other, oldest first."""

    def __init__(self) -> None:
        self.records: dict[UUID, Told] = {}
        self._rows: dict[str, list[UUID]] = {}

    def take(self, event: AuditEvent, entries: Iterable[AuditEntry]) -> None:
        """Only events of a revision change a record."""
        if event.revision is None or event.record_id is None:
            return
        told = self.records.setdefault(event.record_id, Told(event.record_kind))
        told.revision = event.revision
        for entry in entries:
            told.values[entry.field] = json.loads(entry.new)
            if entry.field == "parent":
                self._rows.setdefault(told.values["parent"], []).append(event.record_id)

    def rows_of(self, form_id: UUID) -> dict[str, Mapping[str, Any]]:
        """The rows of a form's grid by their key."""
        rows = [self.records[row_id] for row_id in self._rows.get(str(form_id), ())]
        return {row.values["key"]: row.values for row in rows}

    def digest_of(self, record_id: UUID) -> str:
        """Of a form with its rows, or of a patient or visit; "" where there is no such record yet."""
        told = self.records.get(record_id)
        if told is None:
            return ""
        if issubclass(told.model, CaseReportForm):
            return digest_of_form_values(told.values, self.rows_of(record_id))
        return digest_of_entered(told.values)

    def digest_of_item(self, record_id: UUID, name: str) -> str:
        """Of one item of a form, "row.column" in a grid; of the whole form for ""."""
        if not name or record_id not in self.records:
            return self.digest_of(record_id)
        values, (row, _, column) = self.records[record_id].values, name.rpartition(".")
        holder = self.rows_of(record_id).get(row, {}) if row else values
        return digest_of_item_value(holder.get(column), (values.get("absent") or {}).get(name))
