"""Data queries: a question about one field of one record, and the thread under it; and how often the edit checks fired.

A query keeps where it points as plain values: this floor knows neither patients nor forms.
"""

import uuid
from typing import ClassVar

from django.db import models

from trialsite.audit.write import Subject
from trialsite.lib import clock
from trialsite.queries.rules import ClosedBy, State
from trialsite.records.models import ClinicalRecord

TEXT_LIMIT = 2_000
# This floor knows no forms, so it names those of which no open query may be stored, and their tables; a new one comes with a migration.
RESTRICTED_FORMS = ("intervention",)
RESTRICTED_KINDS = ("visits.intervention", "visits.interventionvein")


class QueryState(models.TextChoices):
    OPEN = State.OPEN.value, "Open"
    ANSWERED = State.ANSWERED.value, "Answered"
    CLOSED = State.CLOSED.value, "Closed"


class QueryOrigin(models.TextChoices):
    PERSON = "person", "Person"
    CHECK = "check", "Edit check"


class DataQuery(ClinicalRecord):
    """A question about one item, or with `field` "" about a whole form. `last_message` repeats the thread's end, so that the trail has every word."""

    site_code = models.CharField("site", max_length=20)
    patient_id = models.UUIDField("patient")
    patient_number = models.CharField("patient number", max_length=30)
    visit_id = models.UUIDField("visit", null=True, blank=True)
    visit_label = models.CharField("visit", max_length=80, blank=True)
    form_key = models.CharField("form", max_length=40)
    record_kind = models.CharField("table", max_length=80)
    record_id = models.UUIDField("record")
    field = models.CharField("item", max_length=120, blank=True)
    field_label = models.CharField("label of the item", max_length=300)
    is_restricted = models.BooleanField("restricted", default=False)
    origin = models.CharField("asked by", max_length=10, choices=QueryOrigin.choices, default=QueryOrigin.PERSON)
    check_key = models.CharField("edit check", max_length=120, blank=True)
    fingerprint = models.CharField("question and value", max_length=16, blank=True)
    state = models.CharField("state", max_length=10, choices=QueryState.choices, default=QueryState.OPEN)
    closed_how = models.CharField("closed by", max_length=12, blank=True, choices=[(one, one) for one in ClosedBy])
    closed_by = models.CharField("closed by", max_length=60, blank=True)
    closed_at = models.DateTimeField("closed at", null=True, blank=True)
    opened_by = models.CharField("opened by", max_length=60)
    opened_by_name = models.CharField("opened by", max_length=120)
    opened_at = models.DateTimeField("opened at")
    message_count = models.PositiveIntegerField("messages", default=0)
    last_message = models.TextField("last message", max_length=TEXT_LIMIT)
    last_by = models.CharField("last message by", max_length=60)

    IS_CONTENT: ClassVar[bool] = False
    POSITION: ClassVar[tuple[str, ...]] = ("opened_at", "id")
    # What was said; every other column says where the query points, or what the entry itself says.
    SAID: ClassVar[frozenset[str]] = frozenset({"last_message"})

    class Meta:
        ordering = ("opened_at", "id")
        verbose_name = "data query"
        verbose_name_plural = "data queries"
        constraints = (
            # Not in the policy of the blinded role: the database keeps statistics of every column that a policy names, hidden rows with it.
            models.CheckConstraint(
                condition=models.Q(is_restricted=True)
                | (~models.Q(form_key__in=RESTRICTED_FORMS) & ~models.Q(record_kind__in=RESTRICTED_KINDS)),
                name="query_as_restricted_as_its_form",
            ),
            # Of restricted queries no index holds what was asked (docs/decisions/0032): a restricted form is asked about by its own
            # saves alone, and these wait for each other at its row.
            models.UniqueConstraint(
                fields=("record_id", "check_key"),
                condition=~models.Q(check_key="") & models.Q(is_restricted=False),
                name="query_once_per_check",
            ),
        )
        indexes = (
            models.Index(fields=("patient_id", "state"), name="query_by_patient"),
            models.Index(fields=("record_id", "state"), name="query_by_record"),
            models.Index(fields=("state", "opened_at", "id"), name="query_by_age"),
            models.Index(fields=("site_code", "state", "opened_at", "id"), name="query_by_site_and_age"),
        )

    def __str__(self) -> str:
        return f"{self.patient_number} {self.field_label}: {self.state}"

    @property
    def is_closed(self) -> bool:
        return self.state == QueryState.CLOSED

    @property
    def is_by_check(self) -> bool:
        return self.origin == QueryOrigin.CHECK

    def subject(self) -> Subject:
        return Subject(
            site_code=self.site_code,
            patient_id=self.patient_id,
            visit_label=self.visit_label,
            record_kind=self._meta.label_lower,
            record_id=self.id,
            revision=self.revision or None,
            is_restricted=self.is_restricted,
        )


class QueryMessage(models.Model):
    """One message of a thread. The page that sends it chooses the id, so that a message sent twice is kept once.

    `is_restricted` repeats what its query says: row security asks this very row, and no other one (`enrollment.vault.row_rights`).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    query = models.ForeignKey(DataQuery, on_delete=models.PROTECT, related_name="messages")
    is_restricted = models.BooleanField(default=False, editable=False)
    number = models.PositiveIntegerField()
    act = models.CharField(max_length=10)
    text = models.TextField(max_length=TEXT_LIMIT)
    author_username = models.CharField(max_length=60)
    author_name = models.CharField(max_length=120)
    author_roles = models.CharField(max_length=200, blank=True)
    appended_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ("number",)
        constraints = (models.UniqueConstraint(fields=("query", "number"), name="query_message_once_per_number"),)

    def __str__(self) -> str:
        return f"{self.author_username}: {self.text[:60]}"


class FiringKind(models.TextChoices):
    """What happened to a question of an edit check at a save."""

    FIRED = "fired", "Fired"
    CHANGED = "changed", "Led to a change"
    CONFIRMED = "confirmed", "Confirmed"


class Firing(models.Model):
    """An edit check fired, or its question was settled. A refusal only fires: what was refused is not stored."""

    id = models.BigAutoField(primary_key=True)
    form_key = models.CharField(max_length=40)
    check_key = models.CharField(max_length=120)
    kind = models.CharField(max_length=10, choices=FiringKind.choices)
    severity = models.CharField(max_length=10)
    record_id = models.UUIDField()
    site_code = models.CharField(max_length=20)
    actor_username = models.CharField(max_length=60)
    appended_at = models.DateTimeField(default=clock.now)

    class Meta:
        abstract = True
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.form_key} {self.check_key}: {self.kind}"


class CheckFiring(Firing):
    """A firing about a form that blinded people fill in."""

    class Meta(Firing.Meta):
        indexes = (models.Index(fields=("form_key", "check_key", "kind"), name="firing_by_check"),)


class RestrictedFiring(Firing):
    """A firing about a restricted form, noted by an earlier version; none comes any more, for checks fire more often in one arm.

    In a table of its own, which row security closes as a whole: rows among others can be counted, by plans and by their numbers.
    """

    IS_RESTRICTED: ClassVar[bool] = True
