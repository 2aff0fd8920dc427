"""The course of the multiple sclerosis before the trial (protocol section 8.2)."""

from typing import ClassVar

from django.db import models

from enrollment.models.base import PatientRecord
from trialsite.records.fields import Coded, PartialDay, WholeNumber, Words, YesNo


class MsCourse(models.TextChoices):
    RELAPSING_REMITTING = "RR", "Relapsing-remitting"
    SECONDARY_PROGRESSIVE_RELAPSING = "SPR", "Secondary progressive with relapses"
    SECONDARY_PROGRESSIVE = "SP", "Secondary progressive"
    PRIMARY_PROGRESSIVE = "PP", "Primary progressive"
    CLINICALLY_ISOLATED = "CIS", "Clinically isolated syndrome"


class McDonaldVersion(models.TextChoices):
    V2005 = "2005", "2005"
    V2010 = "2010", "2010"
    V2017 = "2017", "2017"
    V2024 = "2024", "2024"
    NOT_FULFILLED = "none", "Not fulfilled"


class DiseaseModifyingTherapy(models.TextChoices):
    INTERFERON_1A = "interferon_beta_1a", "Interferon beta-1a"
    INTERFERON_1B = "interferon_beta_1b", "Interferon beta-1b"
    GLATIRAMER = "glatiramer", "Glatiramer acetate"
    NATALIZUMAB = "natalizumab", "Natalizumab"
    FINGOLIMOD = "fingolimod", "Fingolimod"
    OTHER = "other", "Other (say which)"
    NONE = "none", "None"


class MsHistory(PatientRecord):
    """Taken once, at screening. A date that never was, such as a last steroid course, is "not applicable"."""

    ms_course = Coded("course of the disease", MsCourse)
    mcdonald_version = Coded("McDonald criteria fulfilled, version", McDonaldVersion)
    onset_on = PartialDay("first symptoms")
    diagnosed_on = PartialDay("diagnosis")
    relapses_12_months = WholeNumber("relapses in the 12 months before consent", unit="relapses")
    relapses_24_months = WholeNumber("relapses in the 24 months before consent", unit="relapses")
    last_relapse_on = PartialDay("last relapse began")
    last_steroid_on = PartialDay("last day of steroids for a relapse")
    dmt = Coded("disease-modifying therapy now", DiseaseModifyingTherapy)
    dmt_other = models.CharField("other therapy", max_length=120, blank=True, default="")
    dmt_started_on = PartialDay("therapy began")
    has_previous_venous_procedure = YesNo("earlier venous angioplasty or stent for venous insufficiency?")
    previous_venous_procedure_details = Words("which procedure, and when")
    has_syncope_or_arrhythmia = YesNo("ever fainted, or had an irregular or slow heartbeat?")
    syncope_or_arrhythmia_details = Words("what happened, and when")

    REQUIRED: ClassVar[tuple[str, ...]] = (
        "ms_course",
        "mcdonald_version",
        "onset_on",
        "diagnosed_on",
        "relapses_12_months",
        "relapses_24_months",
        "last_relapse_on",
        "last_steroid_on",
        "dmt",
        "has_previous_venous_procedure",
        "has_syncope_or_arrhythmia",
    )

    class Meta:
        verbose_name = "MS history"
        verbose_name_plural = "MS histories"
        constraints = (models.UniqueConstraint(fields=("patient",), name="ms_history_once"),)
