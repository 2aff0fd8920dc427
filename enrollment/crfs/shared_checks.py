"""Rules about dates that several patient forms share. Pure."""

from datetime import date

from enrollment.context import PatientContext
from trialsite.lib.findings import Finding, hard
from trialsite.lib.partial_dates import PartialDate
from trialsite.records.values import Values


def read_partial(values: Values, field: str) -> PartialDate | None:
    """The partial date typed into a field, if there is a readable one (its own error stands at the field otherwise)."""
    text = values.get(field)
    try:
        return PartialDate.parse(text) if text else None
    except ValueError:
        return None


def check_past_partial(values: Values, field: str, context: PatientContext) -> list[Finding]:
    """A partial date that may lie in the past and after birth."""
    when = read_partial(values, field)
    if when is None:
        return []
    if when.earliest > context.today:
        return [hard(f"{field}_future", field, f"{when} is in the future. Enter when it happened.")]
    if context.born is not None and when.is_surely_before(context.born):
        return [hard(f"{field}_before_birth", field, f"{when} is before the patient was born ({context.born}).")]
    return []


def check_partial_order(values: Values, first: str, then: str, sentence: str, item: str = "") -> list[Finding]:
    """Two partial dates in the wrong order for certain."""
    start, end = read_partial(values, first), read_partial(values, then)
    if start is None or end is None or not end.is_surely_before(start):
        return []
    return [hard(f"{then}_before_{first}", then, sentence, item)]


def check_day(values: Values, field: str, context: PatientContext) -> list[Finding]:
    """A whole day between consent and today."""
    on: date | None = values.get(field)
    if on is None:
        return []
    if on > context.today:
        return [hard(f"{field}_future", field, f"{on} is in the future. Enter the day it happened.")]
    if context.consented_on is not None and on < context.consented_on:
        sentence = f"{on} is before consent ({context.consented_on}). Nothing may be done before it."
        return [hard(f"{field}_before_consent", field, sentence, "7.1")]
    return []
