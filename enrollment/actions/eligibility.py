"""An investigator signs that a patient is eligible."""

from collections.abc import Callable
from datetime import date

from enrollment.evidence import Evidence
from enrollment.models import Patient, PatientStatus
from enrollment.outs import BEFORE_ENTRY
from enrollment.refusal import RefusedError
from enrollment.rules import check_eligibility
from enrollment.selectors.eligibility import EligibilityStanding, get_standing
from trialsite.audit.actor import Actor
from trialsite.audit.gate import open_gate
from trialsite.lib.findings import Finding, hard
from trialsite.marks.still import writers_of
from trialsite.protocol.model import Protocol
from trialsite.records.actions import correct_record
from trialsite.records.diff import to_plain
from trialsite.signatures.actions import sign_record
from trialsite.signatures.models import Signature

MEANING = "I have reviewed the evidence and confirm that the patient is eligible"


def sign_eligibility(
    patient: Patient,
    gather: Callable[[Patient], Evidence],
    *,
    shown_digest: str,
    on: date,
    protocol: Protocol,
    actor: Actor,
) -> Signature:
    """Sign the eligibility record together with the evidence the signer was shown (`shown_digest`).

    `gather` is asked for the evidence once the patient's row is locked, so that what is signed is what is stored.

    Raises `RefusedError` with all reasons when the patient is not eligible on this day or something changed since it was shown.
    """
    with open_gate(sharing=writers_of(patient.pk)):
        locked: Patient = Patient._base_manager.select_for_update().get(pk=patient.pk)
        evidence = gather(locked)
        standing = get_standing(locked, evidence, check_eligibility(evidence, protocol, locked.phase_number, on))
        findings = _find_obstacles(locked, standing, shown_digest)
        if findings or standing.record is None:
            raise RefusedError(findings)
        signature = sign_record(
            standing.record.subject(),
            digest=standing.digest,
            meaning=MEANING,
            actor=actor,
            evidence=to_plain(evidence.as_plain()),
        )
        status = {"status": PatientStatus.ELIGIBLE}
        correct_record(locked, status, actor=actor, base_revision=locked.revision, action="confirm_eligibility")
        return signature


def _find_obstacles(locked: Patient, standing: EligibilityStanding, shown_digest: str) -> list[Finding]:
    findings = []
    if locked.status not in BEFORE_ENTRY:
        sentence = (
            f"The patient's status is {locked.get_status_display()}: eligibility is signed during screening only."
        )
        findings.append(hard("sign_status", "", sentence, "8.3"))
    if standing.record is None or not standing.record.is_complete:
        findings.append(hard("sign_incomplete", "", "Complete the eligibility form first.", "8.3"))
    if shown_digest != standing.digest:
        sentence = "Something changed since this page was opened. Read the evidence again before you sign."
        findings.append(hard("sign_stale", "", sentence, "8.3"))
    if standing.is_signed and locked.status == PatientStatus.ELIGIBLE:
        findings.append(hard("sign_twice", "", "This has been signed already.", "8.3"))
    return findings + standing.result.findings
