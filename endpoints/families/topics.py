"""What a family of rows is about, and whom."""

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from endpoints.derivations.groups import Grouping
from endpoints.facts import OUTCOMES
from endpoints.rows import RowContext, StatisticRow

Rows = Iterator[StatisticRow]


@dataclass(frozen=True)
class Topic:
    """What is summarized: everything of a row's context except whom it is about."""

    family: str
    outcome: str
    label: str
    unit: str
    analysis: str = "observed"
    visit: str | None = None

    def about(self, group: str, n: int) -> RowContext:
        """The context of rows about one group or comparison, resting on n patients."""
        return RowContext(
            family=self.family,
            outcome=self.outcome,
            outcome_label=self.label,
            unit=self.unit,
            group=group,
            n=n,
            analysis=self.analysis,
            visit=self.visit,
        )


def make_topic(family: str, outcome: str, analysis: str = "observed", visit: str | None = None) -> Topic:
    """The topic of an outcome, with its label and unit."""
    known = OUTCOMES[outcome]
    return Topic(family, outcome, known.label, known.unit, analysis, visit)


def name_groups(table: pd.DataFrame, grouping: Grouping | None, columns: list[str]) -> pd.DataFrame:
    """The patients of each group with the group's key in the place of phase and arm; nobody without groups."""
    if grouping is None:
        return table.iloc[:0].assign(group="")[["subject", "group", *columns]]
    parts = [group.select(table)[["subject", *columns]].assign(group=group.key) for group in grouping.groups]
    named = pd.concat(parts, ignore_index=True)
    return named[["subject", "group", *columns]]
