"""The items of a form that the protocol wants compared with the source, and the digests that tie a mark to a value."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trialsite.protocol.model import Protocol
from trialsite.records.crf import CrfDefinition
from trialsite.records.diff import digest_of, to_plain
from trialsite.records.models import CaseReportForm, ClinicalRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class CriticalItem:
    """`field` is the name a mark carries: the field, or "row.column" in a grid. `input_name` is where the form shows it."""

    field: str
    label: str
    input_name: str
    column: str
    row: str = ""


def critical_items(definition: CrfDefinition, protocol: Protocol) -> list[CriticalItem]:
    """The critical items of a form, in its order; cells of a grid row by row."""
    shaped = definition.for_protocol(protocol)
    own = [name for name in shaped.field_names if protocol.is_critical(definition.key, name)]
    items = [
        CriticalItem(field=name, label=_label(definition.model, name), input_name=name, column=name) for name in own
    ]
    grid = shaped.grid
    if grid is None:
        return items
    columns = [name for name in grid.fields if protocol.is_critical(definition.key, name)]
    return items + [
        CriticalItem(
            field=f"{row}.{column}",
            label=f"{words}: {_label(grid.model, column)}",
            input_name=grid.input_name(row, column),
            column=column,
            row=row,
        )
        for row, words in grid.rows
        for column in columns
        if grid.has_cell(row, column)
    ]


def _label(model: type[ClinicalRecord], name: str) -> str:
    text = str(model._meta.get_field(name).verbose_name)  # type: ignore[union-attr]  # items are fields, not relations
    return text[:1].upper() + text[1:]


def value_of(item: CriticalItem, record: CaseReportForm, rows: Mapping[str, ClinicalRecord]) -> Any:
    """The plain value of an item as stored; None in a row that is not stored."""
    holder = rows.get(item.row) if item.row else record
    return to_plain(holder.get_value(item.column)) if holder else None


def digest_of_item(item: CriticalItem, record: CaseReportForm, rows: Mapping[str, ClinicalRecord]) -> str:
    """Of the value, and of the reason where there is none."""
    return digest_of({"value": value_of(item, record, rows), "absent": record.absent.get(item.field)})


def digest_of_form(record: CaseReportForm, rows: Mapping[str, ClinicalRecord]) -> str:
    """Of everything entered in a form and the rows of its grid."""
    return digest_of(
        {"form": record.plain_values(), "rows": {key: row.plain_values() for key, row in sorted(rows.items())}}
    )
