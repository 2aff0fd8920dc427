"""Eligibility as it stands: the answers, what the evidence says, and whether a signature still covers both."""

from dataclasses import dataclass
from typing import cast

from enrollment.evidence import Evidence
from enrollment.models import Eligibility, Patient
from enrollment.rules import EligibilityResult
from trialsite.records.diff import digest_of
from trialsite.signatures.models import Signature
from trialsite.signatures.selectors import get_signatures


@dataclass(frozen=True, slots=True, kw_only=True)
class EligibilityStanding:
    """What a signature would cover now (`digest`), and the one that covers it, or else the latest that no longer does."""

    record: Eligibility | None
    result: EligibilityResult
    digest: str
    signature: Signature | None
    is_signed: bool

    @property
    def is_voided(self) -> bool:
        return self.signature is not None and not self.is_signed


def find_eligibility(patient: Patient) -> Eligibility | None:
    return cast("Eligibility | None", Eligibility.objects.filter(patient=patient).select_related("patient").first())


def digest_of_eligibility(record: Eligibility | None, evidence: Evidence) -> str:
    """SHA-256 over the answers and the evidence shown with them."""
    return digest_of({"answers": record.plain_values() if record else {}, "evidence": evidence.as_plain()})


def get_standing(patient: Patient, evidence: Evidence, result: EligibilityResult) -> EligibilityStanding:
    """How eligibility stands: signed only if somebody signed exactly this, the same answers and the same evidence."""
    record = find_eligibility(patient)
    digest = digest_of_eligibility(record, evidence)
    signatures = get_signatures(record.pk) if record else []
    valid = [one for one in signatures if record and (one.revision, one.digest) == (record.revision, digest)]
    return EligibilityStanding(
        record=record,
        result=result,
        digest=digest,
        signature=next(iter([*valid, *signatures]), None),
        is_signed=bool(valid),
    )
