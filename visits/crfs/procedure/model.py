"""The procedure as everyone may know it (protocol section 8.11, part A): nothing here tells what was done inside the veins."""

from typing import ClassVar

from django.db import models

from trialsite.records.fields import Coded, Moment, SeveralCodes, WholeNumber, Words, YesNo
from visits.visit import VisitForm


class AccessSide(models.TextChoices):
    RIGHT_FEMORAL = "right_femoral", "Right femoral vein"
    LEFT_FEMORAL = "left_femoral", "Left femoral vein"


class Hemostasis(models.TextChoices):
    MANUAL = "manual", "Manual compression"
    DEVICE = "device", "Closure device"
    SUTURE = "suture", "Suture"
    OTHER = "other", "Other"


class Complication(models.TextChoices):
    NONE = "none", "None"
    HEMATOMA = "hematoma", "Hematoma"
    BLEEDING = "bleeding", "Bleeding"
    THROMBOSIS = "thrombosis", "Thrombosis"
    FISTULA = "fistula", "Arteriovenous fistula"
    PERFORATION = "perforation", "Perforation"
    DISSECTION = "dissection", "Dissection"
    ARRHYTHMIA = "arrhythmia", "Arrhythmia"
    CONTRAST_REACTION = "contrast_reaction", "Reaction to contrast medium"
    OTHER = "other", "Other"


class Procedure(VisitForm):
    """From insertion of the sheath to discharge. Written alike whatever was done."""

    started_at = Moment("sheath inserted at")
    ended_at = Moment("sheath removed at")
    sedation_given = YesNo("conscious sedation given")
    sedation_agents = models.CharField("medicines for sedation", max_length=200, blank=True, default="")
    access_side = Coded("access", AccessSide)
    sheath_french = WholeNumber("size of the sheath", unit="F")
    hemostasis = Coded("closure of the access", Hemostasis)
    exit_complications = SeveralCodes("complications when leaving the room", Complication)
    complication_details = Words("the complication in words")
    discharged_at = Moment("discharged at")

    REQUIRED: ClassVar[tuple[str, ...]] = (
        *VisitForm.REQUIRED,
        "started_at",
        "ended_at",
        "sedation_given",
        "access_side",
        "sheath_french",
        "hemostasis",
        "exit_complications",
        "discharged_at",
    )

    class Meta:
        verbose_name = "procedure"
