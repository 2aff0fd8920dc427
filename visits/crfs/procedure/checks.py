"""What must hold about the procedure, as everyone may know it. Pure. Needs nothing of `context.related`."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from trialsite.lib.findings import Finding, hard, missing, soft
from trialsite.records.values import Computed, Values
from visits.crfs.context import VisitContext
from visits.crfs.shared_checks import check_assessment_date, check_order

FORM = "procedure"
NONE = "none"


def check_procedure(values: Values, context: VisitContext) -> list[Finding]:
    return [
        *check_assessment_date(values, context),
        *_check_day(values, context),
        *_check_future(values, context),
        *_check_order(values),
        *_check_stay(values, context),
        *_check_sedation(values),
        *_check_complications(values),
    ]


def _check_day(values: Values, context: VisitContext) -> list[Finding]:
    """The day of the procedure is day 0: the visit bears the same date."""
    started_at = values.get("started_at")
    if started_at is None:
        return []
    on = started_at.astimezone(ZoneInfo(context.time_zone)).date()
    if context.visited_on is not None and on != context.visited_on:
        sentence = (
            f"The sheath was inserted on {on}, but the visit was on {context.visited_on}. Correct one of the two."
        )
        return [hard("procedure_off_visit", "started_at", sentence, "7.5")]
    if context.consented_on is not None and on < context.consented_on:
        return [
            hard(
                "procedure_before_consent",
                "started_at",
                f"Consent was given on {context.consented_on}. No procedure before it.",
                "7.1",
            )
        ]
    return []


def _check_future(values: Values, context: VisitContext) -> list[Finding]:
    return [
        hard(f"{name}_future", name, "This moment is in the future. Enter when it happened.")
        for name in ("started_at", "ended_at", "discharged_at")
        if context.now is not None and values.get(name) is not None and values[name] > context.now
    ]


def _check_order(values: Values) -> list[Finding]:
    started_at, ended_at = values.get("started_at"), values.get("ended_at")
    findings = check_order(
        values, "ended_at", "discharged_at", "Discharged before the sheath was removed. Correct one of the two."
    )
    if started_at is not None and ended_at is not None and ended_at <= started_at:
        findings.append(
            hard(
                "ended_at_not_after_start",
                "ended_at",
                "The sheath is removed after it was inserted. Correct one of the two.",
                "8.11",
            )
        )
    return findings


def _check_stay(values: Values, context: VisitContext) -> list[Finding]:
    ended_at, discharged_at, hours = (
        values.get("ended_at"),
        values.get("discharged_at"),
        context.protocol.safety.long_stay_hours,
    )
    if not is_long_stay(ended_at, discharged_at, hours):
        return []
    sentence = (
        f"The patient stayed for more than {hours} hours. If an event kept them, record it as a serious adverse event."
    )
    return [soft("long_stay", "discharged_at", sentence, "8.11")]


def is_long_stay(ended_at: datetime | None, discharged_at: datetime | None, hours: int) -> bool:
    """Whether the stay after the procedure was longer than `hours`."""
    return ended_at is not None and discharged_at is not None and discharged_at - ended_at > timedelta(hours=hours)


def _check_sedation(values: Values) -> list[Finding]:
    given, agents = values.get("sedation_given"), values.get("sedation_agents")
    if given and not agents:
        return [missing("sedation_unnamed", "sedation_agents", "Name the medicines for sedation.", "8.11")]
    if given is False and agents:
        return [
            hard(
                "sedation_not_given",
                "sedation_agents",
                "Sedation is marked as not given. Remove the medicines, or answer yes.",
                "8.11",
            )
        ]
    return []


def _check_complications(values: Values) -> list[Finding]:
    found, details = values.get("exit_complications") or [], values.get("complication_details")
    if NONE in found and len(found) > 1:
        return [
            hard(
                "complication_none_and_more",
                "exit_complications",
                '"None" stands beside complications. Keep one or the other.',
                "8.11",
            )
        ]
    if set(found) - {NONE} and not details:
        return [missing("complication_unsaid", "complication_details", "Say in a few words what happened.", "8.11")]
    return []


def compute_procedure(values: Values, context: VisitContext) -> list[Computed]:
    if not set(values.get("exit_complications") or ()) - {NONE}:
        return []
    return [
        Computed(
            "Complication", "Record an adverse event", "Every complication is an adverse event too.", is_alert=True
        )
    ]
