"""Which patients are described together, and which groups are compared.

An unblinded report has one group per arm and compares two of them. A blinded report is the
same code with one group per phase and no comparison.
"""

from collections.abc import Collection
from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Group:
    """Patients of one phase, in one arm or (arm None) in any. `key` names it in statistic rows.

    `is_open`: everybody in it was treated openly.
    """

    key: str
    label: str
    phase: int
    arm: str | None = None
    is_open: bool = False

    def __post_init__(self) -> None:
        if not self.key:
            raise ValueError("A group needs a key.")

    def select(self, patients: pd.DataFrame) -> pd.DataFrame:
        """The group's rows of a table that has a phase and an arm."""
        is_member = patients["phase"] == self.phase
        if self.arm is not None:
            is_member &= patients["arm"] == self.arm
        return patients[is_member]


@dataclass(frozen=True)
class Comparison:
    """Differences are active - reference, ratios active / reference."""

    active: Group
    reference: Group

    def __post_init__(self) -> None:
        if self.active.phase != self.reference.phase:
            raise ValueError("Groups of different phases are never compared.")

    @property
    def key(self) -> str:
        return f"{self.active.key}_vs_{self.reference.key}"

    @property
    def label(self) -> str:
        return f"{self.active.label} v {self.reference.label}"


@dataclass(frozen=True)
class Grouping:
    """The groups of a report, in the order of its columns, and what it compares."""

    groups: tuple[Group, ...]
    comparisons: tuple[Comparison, ...] = ()

    def __post_init__(self) -> None:
        if not self.groups:
            raise ValueError("A report needs a group.")
        keys = [group.key for group in self.groups]
        if len(set(keys)) < len(keys):
            raise ValueError("Two groups have the same key.")
        for comparison in self.comparisons:
            if not {comparison.active, comparison.reference} <= set(self.groups):
                raise ValueError("Only groups of the report can be compared.")

    def leave_out_open(self) -> "Grouping | None":
        """The groups that are blinded with their comparisons; None where everybody is treated openly."""
        groups = tuple(group for group in self.groups if not group.is_open)
        kept = tuple(one for one in self.comparisons if {one.active, one.reference} <= set(groups))
        return Grouping(groups, kept) if groups else None


def make_pooled_grouping(phases: dict[int, str], open_phases: Collection[int] = ()) -> Grouping:
    """One group per phase, labeled as given, no arm and no comparison."""
    return Grouping(
        tuple(
            Group(f"phase_{number}", label, number, is_open=number in open_phases) for number, label in phases.items()
        )
    )
