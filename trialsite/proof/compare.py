"""Holding two answers against each other."""

from dataclasses import dataclass

from trialsite.proof.asking import Answer, Question

AROUND = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What differs in the answer to one question: in which part, and how."""

    question: Question
    part: str
    one: str
    other: str

    def __str__(self) -> str:
        return f"{self.question}: {self.part} {self.one} / {self.other}"


def find_differences(question: Question, one: Answer, other: Answer) -> list[Difference]:
    """Every part that differs."""
    parts: dict[str, tuple[object, object]] = {
        "status": (one.status, other.status),
        "headers": (repr(one.headers), repr(other.headers)),
        "body": (one.body, other.body),
        "file": (one.file, other.file),
        "lines": (repr(one.lines), repr(other.lines)),
        "statements": (one.statements, other.statements),
        "rows": (one.rows, other.rows),
        "words of statements": (one.shape, other.shape),
    }
    found = {part: pair for part, pair in parts.items() if pair[0] != pair[1]}
    if len(found) > 1:
        found.pop("words of statements", None)  # follows from what else is said
    return [_describe(question, part, *pair) for part, pair in found.items()]


def _describe(question: Question, part: str, one: object, other: object) -> Difference:
    if not isinstance(one, bytes | str) or not isinstance(other, bytes | str):
        return Difference(question=question, part=part, one=str(one), other=str(other))
    pairs = enumerate(zip(one, other, strict=False))
    at = next((n for n, (mine, theirs) in pairs if mine != theirs), min(len(one), len(other)))
    around = slice(max(0, at - AROUND), at + AROUND)
    return Difference(question=question, part=f"{part} at {at}", one=repr(one[around]), other=repr(other[around]))
