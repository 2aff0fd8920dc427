"""Medicines taken besides the trial's treatment (protocol section 8.15)."""

from typing import ClassVar

from django.db import models

from enrollment.models import PatientRecord
from trialsite.records.fields import Coded, Measure, PartialDay, Words, YesNo


class MedicationGroup(models.TextChoices):
    DISEASE_MODIFYING = "disease_modifying", "Disease-modifying therapy of MS"
    STEROID = "steroid", "Corticosteroid"
    ANTITHROMBOTIC = "antithrombotic", "Anticoagulant or antiplatelet"
    SYMPTOMATIC = "symptomatic", "For symptoms of MS"
    OTHER = "other", "Other"


class DoseUnit(models.TextChoices):
    MG = "mg", "mg"
    MICROGRAM = "microgram", "µg"
    G = "g", "g"
    ML = "ml", "mL"
    IU = "iu", "IU"
    TABLET = "tablet", "tablet"
    DROP = "drop", "drop"
    PUFF = "puff", "puff"
    OTHER = "other", "other"


class Frequency(models.TextChoices):
    ONCE = "once", "Once"
    DAILY = "daily", "Once a day"
    TWICE_DAILY = "twice_daily", "Twice a day"
    THREE_DAILY = "three_daily", "Three times a day"
    FOUR_DAILY = "four_daily", "Four times a day"
    EVERY_OTHER_DAY = "every_other_day", "Every other day"
    THREE_WEEKLY = "three_weekly", "Three times a week"
    WEEKLY = "weekly", "Once a week"
    MONTHLY = "monthly", "Once a month"
    AS_NEEDED = "as_needed", "As needed"
    OTHER = "other", "Other"


class Route(models.TextChoices):
    ORAL = "oral", "By mouth"
    INTRAVENOUS = "intravenous", "Intravenous"
    SUBCUTANEOUS = "subcutaneous", "Subcutaneous"
    INTRAMUSCULAR = "intramuscular", "Intramuscular"
    INHALED = "inhaled", "Inhaled"
    TOPICAL = "topical", "On the skin or eye"
    OTHER = "other", "Other"


class GivenFor(models.TextChoices):
    MS = "ms", "Multiple sclerosis"
    RELAPSE = "relapse", "A relapse"
    ADVERSE_EVENT = "adverse_event", "An adverse event"
    PROCEDURE = "procedure", "The procedure"
    HISTORY = "history", "An illness from before the trial"
    PREVENTION = "prevention", "Prevention"
    OTHER = "other", "Something else"


class ConcomitantMedication(PatientRecord):
    """One medicine over one stretch of time. Start and end may be known to the month or year only."""

    name = models.CharField("name of the medicine", max_length=200, blank=True, default="")
    atc_code = models.CharField("ATC code", max_length=7, blank=True, default="")
    medication_group = Coded("group", MedicationGroup)
    dose = Measure("dose", digits=9, places=3)
    dose_unit = Coded("unit of the dose", DoseUnit)
    frequency = Coded("how often", Frequency)
    route = Coded("route", Route)
    started_on = PartialDay("started")
    ended_on = PartialDay("ended")
    is_ongoing = YesNo("still taken")
    given_for = Coded("given for", GivenFor)
    given_for_event = models.CharField("which relapse or adverse event", max_length=200, blank=True, default="")
    indication = Words("indication")

    REQUIRED: ClassVar[tuple[str, ...]] = (
        "name",
        "medication_group",
        "started_on",
        "is_ongoing",
        "given_for",
        "indication",
    )

    class Meta:
        verbose_name = "concomitant medication"
