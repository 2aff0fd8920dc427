"""What must hold about a protocol deviation, and when it must be reported. Pure. Needs nothing of `context.related`."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

from trialsite.lib.findings import Finding, hard, soft
from trialsite.records.values import Computed, Values
from visits.crfs.adverse_event.checks import show_duties
from visits.crfs.adverse_event.clocks import duties
from visits.crfs.context import VisitContext
from visits.crfs.shared_checks import check_past_date

FORM = "deviation"


def check_deviation(values: Values, context: VisitContext) -> list[Finding]:
    return [
        *_check_day(values, context),
        *_check_state(values),
        *_check_severity(values),
        *_check_reports(values, context),
    ]


def _check_day(values: Values, context: VisitContext) -> list[Finding]:
    """A deviation may lie before consent: missing consent is one."""
    on = values.get("happened_on")
    if on is None:
        return []
    findings = check_past_date("happened_on", on, context)
    is_about_consent = values.get("category") in {"consent", "eligibility"}
    return [finding for finding in findings if not (is_about_consent and finding.key == "happened_on_before_consent")]


def _check_state(values: Values) -> list[Finding]:
    state, reason = values.get("state"), values.get("withdrawn_reason")
    if state == "withdrawn" and not reason:
        return [
            hard(
                "withdrawn_without_reason",
                "withdrawn_reason",
                "Say why the deviation is withdrawn. It stays in the list.",
                "8.15",
            )
        ]
    if state != "withdrawn" and reason:
        return [
            hard(
                "reason_without_withdrawal",
                "withdrawn_reason",
                "There is a reason for withdrawal, but the state differs. Correct one.",
            )
        ]
    if state == "resolved" and not values.get("corrective_action"):
        return [soft("resolved_without_action", "corrective_action", "Say what was done about it.", "8.15")]
    return []


def _check_severity(values: Values) -> list[Finding]:
    if values.get("severity") != "minor" or values.get("category") not in {"eligibility", "consent", "blinding"}:
        return []
    return [
        soft(
            "usually_major",
            "severity",
            "Deviations of eligibility, consent or blinding are usually major. Is it minor?",
            "8.15",
        )
    ]


def _check_reports(values: Values, context: VisitContext) -> list[Finding]:
    return [
        hard(f"{name}_future", name, "This moment is in the future. Enter when it was reported.")
        for name in ("sponsor_reported_at", "board_reported_at")
        if context.now is not None and values.get(name) is not None and values[name] > context.now
    ]


def compute_deviation(values: Values, context: VisitContext) -> list[Computed]:
    """An emergency deviation must be reported within the time of the protocol, counted from the day it happened."""
    if not values.get("is_emergency"):
        return []
    reports = {"sponsor": values.get("sponsor_reported_at"), "review board": values.get("board_reported_at")}
    starts = {"occurrence": _start_of(values, context.time_zone)}
    return show_duties(
        duties(context.protocol.safety, {"emergency_deviation"}, starts, reports, context.time_zone), context
    )


def _start_of(values: Values, time_zone: str) -> datetime | None:
    on = values.get("happened_on")
    return None if on is None else datetime.combine(on, time.min, ZoneInfo(time_zone))
