"""The items of a form that the protocol wants compared with the source, and the digests that tie a mark to a value."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from trialsite.protocol.model import Protocol
from trialsite.records.crf import CrfDefinition
from trialsite.records.diff import Plain, digest_of, is_blank, to_plain
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
    return digest_of_item_value(value_of(item, record, rows), record.absent.get(item.field))


def digest_of_form(record: CaseReportForm, rows: Mapping[str, ClinicalRecord]) -> str:
    """Of everything entered in a form and the rows of its grid."""
    return digest_of_form_values(record.plain_values(), {key: row.plain_values() for key, row in rows.items()})


# -- of plain values, as a record or its trail tells them


def entered(values: Plain) -> dict[str, Any]:
    """What is left of plain values without the empty ones: neither the trail nor a field added later speaks of those."""
    return {name: value for name, value in values.items() if not is_blank(value)}


def digest_of_entered(values: Plain) -> str:
    return digest_of(entered(values))


def digest_of_form_values(values: Plain, rows: Mapping[str, Plain]) -> str:
    return digest_of({"form": entered(values), "rows": {key: entered(row) for key, row in sorted(rows.items())}})


def digest_of_item_value(value: Any, absence: Any) -> str:
    return digest_of({"value": None if is_blank(value) else value, "absent": absence})


def digest_of_parts(parts: Iterable[tuple[str, UUID, int, str]]) -> str:
    """Of (kind, id, revision, digest) of all that one signature covers, whatever the order they come in."""
    return digest_of({"parts": sorted([kind, str(pk), revision, digest] for kind, pk, revision, digest in parts)})
