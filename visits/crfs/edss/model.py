"""Neurological examination: functional systems, ambulation and the Expanded Disability Status Scale (protocol sections 4.1, 4.2 and 8.7)."""

from typing import ClassVar

from django.db import models

from trialsite.records.fields import Coded, Day, Measure, WholeNumber, Words, YesNo
from visits.crfs.edss import step
from visits.visit import VisitForm


class WalkingAid(models.TextChoices):
    NONE = "none", "None"
    UNILATERAL = "unilateral", "On one side"
    BILATERAL = "bilateral", "On both sides"
    WHEELCHAIR = "wheelchair", "Wheelchair or bed"


class AmbulationForm(models.TextChoices):
    """Which edition of the ambulation score was used; the decision table knows the newer one."""

    TO_16 = "0-16", "0 to 16 (definitions 04/10.2)"
    TO_12 = "0-12", "0 to 12 (older)"


class Edss(VisitForm):
    """Raw grades as the rater gave them, and the step the rater decided on. The derived step is computed beside it, never stored."""

    certified_on = Day("rater certified on")
    is_blinded_rater = YesNo("rater does not know the arm")
    is_relapse_visit = YesNo("examined because of a suspected relapse")

    fs_visual = WholeNumber("visual", unit="grade")
    fs_brainstem = WholeNumber("brainstem", unit="grade")
    fs_pyramidal = WholeNumber("pyramidal", unit="grade")
    fs_cerebellar = WholeNumber("cerebellar", unit="grade")
    fs_sensory = WholeNumber("sensory", unit="grade")
    fs_bowel_bladder = WholeNumber("bowel and bladder", unit="grade")
    fs_cerebral = WholeNumber("cerebral", unit="grade")
    is_cerebellar_limited = YesNo("weakness prevents cerebellar testing (X)")

    ambulation_form = Coded("ambulation score used", AmbulationForm)
    ambulation = WholeNumber("ambulation score", unit="score")
    walking_distance_m = WholeNumber("distance walked without rest", unit="m")
    aid = Coded("walking aid", WalkingAid)
    rater_step = Measure("EDSS step by the rater", unit="points", digits=3, places=1, said=1)
    remarks = Words("remarks")

    SYSTEMS: ClassVar[tuple[str, ...]] = step.SYSTEMS
    REQUIRED: ClassVar[tuple[str, ...]] = (
        *VisitForm.REQUIRED,
        "assessed_by",
        "is_blinded_rater",
        *SYSTEMS,
        "ambulation_form",
        "ambulation",
        "walking_distance_m",
        "aid",
        "rater_step",
    )

    class Meta:
        verbose_name = "neurological examination"
