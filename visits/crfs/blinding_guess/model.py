"""What the patient and the rater believe was done (protocol sections 8.13 and 6)."""

from typing import ClassVar

from django.db import models

from trialsite.records.fields import Coded, WholeNumber, Words
from visits.visit import VisitForm


class Guess(models.TextChoices):
    """The answers that the indices of blinding are computed from."""

    ANGIOPLASTY = "angioplasty", "Angioplasty"
    SHAM = "sham", "Sham"
    DO_NOT_KNOW = "do_not_know", "Do not know"


class BlindingGuess(VisitForm):
    """One guess of the patient and one of the rater, each with how certain they are (0 % pure guess, 100 % sure)."""

    patient_guess = Coded("the patient's guess", Guess)
    certainty_pct = WholeNumber("how certain the patient is", unit="%")
    patient_reason = Words("why the patient thinks so")
    rater_guess = Coded("the rater's guess", Guess)
    rater_certainty_pct = WholeNumber("how certain the rater is", unit="%")
    rater_reason = Words("why the rater thinks so")

    REQUIRED: ClassVar[tuple[str, ...]] = (*VisitForm.REQUIRED, "patient_guess", "rater_guess")

    class Meta:
        verbose_name = "guess of the treatment"
        verbose_name_plural = "guesses of the treatment"
