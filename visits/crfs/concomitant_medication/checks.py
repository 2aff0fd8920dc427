"""What must hold about a concomitant medicine. Pure.

`context.related` may hold `adverse_event_terms` and `relapse_labels` (collections of text), against which the event it was given for is read.
"""

from trialsite.lib.findings import Finding, hard, missing, soft
from trialsite.lib.partial_dates import PartialDate
from trialsite.records.values import Values
from visits.crfs.context import VisitContext

FORM = "concomitant_medication"
_EVENT_NAMES = {"adverse_event": "adverse_event_terms", "relapse": "relapse_labels"}


def check_concomitant_medication(values: Values, context: VisitContext) -> list[Finding]:
    return [
        *_check_dates(values, context),
        *_check_course(values),
        *_check_prohibited(values, context),
        *_check_dose(values),
        *_check_event(values, context),
        *_check_procedure(values),
    ]


def find_prohibited_words(name: str, words: tuple[str, ...]) -> list[str]:
    """The words of the protocol's list that the name contains, in any spelling of case."""
    return [word for word in words if word.casefold() in name.casefold()]


def _check_dates(values: Values, context: VisitContext) -> list[Finding]:
    started, ended = _date(values, "started_on"), _date(values, "ended_on")
    findings = []
    for name, date in (("started_on", started), ("ended_on", ended)):
        if date is not None and date.is_surely_after(context.today):
            findings.append(hard(f"{name}_future", name, f"{date} is in the future. Enter a date that has been."))
        if date is not None and context.born_on is not None and date.is_surely_before(context.born_on):
            findings.append(hard(f"{name}_before_birth", name, f"{date} is before the patient was born. Correct it."))
    if started is not None and ended is not None and ended.is_surely_before(started):
        findings.append(
            hard(
                "ended_before_started",
                "ended_on",
                f"It cannot end ({ended}) before it starts ({started}). Correct one.",
                "8.15",
            )
        )
    return findings


def _date(values: Values, name: str) -> PartialDate | None:
    text = values.get(name)
    return PartialDate.parse(text) if text else None


def _check_course(values: Values) -> list[Finding]:
    ongoing, ended = values.get("is_ongoing"), values.get("ended_on")
    if ongoing and ended:
        return [
            hard("ongoing_and_ended", "ended_on", "It is marked as still taken. Remove the end, or answer no.", "8.15")
        ]
    if ongoing is False and not ended:
        return [
            missing(
                "end_undated",
                "ended_on",
                "It is no longer taken: enter when it ended (the year is enough), or say why not.",
                "8.15",
            )
        ]
    return []


def _check_prohibited(values: Values, context: VisitContext) -> list[Finding]:
    found = find_prohibited_words(values.get("name") or "", context.protocol.prohibited_medication_words)
    if not found:
        return []
    sentence = f"The protocol does not allow {', '.join(found)}. Is the name right? If so, record a deviation and tell the investigator."
    return [soft("prohibited_medicine", "name", sentence, "8.15")]


def _check_dose(values: Values) -> list[Finding]:
    dose, unit = values.get("dose"), values.get("dose_unit")
    if dose is not None and dose <= 0:
        return [hard("dose_not_positive", "dose", "A dose is more than 0. Correct it, or leave it empty.", "8.15")]
    if dose is not None and not unit:
        return [hard("dose_without_unit", "dose_unit", "Choose the unit of the dose.", "8.15")]
    return []


def _check_event(values: Values, context: VisitContext) -> list[Finding]:
    given_for, event = values.get("given_for") or "", values.get("given_for_event") or ""
    if given_for not in _EVENT_NAMES:
        return []
    if not event:
        return [missing("event_unnamed", "given_for_event", "Name the event as it stands in its own form.", "7.9")]
    known = context.related.get(_EVENT_NAMES[given_for])
    if known is None or event.casefold() in {label.casefold() for label in known}:
        return []
    listed = f" Recorded so far: {', '.join(known)}." if known else " None is recorded so far."
    return [soft("event_unknown", "given_for_event", f"No such event is recorded.{listed} Is the name right?", "7.9")]


def _check_procedure(values: Values) -> list[Finding]:
    """What the procedure team gives may differ between patients, so it is not written where everybody reads it."""
    if values.get("medication_group") != "antithrombotic" or values.get("given_for") != "procedure":
        return []
    return [
        soft(
            "procedure_medicine",
            "given_for",
            "The procedure team records the medicines of the procedure. Does this belong here?",
            "5.5",
        )
    ]
