"""Who the patient is, as far as the trial needs to know (protocol section 8.1)."""

from typing import ClassVar

from django.db import models

from enrollment.models.base import PatientRecord
from trialsite.records.fields import Coded, Measure, PartialDay, SeveralCodes, WholeNumber, YesNo


class Sex(models.TextChoices):
    FEMALE = "F", "Female"
    MALE = "M", "Male"
    OTHER = "X", "Other or unknown"


class Race(models.TextChoices):
    """The categories of the US Office of Management and Budget, 1997."""

    AMERICAN_INDIAN = "american_indian", "American Indian or Alaska Native"
    ASIAN = "asian", "Asian"
    BLACK = "black", "Black or African American"
    PACIFIC_ISLANDER = "pacific_islander", "Native Hawaiian or other Pacific Islander"
    WHITE = "white", "White"
    OTHER = "other", "Other"


class Ethnicity(models.TextChoices):
    HISPANIC = "hispanic", "Hispanic or Latino"
    NOT_HISPANIC = "not_hispanic", "Not Hispanic or Latino"


class Handedness(models.TextChoices):
    RIGHT = "R", "Right"
    LEFT = "L", "Left"
    BOTH = "A", "Both"


class Demographics(PatientRecord):
    """Taken once, at screening. The year of birth is enough."""

    born_on = PartialDay("date of birth (the year is enough)")
    sex = Coded("sex", Sex)
    has_childbearing_potential = YesNo("can the patient become pregnant?")
    race = SeveralCodes("race", Race)
    ethnicity = Coded("ethnicity", Ethnicity)
    education_years = WholeNumber("education", unit="years")
    handedness = Coded("handedness", Handedness)
    height_cm = Measure("height", unit="cm", digits=4, places=1)
    weight_kg = Measure("weight", unit="kg", digits=4, places=1)

    REQUIRED: ClassVar[tuple[str, ...]] = ("born_on", "sex", "education_years", "handedness", "height_cm", "weight_kg")

    class Meta:
        verbose_name = "demographics"
        verbose_name_plural = "demographics"
        constraints = (models.UniqueConstraint(fields=("patient",), name="demographics_once"),)
