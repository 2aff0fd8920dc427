"""What a case report form is made of, so that one mechanism can show, check, save and print all of them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Literal

from trialsite.accounts.models import User
from trialsite.accounts.roles import Permission
from trialsite.lib.findings import Finding
from trialsite.protocol.model import Protocol
from trialsite.records.models import CaseReportForm, ClinicalRecord
from trialsite.records.values import Computed, Values

__all__ = ["Check", "Compute", "Computed", "CrfDefinition", "Grid", "Section"]

Check = Callable[[Values, Any], list[Finding]]


Compute = Callable[[Values, Any], Sequence[Computed]]

# What a field that points at another record may point at: (id, label) pairs, taken from the context.
Links = Callable[[Any], Sequence[tuple[str, str]]]


def has_every_cell(row: str, column: str) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with the fields under it. `columns` is how many stand beside each other on a wide screen."""

    title: str
    fields: tuple[str, ...]
    columns: int = 3
    help: str = ""


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows of a fixed table inside a form, such as one row per vein: each row is a record of its own, found by its `key`.

    `model` has a foreign key `parent` to the form and a text field `key`; `rows` are (key, label) in the order shown, `fields` its columns.
    `is_turned` draws rows beside each other instead of below.
    `has_cell` says of (row key, column) whether there is anything to enter: a vein that is never measured has no cell for its area.
    """

    name: str
    title: str
    model: type[ClinicalRecord]
    rows: tuple[tuple[str, str], ...]
    fields: tuple[str, ...]
    help: str = ""
    has_cell: Callable[[str, str], bool] = has_every_cell
    is_turned: bool = False

    def new(self, **fields: Any) -> Any:
        """An unstored row."""
        return self.model(**fields)

    @property
    def stored_rows(self) -> Any:
        """All stored rows of all forms."""
        return self.model._base_manager.all()

    def blank_of(self, column: str) -> Any:
        """What an empty cell is stored as."""
        field: Any = self.model._meta.get_field(column)
        return field.get_default()

    def input_name(self, row: str, column: str) -> str:
        return f"{self.name}.{row}.{column}"

    def inputs(self) -> Iterator[tuple[str, str]]:
        """(input name, column) of every cell there is."""
        for row, _ in self.rows:
            yield from ((self.input_name(row, column), column) for column in self.fields if self.has_cell(row, column))

    def cells(self, row: str) -> tuple[str | None, ...]:
        """The input names of a row, one a column; None where there is nothing to enter."""
        return tuple(self.input_name(row, column) if self.has_cell(row, column) else None for column in self.fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class CrfDefinition:
    """One case report form.

    `kind` is "visit" (once per visit), "log" (any number per patient) or "single" (once per patient). `view` and `enter` list the
    permissions of which one is needed; `instrument` narrows an assessor to the raters of that instrument. `is_outcome`: the arms are
    compared by what stands here, so that who knows an arm says why they enter or change it. `choose_sections`, where given,
    picks the sections that a protocol asks for. `links` says for every foreign key among the fields which records it may point at.
    """

    key: str
    title: str
    kind: Literal["visit", "log", "single"]
    model: type[CaseReportForm]
    sections: tuple[Section, ...]
    check: Check
    compute: Compute | None = None
    grid: Grid | None = None
    links: Mapping[str, Links] = field(default_factory=dict)
    enter: frozenset[Permission] = frozenset({Permission.ENTER_DATA})
    view: frozenset[Permission] = frozenset({Permission.VIEW_PATIENTS})
    instrument: str = ""
    is_outcome: bool = False
    choose_sections: Callable[[tuple[Section, ...], Protocol], tuple[Section, ...]] | None = None
    summary: Callable[[Any], str] = field(default=str)

    @property
    def is_restricted(self) -> bool:
        return self.model.IS_RESTRICTED

    @property
    def has_computed_values(self) -> bool:
        """Whether something is derived from the entries; templates ask here, for they would call `compute` itself."""
        return self.compute is not None

    @property
    def field_names(self) -> tuple[str, ...]:
        return tuple(name for section in self.sections for name in section.fields)

    @property
    def labels(self) -> Mapping[str, str]:
        """Input name -> what people call the item; a cell of the grid by its row and column."""
        return _labels_of(self.model, self.field_names, self.grid)

    @property
    def rows(self) -> Any:
        """All stored records of the form; typed loosely, for the columns differ from form to form."""
        return self.model._base_manager.all()

    def new(self, **fields: Any) -> Any:
        """An unstored record of the form."""
        return self.model(**fields)

    def for_protocol(self, protocol: Protocol) -> "CrfDefinition":
        """The form as this protocol wants it."""
        return (
            self
            if self.choose_sections is None
            else replace(self, sections=self.choose_sections(self.sections, protocol))
        )

    def may_view(self, user: User) -> bool:
        return any(user.may(permission) for permission in self.view | self.enter) and self._is_own_instrument(user)

    def may_enter(self, user: User) -> bool:
        return any(user.may(permission) for permission in self.enter) and self._is_own_instrument(user)

    def _is_own_instrument(self, user: User) -> bool:
        rates_only = user.may(Permission.ENTER_ASSESSMENTS) and not user.may(Permission.ENTER_DATA)
        return not rates_only or (bool(self.instrument) and self.instrument in user.instruments)


@cache
def _labels_of(model: type[ClinicalRecord], names: tuple[str, ...], grid: Grid | None) -> Mapping[str, str]:
    labels = {name: _label_of(model, name) for name in names}
    if grid is not None:
        rows = dict(grid.rows)
        labels |= {
            name: f"{rows[name.split('.')[1]]}, {_label_of(grid.model, column)}" for name, column in grid.inputs()
        }
    return labels


def _label_of(model: type[ClinicalRecord], name: str) -> str:
    field: Any = model._meta.get_field(name)
    text = str(field.verbose_name)
    return text[:1].upper() + text[1:]
