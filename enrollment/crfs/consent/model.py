"""Consent: one record each time the patient signs (protocol section 8.1)."""

from typing import Any, ClassVar

from django.db import models

from enrollment.models.base import PatientRecord
from trialsite.protocol.current import get_protocol
from trialsite.records.fields import Coded, Moment, Words, YesNo


class ConsentOccasion(models.TextChoices):
    FIRST = "first", "First consent"
    AGAIN = "again", "Consent again (new version or new information)"


def list_consent_versions() -> list[tuple[str, str]]:
    """The versions of the consent form that the protocol knows, as choices."""
    return [(known.version, f"Version {known.version}") for known in get_protocol().consent_versions]


class ConsentVersion(Coded):
    """One of the protocol's consent forms. The list is protocol data, so migrations do not carry it."""

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {key: value for key, value in kwargs.items() if key != "choices"}


class Consent(PatientRecord):
    """A consent form signed by the patient. The earliest complete one opens the trial to the patient."""

    occasion = Coded("occasion", ConsentOccasion)
    form_version = ConsentVersion("version of the consent form", choices=list_consent_versions)
    consented_at = Moment("signed by the patient at")
    obtained_by = models.CharField("consent obtained by", max_length=120, blank=True, default="")
    is_copy_given = YesNo("did the patient receive a copy?")
    notes = Words("notes")

    REQUIRED: ClassVar[tuple[str, ...]] = ("occasion", "form_version", "consented_at", "obtained_by", "is_copy_given")

    class Meta:
        verbose_name = "consent"
        verbose_name_plural = "consents"
        indexes = (models.Index(fields=("patient", "consented_at"), name="consent_by_patient"),)

    def __str__(self) -> str:
        return f"Version {self.form_version or '?'}"
