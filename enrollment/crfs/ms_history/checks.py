"""What must hold in the history of the disease. Pure."""

from datetime import date, timedelta

from enrollment.context import PatientContext
from enrollment.crfs.shared_checks import check_partial_order, check_past_partial, read_partial
from trialsite.lib.findings import Finding, hard, missing, soft
from trialsite.records.values import Values

YEAR_DAYS = 365


def check_ms_history(values: Values, context: PatientContext) -> list[Finding]:
    return [
        *_check_dates(values, context),
        *_check_relapses(values, context),
        *_check_therapy(values, context),
        *_check_course(values, context),
        *_check_details(values),
    ]


def _check_dates(values: Values, context: PatientContext) -> list[Finding]:
    past = [
        finding
        for field in ("onset_on", "diagnosed_on", "last_relapse_on", "last_steroid_on", "dmt_started_on")
        for finding in check_past_partial(values, field, context)
    ]
    return [
        *past,
        *check_partial_order(
            values, "onset_on", "diagnosed_on", "The diagnosis cannot come before the first symptoms.", "8.2"
        ),
        *check_partial_order(
            values, "onset_on", "last_relapse_on", "A relapse cannot come before the first symptoms.", "8.2"
        ),
        *_check_before_consent(values, context),
    ]


# What to do when something that belongs before consent lies after it.
_AFTER_CONSENT = {
    "onset_on": "The disease must have begun before consent.",
    "diagnosed_on": "The diagnosis must stand at consent.",
    "last_relapse_on": "Enter later relapses in the relapse log.",
    "last_steroid_on": "Enter later courses under concomitant medication.",
}


def _check_before_consent(values: Values, context: PatientContext) -> list[Finding]:
    consented_on = context.consented_on
    if consented_on is None:
        return []
    findings = []
    for field, advice in _AFTER_CONSENT.items():
        when = read_partial(values, field)
        if when is not None and when.is_surely_after(consented_on):
            findings.append(
                hard(f"{field}_after_consent", field, f"{when} is after consent ({consented_on}). {advice}", "8.2")
            )
    started = read_partial(values, "dmt_started_on")
    if started is not None and started.earliest >= consented_on:
        sentence = f"{started} is not before consent ({consented_on}). Enter the therapy the patient took before it."
        findings.append(hard("dmt_started_on_after_consent", "dmt_started_on", sentence, "8.2"))
    return findings


def _check_relapses(values: Values, context: PatientContext) -> list[Finding]:
    in_12, in_24 = values.get("relapses_12_months"), values.get("relapses_24_months")
    findings = []
    if in_12 is not None and in_24 is not None and in_24 < in_12:
        sentence = f"24 months include the last 12: it cannot be fewer than {in_12}. Correct one of the two."
        findings.append(hard("relapses_order", "relapses_24_months", sentence, "8.2"))
    return findings + _check_last_relapse(values, context.consented_on)


def _check_last_relapse(values: Values, consented_on: date | None) -> list[Finding]:
    last, in_12 = read_partial(values, "last_relapse_on"), values.get("relapses_12_months")
    if last is None or in_12 is None or consented_on is None:
        return []
    year_ago = consented_on - timedelta(days=YEAR_DAYS)
    if in_12 > 0 and last.is_surely_before(year_ago):
        question = f"The last relapse ({last}) is more than a year before consent, but {in_12} are counted in that year. Which is right?"
        return [soft("last_relapse_too_early", "last_relapse_on", question, "8.2")]
    if in_12 == 0 and last.earliest > year_ago:
        question = (
            f"The last relapse ({last}) is within the year before consent, but none is counted in it. Which is right?"
        )
        return [soft("last_relapse_too_late", "last_relapse_on", question, "8.2")]
    return []


def _check_therapy(values: Values, context: PatientContext) -> list[Finding]:
    dmt, started = values.get("dmt"), values.get("dmt_started_on")
    if dmt == "none" and started:
        return [
            hard("dmt_none_started", "dmt_started_on", "There is no therapy now: leave its first day empty.", "8.2")
        ]
    if dmt and dmt != "none" and not started:
        return [missing("dmt_started_missing", "dmt_started_on", "Enter when the therapy began.", "8.2")]
    if dmt == "other" and not values.get("dmt_other"):
        return [missing("dmt_other_missing", "dmt_other", "Say which therapy it is.", "8.2")]
    return []


def _check_course(values: Values, context: PatientContext) -> list[Finding]:
    findings = []
    course, version = values.get("ms_course"), values.get("mcdonald_version")
    allowed = _allowed_courses(context)
    if course and allowed and course not in allowed:
        question = f"The protocol wants a relapsing course ({' or '.join(allowed)}): the patient will not be eligible. Is it right?"
        findings.append(soft("course_not_allowed", "ms_course", question, "1.3 I2"))
    year = context.consented_on.year if context.consented_on else context.today.year
    if version and version.isdigit() and int(version) > year:
        sentence = f"The criteria of {version} did not exist in {year}. Choose an earlier version."
        findings.append(hard("mcdonald_too_new", "mcdonald_version", sentence, "8.2"))
    return findings


def _allowed_courses(context: PatientContext) -> tuple[str, ...]:
    rules = [
        item for item in context.protocol.criteria_of_phase(context.phase_number) if item.rule == "relapsing_course"
    ]
    courses = rules[0].parameters["courses"] if rules else ()
    return tuple(courses) if isinstance(courses, tuple | list) else ()


def _check_details(values: Values) -> list[Finding]:
    findings = []
    for answer, details in (
        ("has_previous_venous_procedure", "previous_venous_procedure_details"),
        ("has_syncope_or_arrhythmia", "syncope_or_arrhythmia_details"),
    ):
        if values.get(answer) and not values.get(details):
            findings.append(missing(f"{details}_missing", details, "Say what it was, and when.", "8.2"))
    return findings
