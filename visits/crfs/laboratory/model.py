"""Laboratory results at a visit (protocol section 8.4)."""

from typing import ClassVar

from django.db import models

from trialsite.records.fields import Coded, Day, Measure, WholeNumber
from visits.visit import VisitForm


class CreatinineUnit(models.TextChoices):
    MG_DL = "mg_dl", "mg/dL"
    UMOL_L = "umol_l", "µmol/L"


class PregnancyTest(models.TextChoices):
    NEGATIVE = "negative", "Negative"
    POSITIVE = "positive", "Positive"
    NOT_DONE = "not_done", "Not done"


class Laboratory(VisitForm):
    """Blood results and the pregnancy test. Creatinine is kept as the laboratory reported it, in its unit."""

    creatinine = Measure("creatinine", digits=7, places=2)
    creatinine_unit = Coded("unit of creatinine", CreatinineUnit)
    inr = Measure("INR", unit="ratio", digits=5, places=2)
    platelets_10e9_l = WholeNumber("platelets", unit="10⁹/L")
    hemoglobin_g_dl = Measure("hemoglobin", unit="g/dL", digits=4, places=1)
    pregnancy_test = Coded("pregnancy test", PregnancyTest)
    pregnancy_test_on = Day("date of the pregnancy test")

    # The pregnancy test is asked for by a check: it concerns women of childbearing potential only.
    REQUIRED: ClassVar[tuple[str, ...]] = (
        *VisitForm.REQUIRED,
        "creatinine",
        "creatinine_unit",
        "inr",
        "platelets_10e9_l",
        "hemoglobin_g_dl",
    )

    class Meta:
        verbose_name = "laboratory results"
        verbose_name_plural = "laboratory results"
