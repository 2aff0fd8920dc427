"""The tables of the vault. All of them only grow: a list, once sealed, and a slot, once drawn, stay what they are.
A change of the key alone puts another ciphertext in the place of one (see `enrollment.vault.rotation`).

An arm stands only inside `AllocationSlot.sealed_arm`, authenticated ciphertext of one length for all arms.
"""

import uuid

from django.db import models

from enrollment.models import Patient
from trialsite.lib import clock


class VaultRow(models.Model):
    """A row that is added once, through the record gate, and never changes; database triggers see to it."""

    appended_at = models.DateTimeField(default=clock.now, editable=False)
    appended_by = models.CharField(max_length=60, editable=False)

    class Meta:
        abstract = True


class KeyRotation(VaultRow):
    """A change of the key of the vault; `number` counts keys, so that the first change makes number 2."""

    number = models.PositiveIntegerField(unique=True)

    def __str__(self) -> str:
        return f"Key {self.number}"


class EncryptedRow(VaultRow):
    """A row with a ciphertext, in a column named `sealed_...`, and the number of the key it was made with."""

    key_number = models.PositiveIntegerField("key, counted from 1", default=1, editable=False)

    class Meta:
        abstract = True


class AllocationList(EncryptedRow):
    """A generated or uploaded list of one phase. It serves once an `AllocationSeal` points at it.

    `sealed_parameters` is ciphertext: what was asked for, the sizes of the blocks as they fell, and the salt of the commitment.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    phase_number = models.PositiveSmallIntegerField("phase")
    serial = models.PositiveIntegerField("which list of the phase, from 1")
    protocol_digest = models.CharField("SHA-256 of the protocol file", max_length=64)
    sealed_parameters = models.BinaryField("parameters, encrypted")
    commitment = models.CharField("SHA-256 of the list with its salt", max_length=64)
    is_demo = models.BooleanField("made outside production")

    class Meta:
        ordering = ("phase_number", "serial")
        constraints = (models.UniqueConstraint(fields=("phase_number", "serial"), name="list_once_per_serial"),)

    def __str__(self) -> str:
        return f"Allocation list {self.id} of phase {self.phase_number}"


class AllocationStratum(VaultRow):
    """One stratum of a list. A draw locks this row, so that draws of one stratum follow each other."""

    list = models.ForeignKey(AllocationList, on_delete=models.PROTECT, related_name="strata")
    key = models.CharField("stratum", max_length=60)

    class Meta:
        ordering = ("key",)
        constraints = (models.UniqueConstraint(fields=("list", "key"), name="stratum_once_per_list"),)
        verbose_name_plural = "allocation strata"

    def __str__(self) -> str:
        return f"{self.list}, stratum {self.key}"


class AllocationSlot(EncryptedRow):
    """One place in the order of a stratum, counted from 1, with the arm it holds as ciphertext.

    `code` is empty where the list brought none: the draw then gives one.
    """

    # Found by stratum and place: an index over the stratum alone would have all its slots read, and how many there are is told to few.
    stratum = models.ForeignKey(AllocationStratum, on_delete=models.PROTECT, related_name="slots", db_index=False)
    position = models.PositiveIntegerField()
    sealed_arm = models.BinaryField("arm, encrypted")
    code = models.CharField("randomization code", max_length=20, blank=True, default="")

    class Meta:
        ordering = ("stratum", "position")
        constraints = (
            models.UniqueConstraint(fields=("stratum", "position"), name="slot_once_per_position"),
            models.UniqueConstraint(fields=("stratum", "code"), condition=~models.Q(code=""), name="slot_code_once"),
        )

    def __str__(self) -> str:
        return f"{self.stratum}, slot {self.position}"


class AllocationSeal(VaultRow):
    """The decision that this list, and no other, serves its phase."""

    list = models.OneToOneField(AllocationList, on_delete=models.PROTECT, related_name="seal")
    phase_number = models.PositiveSmallIntegerField("phase", unique=True)
    commitment = models.CharField("SHA-256 of the list with its salt", max_length=64)

    def __str__(self) -> str:
        return f"Seal of {self.list}"


class Draw(VaultRow):
    """A slot taken by a patient, for ever. `code` is all that blinded people learn: random, without order."""

    slot = models.OneToOneField(AllocationSlot, on_delete=models.PROTECT, related_name="draw")
    patient = models.OneToOneField(Patient, on_delete=models.PROTECT, related_name="+")
    code = models.CharField("randomization code", max_length=20, unique=True)

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return self.code


class VoidedSlot(VaultRow):
    """A slot that no patient takes: the draw goes on with the next one. It is never given back either."""

    slot = models.OneToOneField(AllocationSlot, on_delete=models.PROTECT, related_name="void")
    reason = models.CharField("reason", max_length=500)

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.slot}, void"


class BreakReason(models.TextChoices):
    """Why a code is broken."""

    EMERGENCY = "emergency", "Medical emergency: the treatment must be known to treat the patient"
    SAFETY_REPORT = "safety_report", "Safety reporting: the report must name the treatment"
    ERROR = "error", "Error: something went wrong that cannot be put right without it"


class CodeBreak(EncryptedRow):
    """The arm of one patient was shown to one person. The row does not hold the arm, and nobody blinded reads it.

    `occasion` counts the breaks of one patient by one account: a page that was sent twice shows nothing the second time.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    by_name = models.CharField("broken by", max_length=120)
    occasion = models.PositiveIntegerField("which break of this patient by this account, from 1")
    reason = models.CharField(max_length=20, choices=BreakReason.choices)
    knock_on = models.PositiveIntegerField("other arms that could be worked out, at most")
    sealed_statement = models.BinaryField("reason in words and treating clinician, encrypted")

    class Meta:
        ordering = ("appended_at",)
        constraints = (
            models.UniqueConstraint(fields=("patient", "appended_by", "occasion"), name="code_break_once_per_occasion"),
        )

    def __str__(self) -> str:
        return f"Code break {self.id}"


class CodeBreakImpact(EncryptedRow):
    """What a code break meant, as its author wrote it; what is added later stands beside it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    code_break = models.ForeignKey(CodeBreak, on_delete=models.PROTECT, related_name="impacts")
    sealed_statement = models.BinaryField("impact, change of treatment and who was told, encrypted")

    class Meta:
        ordering = ("appended_at",)

    def __str__(self) -> str:
        return f"Impact of {self.code_break_id}"


class UsedList(EncryptedRow):
    """A list that served somewhere, known by the digest of its order of arms alone; no list of that order is taken again.

    The digest has no salt, or it could not be compared; whoever tries all short lists would find the one, so it is encrypted.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    sealed_digest = models.BinaryField("SHA-256 of the order of arms, encrypted")
    note = models.CharField("where it served", max_length=200)

    class Meta:
        ordering = ("appended_at",)

    def __str__(self) -> str:
        return self.note


class DataSnapshot(EncryptedRow):
    """Everything the reports rest on, frozen at one moment, with arms; `serial` counts from 1.

    `sha256` is over the content with its salt, so nobody finds the arms by trying all of them.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    serial = models.PositiveIntegerField("number", unique=True)
    sha256 = models.CharField("SHA-256 of the content with its salt", max_length=64)
    protocol_digest = models.CharField("SHA-256 of the protocol file", max_length=64)
    code_version = models.CharField("code that froze it", max_length=64)
    sealed_facts = models.BinaryField("facts and arms, encrypted")
    sealed_note = models.BinaryField("note, encrypted")

    class Meta:
        ordering = ("-serial",)

    def __str__(self) -> str:
        return f"Snapshot {self.serial}"
