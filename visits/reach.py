"""How much a signature, a verification page or a lock covers, and what is stored there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from enrollment.models import Patient
from trialsite.audit.write import Subject
from trialsite.marks.actions import Target
from trialsite.marks.models import Scope
from trialsite.records.crf import CrfDefinition
from trialsite.records.critical import digest_of_entered, digest_of_form, digest_of_parts
from trialsite.records.models import CaseReportForm, ClinicalRecord
from trialsite.signatures.actions import Part
from visits.visit import Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """One form, one visit, one patient's casebook, or with `record` None the whole trial. `label` is what people call it."""

    scope: Scope
    label: str
    record: ClinicalRecord | None = None
    patient: Patient | None = None
    visit: Visit | None = None
    definition: CrfDefinition | None = None

    @property
    def owner(self) -> Patient:
        """Whose records lie inside; the trial as a whole has nobody."""
        if self.patient is None:
            raise ValueError("the whole trial belongs to no one patient")
        return self.patient

    @property
    def target(self) -> Target:
        return Target(scope=self.scope, label=self.label, subject=self.record.subject() if self.record else Subject())

    @property
    def covering_ids(self) -> tuple[UUID, ...]:
        return self.record.covering_ids() if self.record else ()

    def holds(self, definition: CrfDefinition) -> bool:
        """Whether forms of this kind lie inside. A restricted form is in no reach: who signs and verifies may not know of it."""
        if definition.is_restricted:
            return False
        if self.definition is not None:
            return definition.key == self.definition.key
        return self.scope is not Scope.VISIT or definition.kind == "visit"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredForm:
    """A form as stored, with the rows of its grid by key."""

    definition: CrfDefinition
    record: CaseReportForm
    rows: Mapping[str, ClinicalRecord] = field(default_factory=dict)

    @property
    def visit_id(self) -> UUID | None:
        return getattr(self.record, "visit_id", None)

    @property
    def digest(self) -> str:
        return digest_of_form(self.record, self.rows)

    @property
    def part(self) -> Part:
        return _part(self.record, self.digest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """Everything inside a reach at one moment: what a signature is bound to."""

    record: ClinicalRecord
    forms: Sequence[StoredForm]
    visits: Sequence[Visit]

    @property
    def parts(self) -> list[Part]:
        own = {
            record.id: _part(record, digest_of_entered(record.plain_values())) for record in (self.record, *self.visits)
        }
        return list((own | {form.record.id: form.part for form in self.forms}).values())

    @property
    def digest(self) -> str:
        """SHA-256 over all parts, whatever the order they were read in."""
        return digest_of_parts((part.record_kind, part.record_id, part.revision, part.digest) for part in self.parts)

    @property
    def drafts(self) -> list[StoredForm]:
        return [form for form in self.forms if not form.record.is_complete]


def read_content(reach: Reach, definitions: Sequence[CrfDefinition]) -> Content:
    """What is stored now; a fixed number of queries for the kinds of forms inside."""
    if reach.record is None:
        raise ValueError("the whole trial is not read at once")
    record = type(reach.record)._base_manager.get(pk=reach.record.pk)
    forms = [form for definition in definitions if reach.holds(definition) for form in read_forms(reach, definition)]
    visits = list(Visit.objects.filter(patient=reach.patient)) if reach.scope is Scope.CASEBOOK else []
    return Content(record=record, forms=forms, visits=visits)


def read_forms(reach: Reach, definition: CrfDefinition) -> list[StoredForm]:
    """The stored forms of one kind inside a reach, with their rows, in the order in which they were first stored. Two queries at most."""
    found = definition.rows.select_related("patient", *(("visit",) if definition.kind == "visit" else ()))
    records = list(found.filter(**_inside(reach)).order_by("recorded_at", "id"))
    rows = _rows(definition, records)
    return [StoredForm(definition=definition, record=record, rows=rows[record.pk]) for record in records]


def _inside(reach: Reach) -> dict[str, Any]:
    if reach.scope is Scope.FORM and reach.record is not None:
        return {"pk": reach.record.pk}
    return {"visit": reach.visit} if reach.scope is Scope.VISIT else {"patient": reach.patient}


def _rows(definition: CrfDefinition, records: Sequence[CaseReportForm]) -> dict[UUID, dict[str, ClinicalRecord]]:
    found: dict[UUID, dict[str, ClinicalRecord]] = {record.pk: {} for record in records}
    if definition.grid is not None and records:
        for row in definition.grid.stored_rows.filter(parent__in=found):
            found[row.parent_id][row.key] = row
    return found


def _part(record: ClinicalRecord, digest: str) -> Part:
    return Part(record_kind=record._meta.label_lower, record_id=record.id, revision=record.revision, digest=digest)
