"""The audit trail: what was done, by whom, when and why, and each value before and after.

It knows nothing of the tables it speaks about: it keeps names and values as text, so it can be read when the code that wrote them is gone.
Rows are only ever added; the database itself refuses anything else (see `trialsite.audit.guards`). Each event has one link in a chain of digests
(see `trialsite.audit.chain`).
"""

import uuid
from typing import ClassVar

from django.db import models

from trialsite.lib import clock


class AuditEvent(models.Model):
    """One act: a record created or corrected, a sign-in, a draw, a refused access."""

    id = models.BigAutoField(primary_key=True)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    at = models.DateTimeField(default=clock.now)
    action = models.CharField(max_length=40)
    actor_id = models.CharField(max_length=36, blank=True)
    actor_username = models.CharField(max_length=60)
    actor_name = models.CharField(max_length=120)
    actor_roles = models.CharField(max_length=200, blank=True)
    reason = models.TextField(blank=True)
    detail = models.TextField(blank=True)
    site_code = models.CharField(max_length=20, blank=True)
    patient_id = models.UUIDField(null=True, blank=True)
    visit_label = models.CharField(max_length=80, blank=True)
    record_kind = models.CharField(max_length=80, blank=True)
    record_id = models.UUIDField(null=True, blank=True)
    revision = models.PositiveIntegerField(null=True, blank=True)
    is_restricted = models.BooleanField(default=False)

    # Of a restricted event, `reason` and `detail` are stored in `RestrictedValues`, with what makes its digest one that nobody can try out.
    salt: str = ""

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=("record_id", "revision"),
                condition=models.Q(revision__isnull=False, is_restricted=False),
                name="audit_one_event_per_revision",
            ),
            # Apart, so that nobody learns by a refused row how often a restricted record was corrected, or takes its place.
            models.UniqueConstraint(
                fields=("record_id", "revision"),
                condition=models.Q(revision__isnull=False, is_restricted=True),
                name="audit_one_restricted_event_per_revision",
            ),
            models.CheckConstraint(
                condition=models.Q(is_restricted=False) | models.Q(reason="", detail=""),
                name="audit_words_of_restricted_events_elsewhere",
            ),
        )
        indexes = (
            # One for every filter of the trail's pages, in the order in which they are read.
            models.Index(fields=("at", "id"), name="audit_event_by_moment"),
            models.Index(fields=("patient_id", "at", "id"), name="audit_event_by_patient"),
            models.Index(fields=("site_code", "at", "id"), name="audit_event_by_site"),
            models.Index(fields=("actor_username", "at", "id"), name="audit_event_by_actor"),
            models.Index(fields=("action", "at", "id"), name="audit_event_by_action"),
            models.Index(fields=("record_kind", "at", "id"), name="audit_event_by_kind"),
            models.Index(fields=("record_id", "at", "id"), name="audit_event_by_record"),
            models.Index(fields=("at", "id"), condition=models.Q(is_restricted=True), name="audit_event_restricted"),
            models.Index(
                fields=("patient_id", "action"),
                condition=models.Q(is_restricted=True),
                name="audit_event_restricted_of",
            ),
        )

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.action} by {self.actor_username}"


class AuditEntry(models.Model):
    """One field of one record in one event: its value before and after, as canonical JSON text."""

    id = models.BigAutoField(primary_key=True)
    event = models.ForeignKey(AuditEvent, on_delete=models.PROTECT, related_name="entries")
    record_id = models.UUIDField()
    field = models.CharField(max_length=80)
    old = models.TextField()
    new = models.TextField()

    class Meta:
        ordering = ("id",)
        verbose_name_plural = "audit entries"
        indexes = (models.Index(fields=("record_id", "field", "id"), name="audit_entry_by_field"),)

    def __str__(self) -> str:
        return f"{self.field}: {self.old} -> {self.new}"


# What the process for blinded people itself does where nobody blinded reads, or needs to know of.
NOTED = ("break_code", "draw_slot", "justify_change", "refuse_draw", "tell_unblinded", "telling_words")


class EventWords(models.Model):
    """What one restricted event says: its reason, its detail and its field changes, in one row of a table of its own.

    Row security closes a whole table more tightly than rows among others: no plan that is measured looks into it, and neither numbers
    that count on nor the number of rows tell how many values there were. `fields` is a JSON list of their names, `changes` one of their
    values before and after, each as canonical JSON text. `salt` is random and goes into the digest of the event: digests stand where others
    read them, and without it few possible answers could be tried until one fits.
    """

    IS_RESTRICTED: ClassVar[bool] = True

    event = models.OneToOneField(
        AuditEvent, on_delete=models.PROTECT, primary_key=True, related_name="+", editable=False
    )
    record_id = models.UUIDField(null=True, db_index=True, editable=False)
    reason = models.TextField(blank=True, default="")
    detail = models.TextField(blank=True, default="")
    salt = models.CharField(max_length=32, blank=True, default="", editable=False)
    fields = models.TextField(default="[]")
    changes = models.TextField(default="[]")

    class Meta:
        abstract = True
        ordering = ("event",)

    def __str__(self) -> str:
        return f"words and values of the restricted event {self.event_id}"


class RestrictedValues(EventWords):
    """What restricted events say."""

    class Meta(EventWords.Meta):
        verbose_name_plural = "restricted values"


class NotedWords(EventWords):
    """What restricted events of the kinds `NOTED` say.

    Apart, since the process for blinded people adds to this table: how full a page is on which one's own row comes to lie tells how long the
    rows of others are.
    """

    class Meta(EventWords.Meta):
        verbose_name_plural = "noted words"


class AuditChain(models.Model):
    """The head of a chain: how far it has come. Its row is locked while events are bound; the database moves it with every link."""

    name = models.CharField(max_length=80, primary_key=True)
    position = models.PositiveBigIntegerField(default=0)
    digest = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return f"{self.name}: {self.position}"


class AuditLink(models.Model):
    """The place of one event in its chain, and the digest over both."""

    event = models.OneToOneField(AuditEvent, on_delete=models.PROTECT, primary_key=True, related_name="link")
    chain = models.CharField(max_length=80)
    position = models.PositiveBigIntegerField()
    previous_digest = models.CharField(max_length=64, blank=True)
    digest = models.CharField(max_length=64)

    class Meta:
        ordering = ("chain", "position")
        constraints = (models.UniqueConstraint(fields=("chain", "position"), name="audit_one_link_per_position"),)

    def __str__(self) -> str:
        return f"{self.chain} {self.position}"
