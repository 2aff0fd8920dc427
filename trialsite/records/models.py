"""What every clinical table shares: an identity, a revision, and no way to be written but through the gate."""

import uuid
from typing import Any, ClassVar, NoReturn

from django.db import models

from trialsite.audit.write import Subject
from trialsite.records.diff import to_plain
from trialsite.records.fields import Coded, Moment


class DirectWriteRefusedError(RuntimeError):
    """Somebody tried to write a clinical record past the gate."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} would write past the record gate; use trialsite.records.actions.")


class GuardedQuerySet(models.QuerySet[Any]):
    """Reads like any queryset; every bulk way to write is closed."""

    def _refuse(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise DirectWriteRefusedError("A bulk write")

    update = delete = bulk_create = bulk_update = create = get_or_create = update_or_create = _refuse


class ClinicalRecord(models.Model):
    """A row that an inspector may ask about. Revision 1 is its first entry; each correction adds one.

    Children say where they belong by overriding `subject`, and what people call them by `verbose_name`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    revision = models.PositiveIntegerField(default=0, editable=False)
    recorded_at = models.DateTimeField(editable=False)
    recorded_by = models.CharField(max_length=60, editable=False)
    changed_at = models.DateTimeField(editable=False)
    changed_by = models.CharField(max_length=60, editable=False)

    objects = GuardedQuerySet.as_manager()

    BOOKKEEPING: ClassVar[frozenset[str]] = frozenset(
        {"id", "revision", "recorded_at", "recorded_by", "changed_at", "changed_by"}
    )
    IS_RESTRICTED: ClassVar[bool] = False
    # Whether people sign and lock what is kept here; they do not sign a question about it.
    IS_CONTENT: ClassVar[bool] = True

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise DirectWriteRefusedError(f"{type(self).__name__}.save()")

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise DirectWriteRefusedError(f"{type(self).__name__}.delete()")

    def subject(self) -> Subject:
        """What an audit event about this record is about."""
        return Subject(
            record_kind=self._meta.label_lower,
            record_id=self.id,
            revision=self.revision or None,
            is_restricted=self.IS_RESTRICTED,
        )

    @property
    def form_id(self) -> uuid.UUID:
        """The form that a row of a grid belongs to; for anything else itself."""
        parent: uuid.UUID = getattr(self, "parent_id", None) or self.id
        return parent

    @property
    def form_fields(self) -> str:
        """What stands before the name of a field where a mark names it: "row." for a row of a grid."""
        return f"{getattr(self, 'key', '')}." if self.form_id != self.id else ""

    def covering_ids(self) -> tuple[uuid.UUID, ...]:
        """What a lock or a signature may name to cover this record: itself, its form, its visit, its patient."""
        if not self.IS_CONTENT:
            return ()
        form = getattr(self, "parent", None) or self
        around = (getattr(form, "visit_id", None), getattr(form, "patient_id", None))
        return (self.id, *({form.id} - {self.id}), *(found for found in around if found))

    @classmethod
    def clinical_fields(cls) -> "list[models.Field[Any, Any]]":
        """The fields that carry what was observed, in the order of the table."""
        return [field for field in cls._meta.concrete_fields if field.name not in cls.BOOKKEEPING]

    def get_value(self, name: str) -> Any:
        """What stands in a field; for a link the id it points at."""
        return getattr(self, _attribute(self, name))

    def set_value(self, name: str, value: Any) -> None:
        """Put a value into a field; a link takes an id or a record."""
        setattr(self, name if isinstance(value, models.Model) else _attribute(self, name), value)

    def plain_values(self) -> dict[str, Any]:
        """Field name -> value as the audit trail writes it; a link by the id it points at."""
        return {field.name: to_plain(getattr(self, field.attname)) for field in self.clinical_fields()}


def _attribute(record: ClinicalRecord, name: str) -> str:
    field = record._meta.get_field(name)
    return str(getattr(field, "attname", name))


class FormStatus(models.TextChoices):
    """How far a form has come. A form without a row is empty."""

    DRAFT = "draft", "Draft"
    COMPLETE = "complete", "Complete"


class AbsenceCode(models.TextChoices):
    """Why an item has no value."""

    NOT_DONE = "not_done", "Not done"
    NOT_APPLICABLE = "not_applicable", "Not applicable"
    UNKNOWN = "unknown", "Unknown"
    NOT_ANSWERED = "not_answered", "Not answered by the patient"

    @property
    def explains_itself(self) -> bool:
        """Whether the code says it all, without a reason in words."""
        return self in {AbsenceCode.NOT_APPLICABLE, AbsenceCode.NOT_ANSWERED}


class CaseReportForm(ClinicalRecord):
    """A page of data about one patient.

    `absent` says per field why it has no value: {"field": {"code": AbsenceCode, "reason": text}}. `confirmed` keeps the answers to soft
    findings: {"finding key": {"about": the question, "answer": text, "for": fingerprint of question and value}}; an answer counts only while
    both stay the same.
    """

    status = Coded("status", FormStatus, default=FormStatus.DRAFT, editable=False)
    completed_at = Moment("first completed at", editable=False)
    absent = models.JSONField("missing items", default=dict, blank=True, editable=False)
    confirmed = models.JSONField("confirmed values", default=dict, blank=True, editable=False)

    FORM_STATE: ClassVar[frozenset[str]] = frozenset({"status", "completed_at", "absent", "confirmed"})
    REQUIRED: ClassVar[tuple[str, ...]] = ()

    class Meta:
        abstract = True

    @property
    def is_stored(self) -> bool:
        return self.revision > 0

    @property
    def is_complete(self) -> bool:
        return bool(self.status == FormStatus.COMPLETE)

    @property
    def needs_reason(self) -> bool:
        """Whether a change must say why: once complete, always."""
        return self.completed_at is not None
