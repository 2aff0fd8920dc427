"""The reference page of every item of every case report form: the data dictionary."""

from pathlib import Path
from typing import Any

from trialsite.protocol.load import load_protocol
from trialsite.protocol.model import Protocol
from trialsite.records.crf import CrfDefinition
from trialsite.records.dictionary import describe_field
from visits.crfs.registry import CRFS

PREMISE = Path(__file__).parents[1] / "protocol" / "premise.toml"

HEAD = """# Data dictionary

*Written by `manage.py write_reference` from the forms and from `trialsite/protocol/premise.toml`; a test compares.*

Every item of every case report form. An item marked * is needed to complete the form; any item may instead have a reason why it has no value
(not done, not applicable, unknown). A value outside the hard limits is refused, one outside the usual range is questioned.
"""


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
    told = describe_field(field, protocol, definition.key)
    is_needed = name in definition.model.REQUIRED
    cells = [
        f"`{name}`{' *' if is_needed else ''}",
        str(field.verbose_name),
        told.kind,
        told.unit,
        told.hard,
        told.soft,
        told.codes,
    ]
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"
