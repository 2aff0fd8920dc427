"""Rules that many forms share. Pure."""

from collections.abc import Iterable
from datetime import date, datetime

from trialsite.lib.findings import Finding, hard, missing, soft
from trialsite.records.values import Values
from visits.crfs.context import VisitContext


def check_assessment_date(values: Values, context: VisitContext, field: str = "assessed_on") -> list[Finding]:
    """A form is filled in between consent and today, on the day of its visit or for a reason on another."""
    on = values.get(field)
    if on is None:
        return []
    findings = check_past_date(field, on, context)
    if not findings and context.visited_on is not None and on != context.visited_on:
        findings.append(
            soft(f"{field}_off_visit", field, f"The visit was on {context.visited_on}. Was this done on another day?")
        )
    return findings


def check_past_date(field: str, on: date, context: VisitContext) -> list[Finding]:
    """A day that is neither in the future, nor before birth, nor before consent."""
    if on > context.today:
        return [hard(f"{field}_future", field, f"{on} is in the future. Enter the day it happened.")]
    if context.born_on is not None and on < context.born_on:
        return [hard(f"{field}_before_birth", field, f"{on} is before the patient was born ({context.born_on}).")]
    if context.consented_on is not None and on < context.consented_on:
        return [
            hard(
                f"{field}_before_consent",
                field,
                f"{on} is before consent ({context.consented_on}). Nothing may be done before it.",
                "7.1",
            )
        ]
    return []


def check_not_future(values: Values, context: VisitContext, *names: str) -> list[Finding]:
    """Days and moments that may lie before consent, but have happened."""
    return [
        hard(f"{name}_future", name, f"{_day_of(values[name])} is in the future. Enter the day it happened.")
        for name in names
        if values.get(name) is not None and _is_future(values[name], context)
    ]


def _is_future(when: date | datetime, context: VisitContext) -> bool:
    if isinstance(when, datetime) and context.now is not None:
        return when > context.now
    return _day_of(when) > context.today


def _day_of(when: date | datetime) -> date:
    return when.date() if isinstance(when, datetime) else when


def check_order(values: Values, first: str, then: str, sentence: str) -> list[Finding]:
    """The second of two days or moments must not come before the first."""
    start, end = values.get(first), values.get(then)
    if start is None or end is None or end >= start:
        return []
    return [hard(f"{then}_before_{first}", then, sentence)]


def find_missing(values: Values, names: Iterable[str]) -> list[Finding]:
    """The items among `names` without a value: what this patient needs and another would not."""
    return [
        missing(f"{name}_missing", name, "Needed, given the other entries.")
        for name in names
        if values.get(name) in (None, "", [])
    ]
