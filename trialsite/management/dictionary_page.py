"""The reference page of every item of every case report form: the data dictionary."""

from pathlib import Path
from typing import Any

from trialsite.protocol.load import load_protocol
from trialsite.protocol.model import Protocol
from trialsite.records.crf import CrfDefinition
from trialsite.records.fields import SeveralCodes
from visits.crfs.registry import CRFS

PREMISE = Path(__file__).parents[1] / "protocol" / "premise.toml"

HEAD = """# Data dictionary

*Written by `manage.py write_reference` from the forms and from `trialsite/protocol/premise.toml`; a test compares.*

Every item of every case report form. An item marked * is needed to complete the form; any item may instead have a reason why it has no value
(not done, not applicable, unknown). A value outside the hard limits is refused, one outside the usual range is questioned.
"""

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
}


def write_dictionary_page() -> str:
    protocol = load_protocol(PREMISE)
    return HEAD + "".join(_form(definition, protocol) for definition in CRFS.values())


def _form(definition: CrfDefinition, protocol: Protocol) -> str:
    note = " (operator's form, restricted)" if definition.is_restricted else ""
    head = [
        f"\n## {definition.title} (`{definition.key}`){note}\n",
        "| item | label | kind | unit | hard limits | usual range | codes |",
    ]
    head.append("| --- | --- | --- | --- | --- | --- | --- |")
    lines = [_item(definition, name, definition.model, protocol) for name in definition.field_names]
    if definition.grid is not None:
        rows = ", ".join(label for _, label in definition.grid.rows)
        grid = [_item(definition, name, definition.grid.model, protocol) for name in definition.grid.fields]
        lines += [f"| **{definition.grid.title}** | one row each: {rows} |  |  |  |  |  |", *grid]
    return "\n".join([*head, *lines]) + "\n"


def _item(definition: CrfDefinition, name: str, model: Any, protocol: Protocol) -> str:
    field = model._meta.get_field(name)
    limit = protocol.limit(definition.key, name)
    is_needed = name in definition.model.REQUIRED
    cells = [
        f"`{name}`{' *' if is_needed else ''}",
        str(field.verbose_name),
        _kind(field),
        limit.unit if limit else getattr(field, "unit", ""),
        _range(limit.hard_min, limit.hard_max) if limit else "",
        _range(limit.soft_min, limit.soft_max) if limit else "",
        _codes(field),
    ]
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def _kind(field: Any) -> str:
    plain = next(base.__name__ for base in type(field).__mro__ if base.__name__ in KINDS)
    return "code" if field.choices else KINDS[plain]


def _codes(field: Any) -> str:
    choices = field.codes.choices if isinstance(field, SeveralCodes) and field.codes else field.choices or ()
    return "; ".join(f"`{code}` {label}" for code, label in choices if code)


def _range(least: Any, most: Any) -> str:
    if least is None and most is None:
        return ""
    return f"{'' if least is None else least} to {'' if most is None else most}".strip()
