"""What was done inside the veins (protocol section 8.12): written and read by unblinded people only."""

from dataclasses import replace
from typing import ClassVar

from django.db import models

from trialsite.audit.write import Subject
from trialsite.records.fields import Coded, Measure, SeveralCodes, WholeNumber, Words, YesNo
from trialsite.records.models import ClinicalRecord
from visits.visit import VisitForm


class Lesion(models.TextChoices):
    NORMAL = "normal", "Normal"
    STENOSIS = "stenosis", "Stenosis"
    SEPTUM = "septum", "Septum or web"
    VALVE = "valve", "Valve malformation"
    ANNULUS = "annulus", "Annulus"
    HYPOPLASIA = "hypoplasia", "Hypoplasia"
    ATRESIA = "atresia", "Atresia"
    AGENESIS = "agenesis", "Agenesis"
    TWIST = "twist", "Twist"
    COMPRESSION = "compression", "External compression"


class ScriptStep(models.TextChoices):
    """The steps that every patient goes through alike, so that nothing in the room tells the arm."""

    CATHETER = "catheter", "Catheter placed"
    VENOGRAPHY = "venography", "Venography"
    IVUS = "ivus", "Ultrasound inside the vein"
    SIMULATED_INFLATION = "simulated_inflation", "Inflation, real or simulated"
    WAITING_TIME = "waiting_time", "Waiting time kept"


class Antithrombotic(models.TextChoices):
    NONE = "none", "None"
    ANTICOAGULANT = "anticoagulant", "Anticoagulant"
    ANTIPLATELET = "antiplatelet", "Antiplatelet"
    BOTH = "both", "Both"


class Intervention(VisitForm):
    """The restricted part of the procedure. What must be filled in is the same in every arm."""

    IS_RESTRICTED: ClassVar[bool] = True

    script_steps = SeveralCodes("steps of the script done", ScriptStep)
    contrast_ml = WholeNumber("contrast medium", unit="mL")
    fluoroscopy_min = Measure("fluoroscopy", unit="min", digits=5, places=1)
    heparin_iu = WholeNumber("heparin", unit="IU")
    antithrombotic_after = Coded("antithrombotic treatment afterwards", Antithrombotic)
    antithrombotic_details = Words("which, dose and how long")
    notes = Words("notes of the operator")
    rows_digest = models.CharField(max_length=64, blank=True, default="", editable=False)

    REQUIRED: ClassVar[tuple[str, ...]] = (
        *VisitForm.REQUIRED,
        "assessed_by",
        "script_steps",
        "contrast_ml",
        "fluoroscopy_min",
        "heparin_iu",
        "antithrombotic_after",
    )

    class Meta:
        verbose_name = "intervention"


class InterventionVein(ClinicalRecord):
    """One vein: what was found, what was done, what remained."""

    IS_RESTRICTED: ClassVar[bool] = True

    parent = models.ForeignKey(Intervention, on_delete=models.PROTECT, related_name="+", editable=False)
    key = models.CharField("vein", max_length=20, editable=False)
    is_examined = YesNo("examined")
    venography_stenosis_pct = WholeNumber("narrowing at venography", unit="%")
    lesions = SeveralCodes("lesions", Lesion)
    ivus_done = YesNo("ultrasound inside done")
    ivus_restriction_pct = WholeNumber("narrowing at ultrasound", unit="%")
    has_intraluminal_defect = YesNo("defect inside the lumen")
    has_reduced_pulsatility = YesNo("reduced pulsatility")
    gradient_mmhg = Measure("pressure gradient", unit="mmHg", digits=4, places=1)
    inflation_count = WholeNumber("inflations", unit="inflations")
    balloon_diameter_mm = Measure("balloon diameter", unit="mm", digits=4, places=1)
    balloon_length_mm = WholeNumber("balloon length", unit="mm")
    inflation_pressure_atm = Measure("highest pressure", unit="atm", digits=4, places=1)
    rated_burst_atm = Measure("rated burst pressure", unit="atm", digits=4, places=1)
    inflation_duration_s = WholeNumber("longest inflation", unit="s")
    device_model = models.CharField("device model", max_length=120, blank=True, default="")
    device_lot = models.CharField("device lot or identifier", max_length=120, blank=True, default="")
    residual_stenosis_pct = WholeNumber("narrowing that remained", unit="%")

    class Meta:
        verbose_name = "vein of an intervention"
        verbose_name_plural = "veins of an intervention"
        constraints = (models.UniqueConstraint(fields=("parent", "key"), name="intervention_vein_once"),)

    def subject(self) -> Subject:
        return replace(
            self.parent.subject(),
            record_kind=self._meta.label_lower,
            record_id=self.id,
            revision=self.revision or None,
        )
