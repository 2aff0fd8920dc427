"""A Doppler examination of the neck and deep cerebral veins (protocol sections 2 and 8.5)."""

from typing import ClassVar

from django.db import models

from trialsite.audit.write import Subject
from trialsite.records.fields import Coded, Measure, WholeNumber, Words, YesNo
from trialsite.records.models import ClinicalRecord
from visits.visit import VisitForm


class Flow(models.TextChoices):
    """Where blood flows in a segment, seen over a calm breath and deep inspirations."""

    ANTEGRADE = "antegrade", "Antegrade"
    REFLUX = "reflux", "Reflux"
    BIDIRECTIONAL = "bidirectional", "Bidirectional"
    ABSENT = "absent", "No flow"


class BMode(models.TextChoices):
    """What the gray-scale picture shows inside a jugular vein."""

    NONE = "none", "Normal"
    SEPTUM = "septum", "Septum"
    VALVE = "valve_malformation", "Valve malformation"
    DOUBLE_CHANNEL = "double_channel", "Double channel"
    ANNULUS = "annulus", "Annulus"
    MEMBRANE = "membrane", "Membrane"
    STENOSIS = "stenosis", "Stenosis"
    OTHER = "other", "Other (remarks)"


class Doppler(VisitForm):
    """One examination. The score and its criteria are computed from the segments and never stored; the reader's own total is kept beside."""

    device = models.CharField("device", max_length=120, blank=True, default="")
    operator_name = models.CharField("examined by", max_length=120, blank=True, default="")
    reader_name = models.CharField("read by", max_length=120, blank=True, default="")
    is_blinded_read = YesNo("read without knowledge of the patient")
    reader_total = WholeNumber("VHISS total by the reader", unit="points")
    remarks = Words("remarks")
    rows_digest = models.CharField(max_length=64, blank=True, default="", editable=False)

    REQUIRED: ClassVar[tuple[str, ...]] = (
        *VisitForm.REQUIRED,
        "device",
        "operator_name",
        "reader_name",
        "is_blinded_read",
    )

    class Meta:
        verbose_name = "Doppler examination"


class DopplerFinding(ClinicalRecord):
    """What was seen in one segment in one posture; `key` names the segment (see `segments.py`). Areas are in mm² whatever the device shows."""

    parent = models.ForeignKey(Doppler, on_delete=models.PROTECT, related_name="+", editable=False)
    key = models.CharField("segment", max_length=30, editable=False)
    flow = Coded("flow", Flow)
    reflux_s = Measure("reflux lasts", unit="s", digits=5, places=2)
    csa_mm2 = Measure("area", unit="mm²", digits=6, places=1)
    bmode = Coded("B-mode", BMode)
    bmode_second = Coded("B-mode, second", BMode)
    assessable = YesNo("assessable")
    not_assessable_reason = models.CharField("if not, why", max_length=200, blank=True, default="")

    class Meta:
        verbose_name = "Doppler finding"
        constraints = (models.UniqueConstraint(fields=("parent", "key"), name="doppler_finding_once_per_segment"),)

    def subject(self) -> Subject:
        """About the patient and visit of the examination, with the row's own identity."""
        whole = self.parent.subject()
        return Subject(
            site_code=whole.site_code,
            patient_id=whole.patient_id,
            visit_label=whole.visit_label,
            record_kind=self._meta.label_lower,
            record_id=self.id,
            revision=self.revision or None,
        )
