"""What the checks of forms need to know of a patient."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from enrollment.context import OtherConsent, PatientContext, PatientFacts
from enrollment.crfs.eligibility.form import ELIGIBILITY
from enrollment.models import Consent, Demographics, MedicalHistory, Patient
from trialsite.lib import clock
from trialsite.lib.partial_dates import PartialDate
from trialsite.protocol.model import Protocol
from trialsite.records.models import FormStatus

CONSENT_FIRST = "Consent comes first: complete the consent form before any other form of this patient."


def get_patient_facts(patient: Patient, protocol: Protocol) -> PatientFacts:
    """Two queries: the earliest complete consent, and demographics as far as they are entered."""
    consents = Consent.objects.filter(patient=patient, status=FormStatus.COMPLETE, consented_at__isnull=False)
    consented_at = consents.order_by("consented_at").values_list("consented_at", flat=True).first()
    zone = ZoneInfo(protocol.site(patient.site_code).time_zone)
    about = Demographics.objects.filter(patient=patient).first() or Demographics()
    born = PartialDate.parse(about.born_on) if about.born_on else None
    return PatientFacts(
        sex=about.sex,
        born=born,
        born_on=born.earliest if born else None,
        has_childbearing_potential=about.has_childbearing_potential,
        consented_at=consented_at,
        consented_on=consented_at.astimezone(zone).date() if consented_at else None,
    )


def find_consent_gap(patient: Patient) -> str:
    """The sentence that keeps every form but consent closed; "" once a consent is complete."""
    has_consent = Consent.objects.filter(
        patient=patient, status=FormStatus.COMPLETE, consented_at__isnull=False
    ).exists()
    return "" if has_consent else CONSENT_FIRST


def get_patient_context(
    patient: Patient,
    protocol: Protocol,
    *,
    record_id: UUID | None = None,
    related: Mapping[str, Any] | None = None,
) -> PatientContext:
    """The context of one form of a patient; `record_id` is the record being entered, which is not compared with itself."""
    return PatientContext(
        protocol=protocol,
        now=clock.now(),
        time_zone=protocol.site(patient.site_code).time_zone,
        phase_number=patient.phase_number,
        facts=get_patient_facts(patient, protocol),
        entered_on=patient.entered_on,
        procedure_on=patient.procedure_on,
        died_on=patient.died_on,
        other_consents=_get_other_consents(patient, record_id),
        related=related or {},
    )


def get_form_context(key: str, patient: Patient, protocol: Protocol, record_id: UUID) -> PatientContext:
    """The context of the form with this key, with what its checks need from other forms."""
    related = {"conditions": get_conditions_listed(patient)} if key == ELIGIBILITY.key else {}
    return get_patient_context(patient, protocol, record_id=record_id, related=related)


def get_conditions_listed(patient: Patient) -> frozenset[str]:
    """The categories of all conditions in the patient's medical history."""
    return frozenset(MedicalHistory.objects.filter(patient=patient).values_list("category", flat=True))


def _get_other_consents(patient: Patient, record_id: UUID | None) -> tuple[OtherConsent, ...]:
    found = Consent.objects.filter(patient=patient, status=FormStatus.COMPLETE, consented_at__isnull=False)
    rows = found.exclude(pk=record_id).order_by("consented_at").values_list("consented_at", "form_version")
    return tuple(OtherConsent(consented_at=moment, form_version=version) for moment, version in rows if moment)
