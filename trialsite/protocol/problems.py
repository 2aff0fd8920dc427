"""What is wrong with a protocol file: every fault with its key, all of them at once."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One fault. `key` is the dotted path in the file, lists counted from 0 (`visits[2].day`)."""

    key: str
    reason: str

    def __str__(self) -> str:
        return f"{self.key}: {self.reason}" if self.key else self.reason


class ProtocolError(Exception):
    """A protocol file that must not be used."""

    def __init__(self, source: str, problems: Sequence[Problem]) -> None:
        self.source = source
        self.problems = tuple(problems)
        lines = [f"The protocol file {source} cannot be used:"]
        super().__init__("\n".join(lines + [f"  {problem}" for problem in self.problems]))


class Findings:
    """Collects problems while a file is read."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def add(self, key: str, reason: str) -> None:
        self.problems.append(Problem(key=key, reason=reason))

    def touch(self, key: str) -> bool:
        """Whether this key, anything below it or a table around it already has a problem."""
        return any(_is_below(problem.key, key) or _is_below(key, problem.key) for problem in self.problems)


def _is_below(key: str, top: str) -> bool:
    return key == top or key.startswith((f"{top}.", f"{top}["))
