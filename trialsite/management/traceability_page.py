"""docs/validation/traceability.md: which tests hold which statement, read from the tests' own markers."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from trialsite.management.statements import AREAS, STATEMENTS

ROOT = Path(__file__).parents[2]
MARKER = "conformance"

HEAD = """# What is held by which test

*Written by `manage.py write_reference` from `trialsite/management/statements.py` and from the markers
`pytest.mark.conformance(number)` of the tests; a test compares.*

A statement without a test here is not claimed. A test that holds several is listed under each.
"""


@dataclass(frozen=True, slots=True, order=True)
class Proof:
    """One test function, and the statements it holds."""

    path: str
    name: str
    numbers: tuple[int, ...]


def write_traceability_page() -> str:
    by_number: dict[int, list[Proof]] = defaultdict(list)
    for proof in find_proofs():
        for number in proof.numbers:
            by_number[number].append(proof)
    held = f"{len(by_number)} of {len(STATEMENTS)} statements are held by at least one test.\n"
    return "\n".join((HEAD, held, *(_area(area, by_number) for area in AREAS)))


def find_proofs(folder: Path = ROOT / "tests") -> list[Proof]:
    """Every marked test, in the order of files and lines."""
    return [proof for path in sorted(folder.rglob("test_*.py")) for proof in _read(path)]


def _read(path: Path) -> Iterator[Proof]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    of_module = [number for node in tree.body if _is_module_mark(node) for number in _numbers(node)]
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            numbers = {*of_module, *(number for mark in node.decorator_list for number in _numbers(mark))}
            if numbers:
                yield Proof(path.relative_to(ROOT).as_posix(), node.name, tuple(sorted(numbers)))


def _is_module_mark(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and any(
        isinstance(target, ast.Name) and target.id == "pytestmark" for target in node.targets
    )


def _numbers(node: ast.AST) -> Iterator[int]:
    """The statements named by every marker of ours inside this node."""
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == MARKER:
            for argument in call.args:
                number = ast.literal_eval(argument)
                if number not in STATEMENTS:
                    raise ValueError(f"{number} is no statement")
                yield number


def _area(area: str, by_number: dict[int, list[Proof]]) -> str:
    lines = [f"## {area}", "", "| | Statement | Tests |", "| --- | --- | --- |"]
    lines += [f"| {number} | {STATEMENTS[number]} | {_tests(by_number[number])} |" for number in AREAS[area]]
    return "\n".join((*lines, ""))


def _tests(proofs: list[Proof]) -> str:
    return (
        "<br>".join(f"`{proof.path}` {proof.name.removeprefix('test_').replace('_', ' ')}" for proof in proofs)
        or "none yet"
    )
