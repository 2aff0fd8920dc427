"""The register of leak channels names every channel once, and nothing that does not exist."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/validation/blinding.md"
CHANNELS = range(1, 35)
CHANNEL = re.compile(r"^### (\d+)\. .*\n((?:(?!#).*\n?)*)", re.MULTILINE)
TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
FILE = re.compile(r"`((?:docs|endpoints|enrollment|static|templates|tests|trialsite|visits)/[^`:]+|\w+\.toml)`")
LINK = re.compile(r"\]\(([^)#:]+)[^)]*\)")
DECISION = re.compile(r"\[[Dd]ecision (\d+)\]\(\.\./decisions/(\d{4})-")


@cache
def names_of_tests(path: Path) -> frozenset[str]:
    if not path.is_file():
        return frozenset()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name[:5] == "test_")


def find_faults(page: str) -> list[str]:
    """What is wrong with a register, one line a fault."""
    return [*_channel_faults(page), *_name_faults(page)]


def _channel_faults(page: str) -> list[str]:
    found = [(int(number), text) for number, text in CHANNEL.findall(page)]
    wrong_order = [number for number, _ in found] != [*CHANNELS]
    states = {number: _state_fault(text) for number, text in found}
    return ["the channels are not 1 to 34, each once"] * wrong_order + [
        f"channel {number}: {fault}" for number, fault in states.items() if fault
    ]


def _state_fault(text: str) -> str:
    """Held by tests, held in part with what is missing, or not held with what is missing."""
    has_test, has_gap = bool(TEST.search(text)), "Missing:" in text
    if text.startswith("Held in part. "):
        return "" if has_test and has_gap else "in part, without a test or without what is missing"
    if text.startswith("Not held yet. "):
        return "" if has_gap and not has_test else "not held, without what is missing or with a test"
    if text.startswith("Held. "):
        return "" if has_test and not has_gap else "held, without a test or with something missing"
    return "does not say whether it is held"


def _name_faults(page: str) -> list[str]:
    tests = [f"no test {path}::{name}" for path, name in TEST.findall(page) if name not in names_of_tests(ROOT / path)]
    files = [f"no file {path}" for path in FILE.findall(page) if not (ROOT / path).exists()]
    links = [f"no page {link}" for link in LINK.findall(page) if not (PAGE.parent / link).is_file()]
    decisions = [f"decision {said} is {meant}" for said, meant in DECISION.findall(page) if int(said) != int(meant)]
    return [*tests, *files, *links, *decisions]


@pytest.mark.conformance(36)
def test_the_register_names_every_channel_once_and_nothing_that_does_not_exist() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert find_faults(page) == []
    # Every test that is named is named in the form that is looked up.
    assert len(TEST.findall(page)) == page.count("::test_")


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("### 7. ", "### 8. ", "the channels are not 1 to 34, each once"),
        ("::test_a_slot_is_never_freed", "::test_a_slot_is_freed", "no test tests/vault/test_draw.py::test_a_slot_is_freed"),
        ("`enrollment/vault/used.py`", "`enrollment/vault/unused.py`", "no file enrollment/vault/unused.py"),
        ("(../reference/access.md)", "(../reference/excess.md)", "no page ../reference/excess.md"),
        ("[decision 15]", "[decision 16]", "decision 16 is 0015"),
        ("\nHeld in part. Open and", "\nHeld. Open and", "channel 33: held, without a test or with something missing"),
        ("\nHeld in part. Open and", "\nOpen and", "channel 33: does not say whether it is held"),
        ("\nHeld in part. Open and", "\nNot held yet. Open and", "channel 33: not held, without what is missing or with a test"),
        ("Missing: who typed a form", "Who typed a form", "channel 33: in part, without a test or without what is missing"),
    ],
)  # fmt: skip
def test_a_fault_in_the_register_would_be_found(old: str, new: str, fault: str) -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert old in page
    assert fault in find_faults(page.replace(old, new, 1))
