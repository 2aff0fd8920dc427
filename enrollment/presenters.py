"""Pages as frozen values: what a template shows, decided here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.urls import reverse

from enrollment.models import Patient
from enrollment.rules import CriterionResult, EligibilityResult, Verdict
from enrollment.selectors.eligibility import EligibilityStanding
from trialsite.protocol.model import Protocol

_STATUS_TAGS = {
    "screening": "due",
    "eligible": "due",
    "enrolled": "done",
    "randomized": "done",
    "completed": "done",
    "screen_failed": "missed",
    "withdrawn": "missed",
    "discontinued": "missed",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientLine:
    """One patient in the register."""

    number: str
    site: str
    phase: str
    status: str
    tag: str
    registered_on: date
    entered_on: date | None
    procedure_on: date | None
    url: str


def casebook_url(patient_id: UUID) -> str:
    """Where a patient's visits and forms are; the page stands on the floor above, so templates here get its address."""
    return reverse("casebook", args=(patient_id,))


def present_patients(patients: Sequence[Patient], protocol: Protocol) -> list[PatientLine]:
    phases = {phase.number: phase.label for phase in protocol.phases}
    return [
        PatientLine(
            number=patient.number,
            site=patient.site_code,
            phase=phases.get(patient.phase_number, str(patient.phase_number)),
            status=patient.get_status_display(),
            tag=_STATUS_TAGS[patient.status],
            registered_on=patient.registered_on,
            entered_on=patient.entered_on,
            procedure_on=patient.procedure_on,
            url=casebook_url(patient.pk),
        )
        for patient in patients
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class CriterionLine:
    """One criterion in the list of eligibility: a sign, a word and a reason."""

    code: str
    kind: str
    text: str
    word: str
    cell: str
    reason: str
    is_computed: bool


_WORDS = {
    ("inclusion", Verdict.PASSED): "met",
    ("inclusion", Verdict.FAILED): "not met",
    ("exclusion", Verdict.PASSED): "absent",
    ("exclusion", Verdict.FAILED): "present",
}
_CELLS = {Verdict.PASSED: "complete", Verdict.FAILED: "overdue", Verdict.UNKNOWN: "empty"}


def present_criteria(result: EligibilityResult) -> list[CriterionLine]:
    return [
        CriterionLine(
            code=criterion.code,
            kind=criterion.kind,
            text=criterion.text,
            word=_WORDS.get((criterion.kind, criterion.verdict), "not known"),
            cell=_CELLS[criterion.verdict],
            reason=criterion.reason,
            is_computed=not criterion.is_answered_by_person,
        )
        for criterion in result.criteria
    ]


def describe_eligibility(standing: EligibilityStanding) -> str:
    """The outcome in one sentence."""
    failed, unknown = standing.result.failed, standing.result.unknown
    if failed:
        return f"Not eligible: {_codes(failed)} {'stand' if len(failed) > 1 else 'stands'} against it."
    if unknown:
        return f"Not decided: {len(unknown)} of {len(standing.result.criteria)} criteria are not known yet."
    return f"All {len(standing.result.criteria)} criteria speak for the patient."


def _codes(criteria: Sequence[CriterionResult]) -> str:
    return ", ".join(criterion.code for criterion in criteria)
