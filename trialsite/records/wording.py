"""Changes in words: labels instead of field names, choices instead of codes, units beside numbers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Protocol

from django.core.exceptions import FieldDoesNotExist
from django.db import models

from trialsite.lib.units import say_with_unit
from trialsite.records.crf import Grid
from trialsite.records.diff import is_blank
from trialsite.records.fields import Measure, SeveralCodes
from trialsite.records.history import FieldChange
from trialsite.records.models import AbsenceCode, ClinicalRecord

_STATE_LABELS = {
    "status": "Status",
    "completed_at": "First completed",
    "absent": "Missing items",
    "confirmed": "Confirmed values",
    "rows_digest": "Rows (digest)",
    "patient": "Patient",
    "visit": "Visit",
    "signature": "Signature",
    "evidence": "Evidence that was signed",
    "void_signature": "Signature",
}
HIDDEN = frozenset({"patient", "visit", "rows_digest", "parent", "key"})


class Worded(Protocol):
    """Whatever has labels: a form, or a record without one."""

    @property
    def model(self) -> type[ClinicalRecord]: ...

    @property
    def grid(self) -> Grid | None: ...


@dataclass(frozen=True, slots=True)
class Plainly:
    """A record that is no form of its own: a patient, a visit, the row of a grid."""

    model: type[ClinicalRecord]
    grid: Grid | None = None


@dataclass(frozen=True, slots=True)
class WordedChange:
    label: str
    old: str
    new: str
    at: datetime
    by: str
    roles: str
    action: str
    reason: str
    is_bookkeeping: bool


def word_change(
    definition: Worded, change: FieldChange, row: str = "", linked: Mapping[str, str] | None = None
) -> WordedChange:
    """One change as a person reads it; `row` names the row of a grid in which it happened, `linked` other forms by id."""
    label = label_of(definition, change.field)
    return WordedChange(
        label=f"{row}: {label}" if row else label,
        old=word_value(definition, change.field, change.old, linked),
        new=word_value(definition, change.field, change.new, linked),
        at=change.at,
        by=change.by,
        roles=change.roles.replace("_", " "),
        action=change.action.replace("_", " "),
        reason=change.reason,
        is_bookkeeping=change.field in HIDDEN,
    )


def word_value(definition: Worded, name: str, value: Any, linked: Mapping[str, str] | None = None) -> str:
    """A stored plain value in words: "72 /min", "Right", "yes", "no value". `linked` names other forms by their id."""
    if is_blank(value):
        return "no value"
    if name in _STATES_IN_WORDS:
        return _STATES_IN_WORDS[name](definition, value)
    if isinstance(_field(definition, name), models.ForeignKey):
        return (linked or {}).get(str(value), "another form")
    return _with_unit(definition, name, _coded(definition, name, value))


def _word_absent(definition: Worded, value: Any) -> str:
    return "; ".join(f"{label_of(definition, field)}: {_absence(why)}" for field, why in value.items())


def _word_confirmed(_definition: Worded, value: Any) -> str:
    return "; ".join(f"{answer['about']} Answer: {answer['answer']}" for answer in value.values())


def _word_signature(_definition: Worded, value: Any) -> str:
    return f"{value['signer_name']}: {value['meaning']} (revision {value['revision']})"


def _word_evidence(_definition: Worded, value: Any) -> str:
    return f"{sum(not is_blank(one) for one in value.values())} facts, word for word in the export of the audit trail"


_STATES_IN_WORDS: Mapping[str, Callable[[Worded, Any], str]] = {
    "absent": _word_absent,
    "confirmed": _word_confirmed,
    "signature": _word_signature,
    "evidence": _word_evidence,
}


def _absence(why: dict[str, str]) -> str:
    label = dict(AbsenceCode.choices).get(why["code"], why["code"]).lower()
    return f"{label} ({why['reason']})" if why.get("reason") else label


def _field(definition: Worded, name: str) -> Any:
    for model in (definition.model, definition.grid.model if definition.grid else definition.model):
        try:
            return model._meta.get_field(name)
        except FieldDoesNotExist:
            continue
    return None


def label_of(definition: Worded, name: str) -> str:
    """What people call a field."""
    if name in _STATE_LABELS:
        return _STATE_LABELS[name]
    field = _field(definition, name)
    text = str(field.verbose_name) if field else name
    return text[:1].upper() + text[1:]


def _coded(definition: Worded, name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    field = _field(definition, name)
    if isinstance(field, models.DateTimeField):
        return f"{datetime.fromisoformat(value).astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    if isinstance(field, Measure):
        return f"{field.as_said(Decimal(str(value))):f}"
    choices = (
        dict(field.codes.choices)
        if isinstance(field, SeveralCodes) and field.codes
        else dict(getattr(field, "choices", None) or ())
    )
    if isinstance(value, list):
        return ", ".join(str(choices.get(item, item)) for item in value)
    return str(choices.get(value, value))


def _with_unit(definition: Worded, name: str, text: str) -> str:
    unit = getattr(_field(definition, name), "unit", "")
    says_it = text.endswith(f" {unit}")  # the word of a choice may
    return text if says_it else say_with_unit(text, unit)
