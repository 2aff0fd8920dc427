"""Records as they stood at an earlier moment, built from the trail alone."""

import json
from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Q

from enrollment.models import Demographics, Patient
from trialsite.accounts.models import User
from trialsite.accounts.roles import Permission
from trialsite.audit.entries import find_restricted, read_restricted
from trialsite.audit.models import AuditEntry
from trialsite.records.crf import CrfDefinition
from trialsite.records.models import ClinicalRecord
from trialsite.trail.selectors import visible_events
from visits.reach import StoredForm
from visits.selectors import FormState
from visits.visit import Visit

R = TypeVar("R", bound=ClinicalRecord)
Values = dict[UUID, dict[str, Any]]

_CHILDBEARING = "has_childbearing_potential"
_WHOLE = (Patient._meta.label_lower, Visit._meta.label_lower)
_OF_FORMS = ("status", "visit", _CHILDBEARING)


class Past:
    """What is needed to draw the casebook of a patient at a moment. One query, and one more for the unblinded."""

    def __init__(self, user: User, patient_id: UUID, moment: datetime) -> None:
        self._events = visible_events(user).filter(patient_id=patient_id, at__lte=moment, revision__isnull=False)
        told = AuditEntry.objects.filter(event__in=self._events).filter(self._wanted())
        self._kinds: dict[str, Values] = defaultdict(lambda: defaultdict(dict))
        for kind, record_id, field, new in told.order_by("id").values_list(
            "event__record_kind", "record_id", "field", "new"
        ):
            self._kinds[kind][record_id][field] = json.loads(new)
        if user.may(Permission.VIEW_RESTRICTED_RECORDS):
            self._read_restricted()

    def _read_restricted(self) -> None:
        for entry in read_restricted(find_restricted(self._events)):
            self._kinds[entry.event.record_kind][entry.record_id][entry.field] = json.loads(entry.new)

    def _wanted(self) -> Q:
        """Which entries to read."""
        return Q(event__record_kind__in=_WHOLE) | Q(field__in=_OF_FORMS)

    def patient(self) -> Patient | None:
        return next(iter(self._records(Patient)), None)

    def visits(self) -> list[Visit]:
        return sorted(self._records(Visit), key=lambda visit: (str(visit.visited_on or ""), visit.occasion))

    def states(self, definitions: Collection[CrfDefinition]) -> list[FormState]:
        """The forms that were stored, with how far they had come."""
        return [
            FormState(definition.key, record_id, _uuid(values.get("visit")), values.get("status", ""))
            for definition in definitions
            for record_id, values in self._kinds[definition.model._meta.label_lower].items()
        ]

    @property
    def is_childbearing(self) -> bool:
        return any(values.get(_CHILDBEARING) is True for values in self._kinds[Demographics._meta.label_lower].values())

    def _records(self, model: type[R]) -> list[R]:
        return [_build(model, record_id, values) for record_id, values in self._kinds[model._meta.label_lower].items()]


class WholePast(Past):
    """Everything that was stored about a patient at a moment: whole forms with the rows of their grids. One query more."""

    def __init__(self, user: User, patient_id: UUID, moment: datetime) -> None:
        super().__init__(user, patient_id, moment)
        self._writes: dict[UUID, list[tuple[int, datetime, str]]] = defaultdict(list)
        written = self._events.order_by("id").values_list("record_id", "revision", "at", "actor_username")
        for record_id, revision, at, username in written:
            if record_id is not None and revision is not None:
                self._writes[record_id].append((revision, at, username))

    def _wanted(self) -> Q:
        return Q()

    def forms(self, definitions: Collection[CrfDefinition]) -> list[StoredForm]:
        """The forms in the order in which they were first stored. None of them can be written: they only look like records."""
        patient = self.patient()
        visits = {visit.pk: visit for visit in self.visits()}
        found = [
            self._form(definition, record_id, values, patient, visits)
            for definition in definitions
            for record_id, values in self._kinds[definition.model._meta.label_lower].items()
        ]
        return sorted(found, key=lambda form: (form.record.recorded_at, form.record.pk))

    def _form(
        self,
        definition: CrfDefinition,
        record_id: UUID,
        values: dict[str, Any],
        patient: Patient | None,
        visits: dict[UUID, Visit],
    ) -> StoredForm:
        record: Any = _build(definition.model, record_id, values)
        record.patient = patient
        if definition.kind == "visit":
            record.visit = visits[record.visit_id]
        (_, record.recorded_at, record.recorded_by), *_ = writes = self._writes[record_id]
        record.revision, record.changed_at, record.changed_by = writes[-1]
        return StoredForm(definition=definition, record=record, rows=self._rows(definition, record_id))

    def _rows(self, definition: CrfDefinition, form_id: UUID) -> dict[str, ClinicalRecord]:
        if definition.grid is None:
            return {}
        model = definition.grid.model
        kept = self._kinds[model._meta.label_lower].items()
        return {
            values["key"]: _build(model, row_id, values) for row_id, values in kept if values["parent"] == str(form_id)
        }


def get_record_values(user: User, record_ids: Collection[UUID], moment: datetime) -> Values:
    """Record id -> its values at the moment; a record that did not exist yet is left out."""
    events = visible_events(user).filter(record_id__in=record_ids, at__lte=moment, revision__isnull=False)
    found: Values = defaultdict(dict)
    entries = AuditEntry.objects.filter(event__in=events).order_by("id")
    for record_id, field, new in entries.values_list("record_id", "field", "new"):
        found[record_id][field] = json.loads(new)
    if user.may(Permission.VIEW_RESTRICTED_RECORDS):
        for entry in read_restricted(find_restricted(events)):
            found[entry.record_id][entry.field] = json.loads(entry.new)
    return found


def _build(model: type[R], record_id: UUID, values: dict[str, Any]) -> R:
    """A record that is not stored, and cannot be: it has no revision."""
    record = model(id=record_id)
    for field in model.clinical_fields():
        if field.name in values:
            record.set_value(
                field.name, _uuid(values[field.name]) if field.is_relation else field.to_python(values[field.name])
            )
    return record


def _uuid(text: Any) -> UUID | None:
    return UUID(text) if text else None
