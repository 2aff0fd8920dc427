"""Questionnaires that the patient answers (protocol sections 4.3 and 8.10). Numbers only: no question is reproduced."""

from typing import ClassVar

from django.db import models

from trialsite.records.fields import Coded, Moment, WholeNumber
from visits.crfs.quality_of_life.scoring import FSS_ITEMS, MFIS_ITEMS, MSQOL_ITEMS, MSQOL_SCALES, MSQOL_SINGLE_ITEMS
from visits.visit import VisitForm


class CompletedBy(models.TextChoices):
    SELF = "self", "The patient alone"
    HELP = "help", "The patient with help"
    INTERVIEW = "interview", "In an interview"


class Mode(models.TextChoices):
    PAPER = "paper", "On paper"
    SCREEN = "screen", "On a screen"
    TELEPHONE = "telephone", "By telephone"


class Language(models.TextChoices):
    ENGLISH = "en", "English"
    FRENCH = "fr", "French"
    SPANISH = "es", "Spanish"
    ITALIAN = "it", "Italian"
    GERMAN = "de", "German"
    OTHER = "other", "Other"


class QualityOfLife(VisitForm):
    """One sitting of the questionnaires the protocol asks for.

    Besides what is listed here it has one whole number per item: `msqol_1` to `msqol_54`, `fss_1` to `fss_9`, `mfis_1` to `mfis_21`.
    """

    completed_by = Coded("answered by", CompletedBy)
    language = Coded("language", Language)
    mode = Coded("how", Mode)
    started_at = Moment("started at")
    ended_at = Moment("finished at")
    bdi_fs_total = WholeNumber("BDI-FS, total", unit="points")
    bdi_fs_item_7 = WholeNumber("BDI-FS, item 7", unit="points")
    msis_physical = WholeNumber("MSIS-29, physical, sum", unit="points")
    msis_psychological = WholeNumber("MSIS-29, psychological, sum", unit="points")

    MSQOL: ClassVar[tuple[str, ...]] = tuple(f"msqol_{n}" for n in range(1, MSQOL_ITEMS + 1))
    FSS: ClassVar[tuple[str, ...]] = tuple(f"fss_{n}" for n in range(1, FSS_ITEMS + 1))
    MFIS: ClassVar[tuple[str, ...]] = tuple(f"mfis_{n}" for n in range(1, MFIS_ITEMS + 1))
    BDI_FS: ClassVar[tuple[str, ...]] = ("bdi_fs_total", "bdi_fs_item_7")
    MSIS: ClassVar[tuple[str, ...]] = ("msis_physical", "msis_psychological")
    REQUIRED: ClassVar[tuple[str, ...]] = (
        *VisitForm.REQUIRED,
        "completed_by",
        "language",
        "mode",
        *MSQOL,
        *FSS,
        *MFIS,
        *BDI_FS,
        *MSIS,
    )

    class Meta:
        verbose_name = "quality of life"
        verbose_name_plural = "quality of life"


def _msqol_label(item: int) -> str:
    scales = {**MSQOL_SCALES, **MSQOL_SINGLE_ITEMS}
    scale = next(name for name, items in scales.items() if item in items)
    return f"item {item} ({scale[:1].lower()}{scale[1:]})"


for _n, _name in enumerate(QualityOfLife.MSQOL, start=1):
    QualityOfLife.add_to_class(_name, WholeNumber(_msqol_label(_n), unit="choice"))
for _name in QualityOfLife.FSS:
    QualityOfLife.add_to_class(_name, WholeNumber(f"FSS item {_name.rpartition('_')[2]}", unit="choice"))
for _name in QualityOfLife.MFIS:
    QualityOfLife.add_to_class(_name, WholeNumber(f"MFIS item {_name.rpartition('_')[2]}", unit="choice"))
