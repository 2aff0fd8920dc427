"""Blank case report forms for paper: for a day without a computer. What stands on them comes from the forms and the protocol, as on the screen."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models

from enrollment.context import PatientContext
from enrollment.crfs.registry import ENROLLMENT_CRFS, definition_for
from trialsite.accounts.models import User
from trialsite.lib import clock
from trialsite.printing.items import unit_of
from trialsite.protocol.model import Limit, Protocol
from trialsite.records.crf import CrfDefinition, Grid
from trialsite.records.diff import digest_of
from trialsite.records.fields import (
    Day,
    Measure,
    Moment,
    PartialDay,
    SeveralCodes,
    TimeOfDay,
    WholeNumber,
    Words,
    YesNo,
)
from trialsite.records.wording import Plainly, label_of
from visits.crfs.registry import CRFS

_DATE, _TIME = "####-##-##", "##:##"
_MOST_BOXES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class BlankItem:
    """One item to fill in: boxes (`#` is a box, anything else stands between), choices to tick, or `lines` to write on."""

    name: str
    label: str
    is_needed: bool
    boxes: str = ""
    choices: Sequence[tuple[str, str]] = ()
    ticks_several: bool = False
    lines: int = 0
    unit: str = ""
    hint: str = ""

    @property
    def line_numbers(self) -> range:
        return range(self.lines)


@dataclass(frozen=True, slots=True)
class BlankGroup:
    title: str
    items: Sequence[BlankItem]


@dataclass(frozen=True, slots=True)
class BlankGrid:
    """A table to fill in; a cell is False where there is nothing to enter. `keys` explain the columns."""

    title: str
    columns: Sequence[BlankItem]
    lines: Sequence[tuple[str, str, Sequence[bool]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class BlankForm:
    key: str
    title: str
    version: str
    groups: Sequence[BlankGroup]
    grid: BlankGrid | None


def readable_forms(user: User) -> list[CrfDefinition]:
    return [definition for definition in CRFS.values() if definition.may_view(user)]


def forms_of_visit(user: User, protocol: Protocol, visit_key: str) -> list[CrfDefinition]:
    """Every form that may be due at a visit, whatever the patient's conditions, in protocol order."""
    due = dict.fromkeys(form.form for form in protocol.visit(visit_key).forms)
    known = {definition.key: definition for definition in readable_forms(user)}
    return [known[key] for key in due if key in known]


def make_blank(definition: CrfDefinition, protocol: Protocol, phase_number: int) -> BlankForm:
    """A form without any value, as this phase of the protocol wants it."""
    shaped = _shape(definition, protocol, phase_number)
    groups = [
        BlankGroup(section.title, [_item(shaped, shaped.model, name, protocol) for name in section.fields])
        for section in shaped.sections
    ]
    grid = _grid(shaped, shaped.grid, protocol) if shaped.grid and shaped.grid.rows else None
    return BlankForm(
        key=shaped.key, title=shaped.title, version=_version(shaped, groups, grid), groups=groups, grid=grid
    )


def _shape(definition: CrfDefinition, protocol: Protocol, phase_number: int) -> CrfDefinition:
    if definition.key in ENROLLMENT_CRFS:
        nobody = PatientContext(protocol=protocol, now=clock.now(), time_zone="UTC", phase_number=phase_number)
        definition = definition_for(definition, nobody)
    return definition.for_protocol(protocol)


def _item(definition: CrfDefinition, model: Any, name: str, protocol: Protocol) -> BlankItem:
    field: Any = model._meta.get_field(name)
    limit = protocol.limit(definition.key, name)
    return BlankItem(
        name=name,
        label=label_of(Plainly(model), name),
        is_needed=name in definition.model.REQUIRED,
        unit=unit_of(definition.key, field, protocol),
        hint=_range(limit),
        **_room(field, limit),
    )


def _room(field: Any, limit: Limit | None) -> dict[str, Any]:
    """Where to write."""
    if isinstance(field, YesNo):
        return {"choices": (("yes", "Yes"), ("no", "No"))}
    if isinstance(field, SeveralCodes) and field.codes:
        return {"choices": tuple(field.codes.choices), "ticks_several": True}
    if field.choices:
        return {"choices": tuple((code, words) for code, words in field.choices if code)}
    boxes = next((boxes for kind, boxes in _BOXES if isinstance(field, kind)), "")
    if isinstance(field, WholeNumber | Measure):
        boxes = _digits(field, limit)
    return {"boxes": boxes} if boxes else {"lines": 3 if isinstance(field, Words) else 1}


_BOXES: tuple[tuple[type[Any], str], ...] = (
    (Moment, f"{_DATE}  {_TIME}"),
    (Day, _DATE),
    (PartialDay, _DATE),
    (TimeOfDay, _TIME),
)


def _digits(field: Any, limit: Limit | None) -> str:
    """As many boxes as the largest number that may be entered has digits."""
    places = field.decimal_places if isinstance(field, models.DecimalField) else 0
    whole = (field.max_digits - places) if isinstance(field, models.DecimalField) else 4
    if limit and limit.hard_max is not None:
        whole = len(str(int(limit.hard_max)))
    return "#" * min(whole, _MOST_BOXES) + (f".{'#' * places}" if places else "")


def _range(limit: Limit | None) -> str:
    if limit is None or (limit.hard_min is None and limit.hard_max is None):
        return ""
    if limit.hard_min is None or limit.hard_max is None:
        return f"at most {limit.hard_max}" if limit.hard_min is None else f"at least {limit.hard_min}"
    return f"{limit.hard_min} to {limit.hard_max}"


def _grid(definition: CrfDefinition, grid: Grid, protocol: Protocol) -> BlankGrid:
    columns = [_item(definition, grid.model, name, protocol) for name in grid.fields]
    lines = [(key, label, [grid.has_cell(key, column) for column in grid.fields]) for key, label in grid.rows]
    return BlankGrid(grid.title, columns, lines)


def _version(definition: CrfDefinition, groups: Sequence[BlankGroup], grid: BlankGrid | None) -> str:
    """Told by what stands on the form: another item, label, unit or code gives another version."""
    told = [list(map(str, _told(item))) for group in groups for item in group.items]
    told += [list(map(str, _told(item))) for item in grid.columns] if grid else []
    rows = [label for _, label, _ in grid.lines] if grid else []
    return digest_of({"form": definition.key, "items": told, "rows": rows})[:10]


def _told(item: BlankItem) -> Iterator[Any]:
    yield from (item.name, item.label, item.is_needed, item.unit, item.hint, item.boxes, item.lines)
    yield from item.choices
