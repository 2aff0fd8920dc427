"""What must hold in an entry of the relapse log. Pure.

Needs of `context.related`:

* "relapses": the patient's other relapse entries with an onset, as `OtherRelapse` (see `rules.py`), without this one.
* "edss_exams": all neurological examinations of the patient with a date, as `EdssExam`.
* "temperatures": body temperatures on record, as (day, degrees Celsius).
* "steroid_courses": first days of the steroid courses among the concomitant medication given for a relapse.

A name that is not there at all raises no question.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from trialsite.lib.findings import Finding, hard, soft
from trialsite.records.values import Values
from visits.crfs.context import VisitContext
from visits.crfs.relapse.rules import EdssExam, OtherRelapse, find_too_close
from visits.crfs.shared_checks import check_order, check_past_date, find_missing

STEROID_DETAILS = ("steroid_name", "steroid_started_on", "steroid_dose_mg", "steroid_days")
ADJUDICATION = ("adjudicated_as", "adjudicated_by", "adjudicated_on")


def get_exams(context: VisitContext) -> Sequence[EdssExam]:
    exams: Sequence[EdssExam] = context.related.get("edss_exams", ())
    return exams


def get_others(context: VisitContext) -> Sequence[OtherRelapse]:
    others: Sequence[OtherRelapse] = context.related.get("relapses", ())
    return others


def list_exams(context: VisitContext) -> list[tuple[str, str]]:
    """The examinations an entry may point at, newest first, as (id, label)."""
    newest_first = sorted(get_exams(context), key=lambda exam: exam.assessed_on, reverse=True)
    return [(str(exam.id), exam.label) for exam in newest_first]


def check_relapse(values: Values, context: VisitContext) -> list[Finding]:
    findings = _check_days(values, context)
    onset_on = values.get("onset_on")
    if onset_on is not None:
        findings += _check_stable(values, context, onset_on)
        findings += _check_exam(values, context, onset_on)
        findings += _check_fever(values, context, onset_on)
    return [*findings, *_check_steroids(values, context), *_check_adjudication(values)]


# -- when


def _check_days(values: Values, context: VisitContext) -> list[Finding]:
    findings = []
    for name in ("onset_on", "ended_on", "steroid_started_on", "adjudicated_on"):
        if values.get(name) is not None:
            findings += check_past_date(name, values[name], context)
    findings += check_order(values, "onset_on", "ended_on", "The end is before the onset. Correct one of the two.")
    findings += check_order(
        values, "onset_on", "steroid_started_on", "Steroids are entered from before the onset. Correct one of the two."
    )
    return findings + _check_duration(values)


def _check_duration(values: Values) -> list[Finding]:
    onset_on, ended_on = values.get("onset_on"), values.get("ended_on")
    if onset_on is None or ended_on != onset_on or not values.get("lasted_over_24_h"):
        return []
    sentence = "It began and ended on one day, so it did not last longer than 24 hours. Correct the answer or a day."
    return [hard("one_day_only", "lasted_over_24_h", sentence, "3.3")]


def _check_stable(values: Values, context: VisitContext, onset_on: date) -> list[Finding]:
    rule = context.protocol.relapse
    other = find_too_close(onset_on, get_others(context), rule)
    if other is None:
        return []
    days = abs((other.onset_on - onset_on).days)
    sentence = (
        f"Another relapse began on {other.onset_on}, {days} {'day' if days == 1 else 'days'} apart; {rule.stable_before_days} are needed between two."
        " If it is the same one, complete that entry instead of this one."
    )
    return [soft("relapse_too_close", "onset_on", sentence, "7.8")]


# -- what confirms or excludes it


def _check_exam(values: Values, context: VisitContext, onset_on: date) -> list[Finding]:
    exam = next((one for one in get_exams(context) if one.id == values.get("exam")), None)
    if exam is None:
        return []
    rule, days = context.protocol.relapse, (exam.assessed_on - onset_on).days
    if days < 0:
        sentence = f"This examination ({exam.assessed_on}) was before the onset. Choose one after it."
        return [hard("exam_before_onset", "exam", sentence, "7.7")]
    if days > rule.exam_latest_days:
        sentence = f"It was {days} days after the onset; after more than {rule.exam_latest_days} it confirms nothing. Is it the right one?"
        return [soft("exam_too_late", "exam", sentence, "7.7")]
    if days > rule.exam_within_days:
        sentence = f"The examination was {days} days after the onset, more than {rule.exam_within_days}. Why so late?"
        return [soft("exam_late", "exam", sentence, "8.8")]
    return []


def _check_fever(values: Values, context: VisitContext, onset_on: date) -> list[Finding]:
    limit = context.protocol.limit("vital_signs", "temperature_c")
    if not values.get("is_fever_excluded") or limit is None or limit.soft_max is None:
        return []
    around = timedelta(days=context.protocol.relapse.exam_within_days)
    temperatures: Sequence[tuple[date, Decimal]] = context.related.get("temperatures", ())
    high = [(on, degrees) for on, degrees in temperatures if abs(on - onset_on) <= around and degrees > limit.soft_max]
    if not high:
        return []
    on, degrees = max(high, key=lambda measured: measured[1])
    sentence = f"A temperature of {degrees} °C is on record for {on}. Is fever really excluded as the cause?"
    return [soft("fever_on_record", "is_fever_excluded", sentence, "8.4")]


# -- treatment, adjudication


def _check_steroids(values: Values, context: VisitContext) -> list[Finding]:
    treated = values.get("is_steroid_treated")
    if treated is False and any(values.get(name) not in (None, "") for name in STEROID_DETAILS):
        sentence = "Details of a steroid treatment are entered. Answer yes, or delete them."
        return [hard("steroids_denied", "is_steroid_treated", sentence, "8.8")]
    if treated and (gaps := find_missing(values, STEROID_DETAILS)):
        return gaps
    courses: Sequence[date] | None = context.related.get("steroid_courses")
    started_on = values.get("steroid_started_on")
    if not treated or courses is None or started_on is None or started_on in courses:
        return []
    sentence = (
        f"No steroid given for a relapse from {started_on} is among the concomitant medication. Enter it there as well."
    )
    return [soft("steroids_not_in_medication", "steroid_started_on", sentence, "7.9")]


def _check_adjudication(values: Values) -> list[Finding]:
    given = [name for name in ADJUDICATION if values.get(name) not in (None, "")]
    if not given or len(given) == len(ADJUDICATION):
        return []
    return find_missing(values, ADJUDICATION)
