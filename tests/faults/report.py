"""What one run found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

SHOWN = 30


@dataclass(frozen=True, slots=True)
class Report:
    fault: str
    database: str
    figures: Mapping[str, str]
    problems: Sequence[str]

    def __str__(self) -> str:
        width = max(len(name) for name in self.figures)
        lines = [f"{name:<{width}}  {value}" for name, value in self.figures.items()]
        found = [f"PROBLEM {problem}" for problem in self.problems[:SHOWN]] or ["All is there, once, with its audit."]
        return "\n".join([f"== {self.fault}, {self.database}", *lines, *found])
