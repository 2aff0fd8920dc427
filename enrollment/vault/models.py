"""The tables of the vault. All of them only grow: a list, once sealed, and a slot, once drawn, stay what they are.

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


class AllocationList(VaultRow):
    """A generated list of one phase. It serves once an `AllocationSeal` points at it.

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


class AllocationSlot(VaultRow):
    """One place in the order of a stratum, counted from 1, with the arm it holds as ciphertext."""

    stratum = models.ForeignKey(AllocationStratum, on_delete=models.PROTECT, related_name="slots")
    position = models.PositiveIntegerField()
    sealed_arm = models.BinaryField("arm, encrypted")

    class Meta:
        ordering = ("stratum", "position")
        constraints = (models.UniqueConstraint(fields=("stratum", "position"), name="slot_once_per_position"),)

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
