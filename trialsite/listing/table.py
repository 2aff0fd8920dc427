"""What one table of the listing is made of, and how a value becomes a cell."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

from django.db.models import QuerySet

from trialsite.audit.write import to_text
from trialsite.lib.batches import SIZE, batches
from trialsite.protocol.model import Protocol
from trialsite.records.dictionary import Described, describe_field
from trialsite.records.diff import to_plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Where a row belongs, and how far it has come; what does not apply is ""."""

    patient: str = ""
    site: str = ""
    visit: str = ""
    visit_occasion: str = ""
    state: str = ""
    revision: str = ""


HEAD: dict[str, str] = {
    "patient": "Patient number",
    "site": "Site",
    "visit": "Planned visit",
    "visit_occasion": "Which of several visits of that plan",
    "state": "How far the row has come",
    "revision": "How often it was stored; of a mark, the revision that it marks",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """`read` takes the row's record and gives its value."""

    name: str
    label: str
    described: Described
    read: Callable[[Any], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One file. `rows` are sorted so that the same rows always come in the same order; `heads` is asked once for each batch of them."""

    name: str
    title: str
    rows: "QuerySet[Any]"
    heads: Callable[[Sequence[Any]], Sequence[Head]]
    columns: Sequence[Column]

    def headings(self) -> list[str]:
        return [*HEAD, *(column.name for column in self.columns)]

    def cells(self) -> Iterator[list[str]]:
        """Row by row, as text; no more than a batch of them is in memory."""
        for batch in batches(self.rows.iterator(chunk_size=SIZE)):
            for record, head in zip(batch, self.heads(batch), strict=True):
                yield [
                    *(getattr(head, name) for name in HEAD),
                    *(to_cell(column.read(record)) for column in self.columns),
                ]


def to_cell(value: Any) -> str:
    """A value as text that programs read back: ISO 8601 in UTC, plain decimals, true and false, lists as JSON."""
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds")
    plain = to_plain(value)
    if plain is None or plain in ([], {}):
        return ""
    if isinstance(plain, bool):
        return "true" if plain else "false"
    return to_text(plain) if isinstance(plain, list | dict) else str(plain)


def columns_of(
    model: Any, protocol: Protocol, *, but: Sequence[str] = (), form_key: str = "", through: str = ""
) -> list[Column]:
    """Every column of a table but some. `through` names the one row beside the record that they are read from, where there is one."""
    return [
        Column(
            name=_name(field.attname, through),
            label=_label(field),
            described=describe_field(field, protocol, form_key),
            read=_reader(through, field.attname),
        )
        for field in model._meta.concrete_fields
        if field.name not in but
    ]


def _name(attname: str, through: str) -> str:
    """An item that is called as one of the columns before it says that it is an item: a deviation has a state of its own."""
    before = through or ("item" if attname in HEAD else "")
    return f"{before}_{attname}" if before else attname


def _label(field: Any) -> str:
    text = str(field.verbose_name)
    return text[:1].upper() + text[1:]


def _reader(through: str, name: str) -> Callable[[Any], Any]:
    own = attrgetter(name)
    if not through:
        return own

    def read(record: Any) -> Any:
        beside = getattr(record, through, None)
        return None if beside is None else own(beside)

    return read
