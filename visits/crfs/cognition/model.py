"""Cognition and timed function at a visit (protocol section 8.9). Scores only: the tests themselves are licensed and not reproduced."""

from typing import ClassVar

from django.db import models

from trialsite.records.fields import Coded, Measure, WholeNumber, Words
from visits.visit import VisitForm


class TestForm(models.TextChoices):
    """The parallel version of the tests that was used."""

    A = "a", "Form A"
    B = "b", "Form B"
    C = "c", "Form C"


class Validity(models.TextChoices):
    VALID = "valid", "Valid"
    INVALID = "invalid", "Not valid"


class WalkingAid(models.TextChoices):
    NONE = "none", "No aid"
    UNILATERAL = "unilateral", "One-sided aid"
    BILATERAL = "bilateral", "Aid on both sides"


class Cognition(VisitForm):
    """Results of one test session. Totals, means and the composite are derived, never entered."""

    alternate_form = Coded("version of the tests", TestForm)
    validity = Coded("validity of the session", Validity)
    invalid_reason = Words("why the session is not valid")

    sdmt_correct = WholeNumber("SDMT, correct", unit="answers")
    sdmt_errors = WholeNumber("SDMT, errors", unit="answers")
    pasat_correct = WholeNumber("PASAT-3, correct", unit="answers")
    cvlt_trial_1 = WholeNumber("CVLT-II, trial 1", unit="words")
    cvlt_trial_2 = WholeNumber("CVLT-II, trial 2", unit="words")
    cvlt_trial_3 = WholeNumber("CVLT-II, trial 3", unit="words")
    cvlt_trial_4 = WholeNumber("CVLT-II, trial 4", unit="words")
    cvlt_trial_5 = WholeNumber("CVLT-II, trial 5", unit="words")
    cvlt_delayed = WholeNumber("CVLT-II, delayed recall", unit="words")
    bvmt_trial_1 = WholeNumber("BVMT-R, trial 1", unit="points")
    bvmt_trial_2 = WholeNumber("BVMT-R, trial 2", unit="points")
    bvmt_trial_3 = WholeNumber("BVMT-R, trial 3", unit="points")
    bvmt_delayed = WholeNumber("BVMT-R, delayed recall", unit="points")
    cowat = WholeNumber("COWAT, words", unit="words")
    jlo = WholeNumber("JLO, correct", unit="points")
    dkefs_sorts = WholeNumber("D-KEFS, correct sorts", unit="sorts")
    dkefs_description = WholeNumber("D-KEFS, description score", unit="points")

    t25fw_1_s = Measure("25-foot walk, trial 1", unit="s", digits=4, places=1)
    t25fw_2_s = Measure("25-foot walk, trial 2", unit="s", digits=4, places=1)
    t25fw_aid = Coded("walking aid used", WalkingAid)
    nhpt_dominant_1_s = Measure("9-hole peg, dominant hand, trial 1", unit="s", digits=4, places=1)
    nhpt_dominant_2_s = Measure("9-hole peg, dominant hand, trial 2", unit="s", digits=4, places=1)
    nhpt_nondominant_1_s = Measure("9-hole peg, other hand, trial 1", unit="s", digits=4, places=1)
    nhpt_nondominant_2_s = Measure("9-hole peg, other hand, trial 2", unit="s", digits=4, places=1)

    CVLT_TRIALS: ClassVar[tuple[str, ...]] = tuple(f"cvlt_trial_{n}" for n in range(1, 6))
    BVMT_TRIALS: ClassVar[tuple[str, ...]] = tuple(f"bvmt_trial_{n}" for n in range(1, 4))
    WALK_TRIALS: ClassVar[tuple[str, ...]] = ("t25fw_1_s", "t25fw_2_s")
    PEG_TRIALS: ClassVar[tuple[str, ...]] = (
        "nhpt_dominant_1_s",
        "nhpt_dominant_2_s",
        "nhpt_nondominant_1_s",
        "nhpt_nondominant_2_s",
    )
    REQUIRED: ClassVar[tuple[str, ...]] = (
        *VisitForm.REQUIRED,
        "alternate_form",
        "validity",
        "sdmt_correct",
        "sdmt_errors",
        "pasat_correct",
        *CVLT_TRIALS,
        "cvlt_delayed",
        *BVMT_TRIALS,
        "bvmt_delayed",
        *WALK_TRIALS,
        "t25fw_aid",
        *PEG_TRIALS,
    )

    class Meta:
        verbose_name = "cognition and timed function"
        verbose_name_plural = "cognition and timed function"
