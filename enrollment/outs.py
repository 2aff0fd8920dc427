"""Whether a patient may leave the trial in the way somebody reports: screening failure or withdrawal. Pure."""

from dataclasses import dataclass
from datetime import date

from trialsite.lib.findings import Finding, hard
from trialsite.protocol.model import Protocol

DECLINED, OTHER = "declined", "other"
SCOPES = ("treatment", "follow_up", "data_use")  # each includes those before it
BEFORE_ENTRY = ("screening", "eligible")


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """How far the patient has come. `status` is the code of `PatientStatus`; `today` is the site's."""

    status: str
    phase_number: int
    today: date
    registered_on: date
    consented_on: date | None = None
    entered_on: date | None = None
    died_on: date | None = None
    withdrawal_scope: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureReport:
    """A screening failure: codes of criteria, DECLINED or OTHER."""

    reasons: tuple[str, ...]
    details: str
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawalReport:
    """What a patient no longer agrees to, since when, and why."""

    scope: str
    on: date
    reason: str


def failure_reasons(protocol: Protocol, phase_number: int) -> tuple[tuple[str, str], ...]:
    """(code, words) of everything a screening failure can rest on in a phase."""
    criteria = tuple((item.code, f"{item.code} {item.text}") for item in protocol.criteria_of_phase(phase_number))
    return (*criteria, (DECLINED, "The patient declined"), (OTHER, "Other (say which)"))


def check_screening_failure(where: Whereabouts, report: FailureReport, protocol: Protocol) -> list[Finding]:
    """Every reason why this screening failure cannot be stored."""
    findings = []
    if where.status not in BEFORE_ENTRY:
        sentence = "Only a patient in screening can fail it. After entry, record a withdrawal or a deviation instead."
        findings.append(hard("failure_status", "", sentence, "8.3"))
    known = {code for code, _ in failure_reasons(protocol, where.phase_number)}
    if not report.reasons or not set(report.reasons) <= known:
        findings.append(hard("failure_reasons", "reasons", "Choose at least one reason from the list.", "8.3"))
    if OTHER in report.reasons and not report.details.strip():
        findings.append(hard("failure_details", "details", "Say what the other reason is.", "8.3"))
    return [*findings, *_check_day(where, report.on)]


def check_reopening(status: str, reason: str) -> list[Finding]:
    """Every reason why a screening failure cannot be taken back."""
    findings = []
    if status != "screen_failed":
        findings.append(hard("reopen_status", "", "There is no screening failure to take back.", "8.3"))
    if not reason.strip():
        findings.append(hard("reopen_reason", "reason", "Say why the screening failure is taken back.", "8.3"))
    return findings


def check_withdrawal(where: Whereabouts, report: WithdrawalReport) -> list[Finding]:
    """Every reason why this withdrawal cannot be stored."""
    findings = []
    if report.scope not in SCOPES:
        findings.append(hard("withdrawal_scope", "scope", "Choose what the patient no longer agrees to.", "8.1"))
    elif where.withdrawal_scope and SCOPES.index(report.scope) <= SCOPES.index(where.withdrawal_scope):
        sentence = "The patient has withdrawn this already. Choose a wider scope, or leave it as it is."
        findings.append(hard("withdrawal_again", "scope", sentence, "8.1"))
    if not report.reason.strip():
        findings.append(hard("withdrawal_reason", "reason", "Give the reason, or write that the patient gave none."))
    if where.consented_on is None:
        sentence = "There is no complete consent that could be withdrawn. Record a screening failure instead."
        findings.append(hard("withdrawal_consent", "", sentence, "8.1"))
    if where.died_on is not None and report.on > where.died_on:
        findings.append(hard("withdrawal_death", "on", f"The patient died on {where.died_on}.", "7.12"))
    findings += _check_day(where, report.on)
    if where.consented_on is not None and report.on < where.consented_on:
        sentence = f"{report.on} is before consent ({where.consented_on}). Correct the date."
        findings.append(hard("withdrawal_before_consent", "on", sentence, "8.1"))
    return findings


def _check_day(where: Whereabouts, on: date) -> list[Finding]:
    if on > where.today:
        return [hard("out_future", "on", f"{on} is in the future. Enter the day it happened.")]
    first_on = min(where.registered_on, where.consented_on or where.registered_on)
    if on < first_on:
        return [hard("out_early", "on", f"{on} is before the patient came into the trial ({first_on}).")]
    return []
