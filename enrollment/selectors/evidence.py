"""What the forms about the patient as a whole contribute to the evidence of eligibility. Only complete forms count."""

from typing import Any, TypeVar

from enrollment.context import PatientFacts
from enrollment.evidence import Evidence
from enrollment.models import Consent, Demographics, Eligibility, EligibilityAnswer, MsHistory, Patient, PatientRecord
from enrollment.selectors.facts import get_patient_facts
from trialsite.lib.partial_dates import PartialDate
from trialsite.protocol.model import Protocol
from trialsite.records.models import AbsenceCode, FormStatus

R = TypeVar("R", bound=PatientRecord)

_QUESTIONS = ("has_progressed", "is_breast_feeding", "lacks_contraception", "has_treatment_contraindication")


def get_patient_evidence(patient: Patient, protocol: Protocol) -> Evidence:
    """The evidence as far as enrollment knows it; visits add what was examined."""
    facts = get_patient_facts(patient, protocol)
    known: dict[str, Any] = {
        "consented_on": facts.consented_on,
        "consent_version": _get_consent_version(patient, facts),
        **_from_demographics(_find_complete(Demographics, patient), facts),
        **_from_ms_history(_find_complete(MsHistory, patient)),
        **_from_answers(_find_complete(Eligibility, patient)),
    }
    return Evidence(**known)


def _find_complete(model: type[R], patient: Patient) -> R | None:
    return model._base_manager.filter(patient=patient, status=FormStatus.COMPLETE).first()


def _get_consent_version(patient: Patient, facts: PatientFacts) -> str:
    first = Consent.objects.filter(patient=patient, consented_at=facts.consented_at, status=FormStatus.COMPLETE).first()
    return first.form_version if first and facts.consented_at else ""


def _from_demographics(stored: Demographics | None, facts: PatientFacts) -> dict[str, Any]:
    if stored is None:
        return {}
    return {"born": facts.born, "sex": facts.sex, "has_childbearing_potential": facts.has_childbearing_potential}


def _from_ms_history(stored: MsHistory | None) -> dict[str, Any]:
    if stored is None:
        return {}
    return {
        "ms_course": stored.ms_course,
        "mcdonald_version": stored.mcdonald_version,
        "dmt": stored.dmt,
        "dmt_started": _read(stored.dmt_started_on),
        "has_previous_venous_procedure": stored.has_previous_venous_procedure,
        "relapses": _days(stored.last_relapse_on),
        "are_relapses_known": _is_known(stored, "last_relapse_on"),
        "steroid_days": _days(stored.last_steroid_on),
        "are_steroids_known": _is_known(stored, "last_steroid_on"),
    }


def _read(text: str) -> PartialDate | None:
    return PartialDate.parse(text) if text else None


def _days(text: str) -> tuple[PartialDate, ...]:
    return (PartialDate.parse(text),) if text else ()


def _is_known(stored: MsHistory, field: str) -> bool:
    """A date, or the statement that there never was one."""
    return bool(getattr(stored, field)) or stored.absent.get(field, {}).get("code") == AbsenceCode.NOT_APPLICABLE


def _from_answers(stored: Eligibility | None) -> dict[str, Any]:
    if stored is None:
        return {}
    rows = EligibilityAnswer.objects.filter(parent=stored).exclude(answer="").order_by("key")
    return {
        **{name: getattr(stored, name) for name in _QUESTIONS},
        "answers": dict(rows.values_list("key", "answer")),
    }
