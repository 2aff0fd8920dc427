"""Adverse events (protocol sections 4.4, 5.4 and 8.14)."""

from typing import ClassVar

from django.db import models

from enrollment.models import PatientRecord
from trialsite.records.fields import Coded, Day, Moment, SeveralCodes, TimeOfDay, WholeNumber, Words, YesNo
from visits.crfs.adverse_event.rules import is_serious


class Seriousness(models.TextChoices):
    """What makes an event serious (ICH E2A; the last one is added for trials of devices)."""

    NONE = "none", "None of these"
    DEATH = "death", "Death"
    LIFE_THREATENING = "life_threatening", "Life-threatening"
    HOSPITALIZATION = "hospitalization", "Hospitalization, or a longer stay in hospital"
    DISABILITY = "disability", "Persistent or significant disability"
    CONGENITAL_ANOMALY = "congenital_anomaly", "Congenital anomaly"
    IMPORTANT_MEDICAL_EVENT = "important_medical_event", "Other important medical event"
    REQUIRED_INTERVENTION = "required_intervention", "Needed intervention to prevent permanent impairment"


class Relatedness(models.TextChoices):
    """How likely a cause is (the four words of MDCG 2020-10/1)."""

    NOT_RELATED = "not_related", "Not related"
    POSSIBLE = "possible", "Possible"
    PROBABLE = "probable", "Probable"
    CAUSAL = "causal", "Causal relationship"


class Outcome(models.TextChoices):
    RECOVERED = "recovered", "Recovered"
    RECOVERING = "recovering", "Recovering"
    NOT_RECOVERED = "not_recovered", "Not recovered"
    RECOVERED_WITH_SEQUELAE = "recovered_with_sequelae", "Recovered with sequelae"
    FATAL = "fatal", "Fatal"
    UNKNOWN = "unknown", "Unknown"


class ActionTaken(models.TextChoices):
    NONE = "none", "None"
    MEDICATION = "medication", "Medication"
    PROCEDURE = "procedure", "Procedure"
    HOSPITAL = "hospital", "Hospital care"
    WITHDRAWN = "withdrawn", "Taken out of the trial"


class Implant(models.TextChoices):
    """What was implanted because of the event. Anything here bars magnetic resonance imaging from that day on."""

    NONE = "none", "None"
    PACEMAKER = "pacemaker", "Pacemaker"
    DEFIBRILLATOR = "defibrillator", "Defibrillator"
    NEUROSTIMULATOR = "neurostimulator", "Neurostimulator"
    OTHER = "other", "Other metal or electronic implant"


class AdverseEvent(PatientRecord):
    """One event. Whether it is serious follows from its criteria, whatever it may be related to."""

    term = models.CharField("event, in the words of the source", max_length=200, blank=True, default="")
    lowest_level_term = models.CharField("MedDRA lowest level term", max_length=120, blank=True, default="")
    preferred_term = models.CharField("MedDRA preferred term", max_length=120, blank=True, default="")
    system_organ_class = models.CharField("MedDRA system organ class", max_length=120, blank=True, default="")
    coding_version = models.CharField("MedDRA version", max_length=20, blank=True, default="")
    onset_on = Day("started on")
    onset_time = TimeOfDay("started at")
    is_ongoing = YesNo("still going on")
    ended_on = Day("ended on")

    ctcae_grade = WholeNumber("severity (CTCAE v5 grade)", unit="grade")
    seriousness = SeveralCodes("seriousness criteria", Seriousness)
    related_procedure = Coded("related to the procedure", Relatedness)
    related_device = Coded("related to a device", Relatedness)
    related_contrast_sedation = Coded("related to contrast medium or sedation", Relatedness)
    related_ms = Coded("related to multiple sclerosis", Relatedness)
    is_expected = YesNo("expected, by the reference document")
    is_anticipated = YesNo("nature, severity and frequency anticipated for the device")
    reference_version = models.CharField("version of the reference document", max_length=60, blank=True, default="")

    actions_taken = SeveralCodes("what was done", ActionTaken)
    implant = Coded("implanted because of it", Implant)
    implanted_on = Day("implanted on")
    outcome = Coded("outcome", Outcome)
    died_on = Day("date of death")
    cause_of_death = Words("cause of death")
    autopsy_done = YesNo("autopsy done")
    admitted_on = Day("admitted on")
    discharged_on = Day("discharged on")
    has_device_deficiency = YesNo("a device was deficient")
    device_deficiency = Words("what was wrong with the device")
    narrative = Words("narrative")

    aware_at = Moment("site learned of it")
    sponsor_aware_at = Moment("sponsor learned of it")
    poses_imminent_risk = YesNo("imminent risk of death or serious injury to others")
    poses_unreasonable_risk = YesNo("sponsor found an unreasonable risk")
    risk_decided_at = Moment("decided on the risk")
    sponsor_reported_at = Moment("reported to the sponsor")
    board_reported_at = Moment("reported to the review board")
    authority_reported_at = Moment("reported to the authority")
    investigators_reported_at = Moment("reported to the investigators")
    follow_up_number = WholeNumber("number of the follow-up report")

    REQUIRED: ClassVar[tuple[str, ...]] = (
        "term",
        "onset_on",
        "is_ongoing",
        "ctcae_grade",
        "seriousness",
        "related_procedure",
        "related_device",
        "related_contrast_sedation",
        "related_ms",
        "is_expected",
        "actions_taken",
        "implant",
        "outcome",
        "aware_at",
    )

    class Meta:
        verbose_name = "adverse event"

    def __str__(self) -> str:
        return self.term or "adverse event"

    @property
    def is_serious(self) -> bool:
        return is_serious({"seriousness": self.seriousness})
