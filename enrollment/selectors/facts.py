"""What the checks of forms need to know of a patient."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import OuterRef, Subquery, UUIDField

from enrollment.context import OtherConsent, PatientContext, PatientFacts
from enrollment.crfs.eligibility.form import ELIGIBILITY
from enrollment.models import Consent, Demographics, MedicalHistory, Patient
from trialsite.lib import clock
from trialsite.lib.partial_dates import PartialDate
from trialsite.lib.prepared import Place, Prepared
from trialsite.protocol.model import Protocol
from trialsite.records.models import FormStatus

CONSENT_FIRST = "Consent comes first: complete the consent form before any other form of this patient."


def fact_columns(patient: str) -> dict[str, Subquery]:
    """What `read_facts` reads, as columns of a query in which the patient's id is called `patient`: the earliest complete consent, and
    demographics as far as they are entered.
    """
    consents = Consent.objects.filter(
        patient=OuterRef(patient), status=FormStatus.COMPLETE, consented_at__isnull=False
    ).order_by("consented_at")
    about = Demographics.objects.filter(patient=OuterRef(patient)).order_by("pk")
    return {"fact_consented_at": Subquery(consents.values("consented_at")[:1])} | {
        f"fact_{name}": Subquery(about.values(name)[:1]) for name in ("sex", "born_on", "has_childbearing_potential")
    }


def read_facts(row: Any, site_code: str, protocol: Protocol) -> PatientFacts:
    """The facts of a patient from a row with the `fact_columns`."""
    consented_at, text = row.fact_consented_at, row.fact_born_on
    born = PartialDate.parse(text) if text else None
    zone = ZoneInfo(protocol.site(site_code).time_zone)
    return PatientFacts(
        sex=row.fact_sex or "",
        born=born,
        born_on=born.earliest if born else None,
        has_childbearing_potential=row.fact_has_childbearing_potential,
        consented_at=consented_at,
        consented_on=consented_at.astimezone(zone).date() if consented_at else None,
    )


# Every save and every page of a form asks it.
_FACTS = Prepared(
    lambda: Patient._base_manager.annotate(**fact_columns("pk")).filter(pk=Place("patient", UUIDField())).order_by()
)


def get_patient_facts(patient: Patient, protocol: Protocol) -> PatientFacts:
    """One query: the earliest complete consent, and demographics as far as they are entered.

    Raises `Patient.DoesNotExist` when the patient is not stored.
    """
    row = _FACTS.ask_one(patient=patient.pk)
    if row is None:
        raise Patient.DoesNotExist(f"patient {patient.pk} is not stored")
    return read_facts(row, patient.site_code, protocol)


def find_consent_gap(patient: Patient, facts: PatientFacts | None = None) -> str:
    """The sentence that keeps every form but consent closed; "" once a consent is complete. `facts` where they are known already."""
    if facts is not None:
        return "" if facts.has_consented else CONSENT_FIRST
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
    facts: PatientFacts | None = None,
) -> PatientContext:
    """The context of one form of a patient; `record_id` is the record being entered, which is not compared with itself."""
    return PatientContext(
        protocol=protocol,
        now=clock.now(),
        time_zone=protocol.site(patient.site_code).time_zone,
        phase_number=patient.phase_number,
        facts=facts or get_patient_facts(patient, protocol),
        entered_on=patient.entered_on,
        procedure_on=patient.procedure_on,
        died_on=patient.died_on,
        other_consents=_get_other_consents(patient, record_id),
        related=related or {},
    )


def get_form_context(
    key: str, patient: Patient, protocol: Protocol, record_id: UUID, facts: PatientFacts | None = None
) -> PatientContext:
    """The context of the form with this key, with what its checks need from other forms."""
    related = {"conditions": get_conditions_listed(patient)} if key == ELIGIBILITY.key else {}
    return get_patient_context(patient, protocol, record_id=record_id, related=related, facts=facts)


def get_conditions_listed(patient: Patient) -> frozenset[str]:
    """The categories of all conditions in the patient's medical history."""
    return frozenset(MedicalHistory.objects.filter(patient=patient).values_list("category", flat=True))


def _get_other_consents(patient: Patient, record_id: UUID | None) -> tuple[OtherConsent, ...]:
    found = Consent.objects.filter(patient=patient, status=FormStatus.COMPLETE, consented_at__isnull=False)
    rows = found.exclude(pk=record_id).order_by("consented_at").values_list("consented_at", "form_version")
    return tuple(OtherConsent(consented_at=moment, form_version=version) for moment, version in rows if moment)
