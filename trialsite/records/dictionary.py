"""What an item is, in the words of the data dictionary: its kind, its unit, its codes and its limits."""

from dataclasses import dataclass
from typing import Any

from trialsite.protocol.model import Protocol
from trialsite.records.fields import SeveralCodes

KINDS = {
    "IntegerField": "whole number",
    "DecimalField": "number",
    "CharField": "text",
    "TextField": "text",
    "JSONField": "several codes",
    "BooleanField": "yes or no",
    "DateField": "date",
    "DateTimeField": "date and time",
    "TimeField": "time",
    "ForeignKey": "link",
    "UUIDField": "id",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """One item. Limits as "least to most"; what is not set is ""."""

    kind: str
    unit: str
    hard: str
    soft: str
    codes: str


def describe_field(field: Any, protocol: Protocol, form_key: str = "") -> Described:
    """A field of a table; limits are those that the protocol sets for a form's items."""
    limit = protocol.limit(form_key, field.name)
    return Described(
        kind=kind_of(field),
        unit=limit.unit if limit else getattr(field, "unit", ""),
        hard=_range(limit.hard_min, limit.hard_max) if limit else "",
        soft=_range(limit.soft_min, limit.soft_max) if limit else "",
        codes=codes_of(field),
    )


def kind_of(field: Any) -> str:
    if field.choices:
        return "code"
    if field.get_internal_type() == "JSONField" and not isinstance(field, SeveralCodes):
        return "JSON"
    return next(KINDS[base.__name__] for base in type(field).__mro__ if base.__name__ in KINDS)


def codes_of(field: Any) -> str:
    choices = field.codes.choices if isinstance(field, SeveralCodes) and field.codes else field.choices or ()
    return "; ".join(f"`{code}` {label}" for code, label in choices if code)


def _range(least: Any, most: Any) -> str:
    if least is None and most is None:
        return ""
    return f"{'' if least is None else least} to {'' if most is None else most}".strip()
