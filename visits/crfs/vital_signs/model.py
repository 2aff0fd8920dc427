"""Vital signs at a visit (protocol section 8.4)."""

from typing import ClassVar

from trialsite.records.fields import Measure, WholeNumber
from visits.visit import VisitForm


class VitalSigns(VisitForm):
    """Blood pressure, heart rate, temperature, oxygen saturation (by pulse oximeter) and body size, at rest."""

    systolic_mmhg = WholeNumber("systolic blood pressure", unit="mmHg")
    diastolic_mmhg = WholeNumber("diastolic blood pressure", unit="mmHg")
    heart_rate_bpm = WholeNumber("heart rate", unit="/min")
    oxygen_saturation_pct = WholeNumber("oxygen saturation (SpO₂)", unit="%")
    temperature_c = Measure("temperature", unit="°C", digits=4, places=1)
    height_cm = Measure("height", unit="cm", digits=5, places=1)
    weight_kg = Measure("weight", unit="kg", digits=5, places=1)

    REQUIRED: ClassVar[tuple[str, ...]] = (
        *VisitForm.REQUIRED,
        "systolic_mmhg",
        "diastolic_mmhg",
        "heart_rate_bpm",
        "temperature_c",
    )

    class Meta:
        verbose_name = "vital signs"
        verbose_name_plural = "vital signs"
