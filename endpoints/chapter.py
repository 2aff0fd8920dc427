"""What every chapter of the reports is made of, and the small parts that several need."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from matplotlib.figure import Figure

from endpoints.layout import Section, Table
from endpoints.material import Material
from endpoints.rows import Summary

Summaries = tuple[Summary, ...]
Draw = Callable[[Material, Summaries], Figure]


@dataclass(frozen=True)
class Chapter:
    """How one report is made. `listed` are the positions of the summaries whose values per patient are listed."""

    summarize: Callable[[Material], Summaries]
    lay_out: Callable[[Material, Summaries], Iterable[Section]]
    figures: Mapping[str, Draw] = field(default_factory=dict)
    listed: tuple[int, ...] = (0,)


def add_notes(table: Table, *notes: str) -> Table:
    return replace(table, notes=(*table.notes, *notes))
