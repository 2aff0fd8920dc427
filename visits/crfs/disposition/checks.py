"""What must hold about the end of a patient's part in the trial. Pure.

`context.related` may hold `last_visit_on` (date of the latest attended visit), `is_randomized` and `has_failed_screening` (bool),
and `death_recorded_on` (date of death in another form).
"""

from datetime import date

from trialsite.lib.findings import Finding, hard, missing, soft
from trialsite.records.values import Values
from visits.crfs.context import VisitContext
from visits.crfs.shared_checks import check_past_date

FORM = "disposition"
_REASON_NEEDED = {"withdrew", "adverse_event", "sponsor", "other", "randomized_not_treated", "screen_failure", "lost"}


def check_disposition(values: Values, context: VisitContext) -> list[Finding]:
    return [
        *_check_days(values, context),
        *_check_last_contact(values, context),
        *_check_death(values, context),
        *_check_entry(values, context),
        *_check_reason(values),
    ]


def _check_days(values: Values, context: VisitContext) -> list[Finding]:
    names = ("ended_on", "last_contact_on")
    return [finding for name in names if values.get(name) for finding in check_past_date(name, values[name], context)]


def _check_last_contact(values: Values, context: VisitContext) -> list[Finding]:
    contact_on, visit_on = values.get("last_contact_on"), context.related.get("last_visit_on")
    if contact_on is None or visit_on is None or contact_on >= visit_on:
        return []
    return [
        hard(
            "contact_before_visit",
            "last_contact_on",
            f"The patient was seen on {visit_on}: the last contact is not before that.",
            "8.15",
        )
    ]


def _check_death(values: Values, context: VisitContext) -> list[Finding]:
    """Death stops visits: nothing may lie after it."""
    status, ended_on = values.get("disposition_status"), values.get("ended_on")
    recorded_on = context.related.get("death_recorded_on")
    if status != "death":
        if status and recorded_on is not None:
            sentence = f"The patient died on {recorded_on}. If that ended the participation, choose it here."
            return [soft("death_elsewhere", "disposition_status", sentence, "7.12")]
        return []
    if ended_on is None:
        return []
    return [*_check_death_date(ended_on, recorded_on), *_check_nothing_after(values, context)]


def _check_death_date(ended_on: date, recorded_on: date | None) -> list[Finding]:
    if recorded_on is None or recorded_on == ended_on:
        return []
    sentence = f"An adverse event tells of a death on {recorded_on}. Make the two dates the same, one after the other."
    return [soft("death_date_differs", "ended_on", sentence, "7.12")]


def _check_nothing_after(values: Values, context: VisitContext) -> list[Finding]:
    died_on, visit_on, contact_on = (
        values["ended_on"],
        context.related.get("last_visit_on"),
        values.get("last_contact_on"),
    )
    findings = []
    if visit_on is not None and visit_on > died_on:
        sentence = f"The patient was seen on {visit_on}, after this date of death. Correct the date, or the visit."
        findings.append(hard("visit_after_death", "ended_on", sentence, "7.12"))
    if contact_on is not None and contact_on > died_on:
        findings.append(
            hard(
                "contact_after_death",
                "last_contact_on",
                f"The last contact is after the death on {died_on}. Correct one.",
                "7.12",
            )
        )
    return findings


def _check_entry(values: Values, context: VisitContext) -> list[Finding]:
    status = values.get("disposition_status")
    if status == "randomized_not_treated":
        return _check_not_treated(context)
    if status == "screen_failure" and context.entered_on is not None:
        sentence = f"The patient entered the trial on {context.entered_on} and cannot fail the screening any more. Choose another ending."
        return [hard("failed_after_entry", "disposition_status", sentence, "8.15")]
    if status == "screen_failure" and context.related.get("has_failed_screening") is False:
        sentence = "Record the screening failure first, with its criteria, on the page of the patient. Then complete this form."
        return [hard("failure_not_recorded", "disposition_status", sentence, "8.15")]
    if status == "completed" and context.procedure_on is None:
        return [
            hard(
                "completed_without_procedure",
                "disposition_status",
                "No procedure is recorded, so the trial cannot be completed.",
                "8.15",
            )
        ]
    return []


def _check_not_treated(context: VisitContext) -> list[Finding]:
    if context.procedure_on is not None:
        sentence = f"A procedure is recorded on {context.procedure_on}. Choose another ending."
        return [hard("treated_after_all", "disposition_status", sentence, "1.2")]
    if context.related.get("is_randomized") is False:
        return [
            hard(
                "not_randomized", "disposition_status", "The patient was not randomized. Choose another ending.", "1.2"
            )
        ]
    return []


def _check_reason(values: Values) -> list[Finding]:
    if values.get("disposition_status") not in _REASON_NEEDED or values.get("end_reason"):
        return []
    return [missing("reason_missing", "end_reason", "Say why, in a few words.", "8.15")]
