"""One form on paper: its items with labels, values and units, what was computed, what was confirmed, and what was verified."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models

from trialsite.lib.units import say_unit, say_with_unit, without_unit
from trialsite.protocol.model import Protocol
from trialsite.records.crf import Computed, CrfDefinition, Grid
from trialsite.records.diff import is_blank, to_plain
from trialsite.records.fields import Words
from trialsite.records.models import AbsenceCode, CaseReportForm
from trialsite.records.saving import get_row_values
from trialsite.records.wording import Plainly, Worded, label_of, word_value
from visits.context import context_of
from visits.reach import StoredForm

NO_VALUE = "—"
_LONG = 44  # characters; what is longer gets a line of its own


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """`value` is "" for nothing entered; `absent` then says why, where somebody said so."""

    label: str
    value: str = ""
    absent: str = ""
    is_verified: bool = False
    is_long: bool = False


@dataclass(frozen=True, slots=True)
class ItemRow:
    """Two items side by side, or a long one alone."""

    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class ItemGroup:
    title: str
    rows: Sequence[ItemRow]


@dataclass(frozen=True, slots=True)
class PaperGrid:
    """The rows of a grid in which something stands. `empty` names those in which nothing does."""

    title: str
    headings: Sequence[str]
    lines: Sequence[tuple[str, Sequence[Item]]]
    empty: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FormBody:
    groups: Sequence[ItemGroup]
    grid: PaperGrid | None
    computed: Sequence[Computed]
    confirmed: Sequence[tuple[str, str]]


class FormPrinter:
    """Prints one stored form. Costs the queries of its context: what its computed values and links may look at."""

    def __init__(
        self, stored: StoredForm, protocol: Protocol, verified: frozenset[str], *, with_computed: bool = True
    ) -> None:
        self.record: CaseReportForm = stored.record
        self.rows = stored.rows
        shaped, self.context = context_of(stored.definition, stored.record, protocol)
        self.definition = shaped.for_protocol(protocol)
        self.protocol = protocol
        self.verified = verified
        self.with_computed = with_computed

    def print(self) -> FormBody:
        grid = self.definition.grid
        return FormBody(
            groups=[
                ItemGroup(section.title, pair_items([self._item(name) for name in section.fields]))
                for section in self.definition.sections
            ],
            grid=self._grid(grid) if grid and grid.rows else None,
            computed=self._computed() if self.with_computed else (),
            confirmed=[(str(one["about"]), str(one["answer"])) for one in self.record.confirmed.values()],
        )

    def _item(self, name: str) -> Item:
        field = self.definition.model._meta.get_field(name)
        value = self._value(name)
        return Item(
            label=label_of(self.definition, name),
            value=value,
            absent="" if value else self._absence(name),
            is_verified=name in self.verified,
            is_long=isinstance(field, Words) or len(value) > _LONG,
        )

    def _value(self, name: str) -> str:
        plain = to_plain(self.record.get_value(name))
        if is_blank(plain):
            return ""
        if isinstance(self.definition.model._meta.get_field(name), models.ForeignKey):
            return self._linked(name, str(plain))
        return word_with_unit(self.definition, name, plain, self.protocol)

    def _linked(self, name: str, target: str) -> str:
        links = self.definition.links.get(name)
        named = {str(key): label for key, label in links(self.context)} if links else {}
        return named.get(target, f"record {target}")

    def _absence(self, *names: str) -> str:
        why: Mapping[str, str] | None = next(
            (self.record.absent[name] for name in names if name in self.record.absent), None
        )
        if why is None:
            return ""
        label = dict(AbsenceCode.choices).get(why["code"], why["code"])
        return f"{label}: {why['reason']}" if why.get("reason") else str(label)

    def _grid(self, grid: Grid) -> PaperGrid:
        lines = [(label, [self._cell(grid, key, column) for column in grid.fields]) for key, label in grid.rows]
        filled = [(label, cells) for label, cells in lines if any(cell.value or cell.absent for cell in cells)]
        used = [index for index in range(len(grid.fields)) if any(_stands(cells[index]) for _, cells in filled)]
        words = Plainly(grid.model)
        return PaperGrid(
            title=grid.title,
            headings=[_heading(words, grid.fields[index], self.definition, self.protocol) for index in used],
            lines=[(label, [cells[index] for index in used]) for label, cells in filled],
            empty=", ".join(label for label, cells in lines if not any(map(_stands, cells))),
        )

    def _cell(self, grid: Grid, key: str, column: str) -> Item:
        row = self.rows.get(key)
        plain = to_plain(row.get_value(column)) if row else None
        words = Plainly(grid.model)
        return Item(
            label=label_of(words, column),
            value="" if is_blank(plain) else _bare(words, column, plain),
            absent=self._absence(grid.input_name(key, column), f"{key}.{column}"),
            is_verified=f"{key}.{column}" in self.verified,
        )

    def _computed(self) -> Sequence[Computed]:
        if self.definition.compute is None:
            return ()
        values = {name: self.record.get_value(name) for name in self.definition.field_names}
        values |= get_row_values(self.definition.grid, self.rows)
        return list(self.definition.compute(values, self.context))


def _stands(cell: Item) -> bool:
    return bool(cell.value or cell.absent)


def word_with_unit(definition: CrfDefinition, name: str, plain: Any, protocol: Protocol) -> str:
    """A value in words, with the unit of the form or else of the protocol."""
    text = word_value(definition, name, plain)
    limit = protocol.limit(definition.key, name)
    has_own = bool(getattr(definition.model._meta.get_field(name), "unit", ""))
    return say_with_unit(text, limit.unit) if limit and not has_own else text


def unit_of(key: str, field: Any, protocol: Protocol) -> str:
    """The unit of an item as people say it; "" where it has none."""
    limit = protocol.limit(key, field.name)
    return say_unit(getattr(field, "unit", "") or (limit.unit if limit else ""))


def _heading(words: Worded, column: str, definition: CrfDefinition, protocol: Protocol) -> str:
    unit = unit_of(definition.key, words.model._meta.get_field(column), protocol)
    return f"{label_of(words, column)} ({unit})" if unit else label_of(words, column)


def _bare(words: Worded, column: str, plain: Any) -> str:
    """A value without its unit, which stands at the head of the column."""
    unit = getattr(words.model._meta.get_field(column), "unit", "")
    text = word_value(words, column, plain)
    return without_unit(text, unit)


def pair_items(items: Sequence[Item]) -> list[ItemRow]:
    """Short items two by two, long ones alone, in the order of the form."""
    rows: list[ItemRow] = []
    waiting: list[Item] = []
    for item in items:
        if item.is_long:
            rows += [ItemRow((one,)) for one in waiting]
            rows.append(ItemRow((item,)))
            waiting = []
        elif waiting:
            rows.append(ItemRow((*waiting, item)))
            waiting = []
        else:
            waiting = [item]
    return rows + [ItemRow((one,)) for one in waiting]
