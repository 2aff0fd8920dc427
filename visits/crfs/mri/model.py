"""Magnetic resonance imaging of brain and veins (protocol sections 3.3 and 8.6)."""

from typing import ClassVar

from django.db import models

from trialsite.records.fields import Coded, Day, Measure, Moment, WholeNumber, Words, YesNo
from visits.visit import VisitForm


class FieldStrength(models.TextChoices):
    LOW = "1.5", "1.5 T"
    HIGH = "3", "3 T"


class GadoliniumAgent(models.TextChoices):
    GADOBUTROL = "gadobutrol", "Gadobutrol"
    GADOTERATE = "gadoterate", "Gadoterate"
    GADOPENTETATE = "gadopentetate", "Gadopentetate"
    GADODIAMIDE = "gadodiamide", "Gadodiamide"
    GADOBENATE = "gadobenate", "Gadobenate"
    GADOTERIDOL = "gadoteridol", "Gadoteridol"
    OTHER = "other", "Other (remarks)"


class JugularFlow(models.TextChoices):
    """MR venography of a jugular vein; pinpoint and absent flow are abnormal."""

    NORMAL = "normal", "Normal"
    PINPOINT = "pinpoint", "Pinpoint (abnormal)"
    ABSENT = "absent", "Absent (abnormal)"


class VertebralFlow(models.TextChoices):
    """MR venography of a vertebral vein; absent flow is abnormal."""

    PRESENT = "present", "Present"
    ABSENT = "absent", "Absent (abnormal)"


class Mri(VisitForm):
    """One scan, or why there was none. New lesions are counted against the reference scan named here, by two readers who do not know the arm."""

    has_pacemaker = YesNo("pacemaker or other electronic implant")
    has_ferromagnetic_implant = YesNo("ferromagnetic implant, clip or splinter")
    has_claustrophobia = YesNo("claustrophobia that prevents a scan")
    is_scan_done = YesNo("scan done")
    not_done_reason = Words("why no scan was done")

    scanned_at = Moment("date and time of the scan")
    scanner = models.CharField("scanner", max_length=120, blank=True, default="")
    field_t = Coded("field strength", FieldStrength)
    is_protocol_followed = YesNo("imaging protocol followed")
    motion_grade = WholeNumber("motion (0 none to 3 severe)", unit="grade")
    is_repeat_needed = YesNo("scan must be repeated")

    gd_given = YesNo("gadolinium given")
    gd_not_given_reason = Words("why not")
    gd_agent = Coded("agent", GadoliniumAgent)
    gd_dose_mmol_kg = Measure("dose", unit="mmol/kg", digits=5, places=3)
    gd_delay_min = WholeNumber("delay from injection to scan", unit="min")

    reference_scan = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="compared with the scan of",
    )
    reader_1 = models.CharField("first reader", max_length=120, blank=True, default="")
    reader_2 = models.CharField("second reader", max_length=120, blank=True, default="")
    is_blinded_read = YesNo("both read without knowing arm or clinic")
    cel_new_reader_1 = WholeNumber("new enhancing lesions, first reader", unit="lesions")
    cel_new_reader_2 = WholeNumber("new enhancing lesions, second reader", unit="lesions")
    t2_new_reader_1 = WholeNumber("new T2 lesions, first reader", unit="lesions")
    t2_new_reader_2 = WholeNumber("new T2 lesions, second reader", unit="lesions")
    adjudicated_by = models.CharField("adjudicated by", max_length=120, blank=True, default="")
    adjudicated_on = Day("adjudicated on")

    cel_total = WholeNumber("enhancing lesions, all", unit="lesions")
    cel_new = WholeNumber("new enhancing lesions, agreed", unit="lesions")
    t2_total = WholeNumber("T2 lesions, all", unit="lesions")
    t2_new = WholeNumber("new T2 lesions, agreed", unit="lesions")
    t2_enlarging = WholeNumber("enlarging T2 lesions", unit="lesions")
    t2_also_enhancing = WholeNumber("new or enlarging T2 lesions that are also new enhancing ones", unit="lesions")

    t2_volume_ml = Measure("T2 lesion volume", unit="mL", digits=6, places=2)
    t1_volume_ml = Measure("T1 lesion volume", unit="mL", digits=6, places=2)
    brain_volume_ml = Measure("normalized brain volume", unit="mL", digits=6, places=1)
    gray_matter_ml = Measure("normalized gray matter", unit="mL", digits=6, places=1)
    white_matter_ml = Measure("normalized white matter", unit="mL", digits=6, places=1)
    pbvc_pct = Measure("brain volume change since baseline", unit="%", digits=5, places=2)

    venography_done = YesNo("MR venography done")
    venography_right_ijv = Coded("right internal jugular", JugularFlow)
    venography_left_ijv = Coded("left internal jugular", JugularFlow)
    venography_right_vv = Coded("right vertebral", VertebralFlow)
    venography_left_vv = Coded("left vertebral", VertebralFlow)

    has_incidental_finding = YesNo("incidental finding")
    incidental_finding = Words("which")
    incidental_notified_on = Day("safety officer told on")
    remarks = Words("remarks")

    REQUIRED: ClassVar[tuple[str, ...]] = (
        *VisitForm.REQUIRED,
        "has_pacemaker",
        "has_ferromagnetic_implant",
        "has_claustrophobia",
        "is_scan_done",
    )

    class Meta:
        verbose_name = "MRI"
