"""The registry of edit checks names every check that the code makes, and no other."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from trialsite.lib.findings import Severity
from trialsite.queries.registry import EditCheck, list_checks, make_registry
from visits.crfs.edit_checks import EDIT_CHECKS
from visits.crfs.registry import CRFS

MAKERS = {str(severity) for severity in Severity}
# Rules of consent that live beside the criteria; everything else there decides eligibility and is no check of a form.
ELSEWHERE = {("enrollment/rules.py", "check_consent"): "consent", ("trialsite/records/judging.py", "find_limits"): ""}


@dataclass(frozen=True)
class Made:
    """A finding that the code makes; parts of the key that are known only when it runs are stars. `item` is None where it is not fixed."""

    form: str
    key: str
    severity: str
    item: str | None
    where: str


def read_key(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    assert isinstance(node, ast.JoinedStr), f"a key is written out, not computed: {ast.unparse(node)}"
    key = "".join(str(part.value) if isinstance(part, ast.Constant) else "*" for part in node.values)
    return key.replace("*_*_", "*_")


def read_item(call: ast.Call, constants: dict[str, str]) -> str | None:
    if len(call.args) < 4:
        return ""
    node = call.args[3]
    if isinstance(node, ast.Constant):
        return str(node.value)
    return constants.get(ast.unparse(node))


def find_made(path: Path) -> Iterator[Made]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    constants = {
        node.targets[0].id: str(node.value.value)
        for node in tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.Constant)
    }
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        form = path.parent.name if path.parent.name in CRFS else ELSEWHERE.get((str(path), function.name), "")
        if path.parent.name not in CRFS and path.parent.name != "crfs" and (str(path), function.name) not in ELSEWHERE:
            continue
        for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
            if isinstance(call.func, ast.Name) and call.func.id in MAKERS:
                yield Made(
                    form, read_key(call.args[0]), call.func.id, read_item(call, constants), f"{path}:{call.lineno}"
                )


PATHS = [
    *Path("visits/crfs").rglob("*.py"),
    *Path("enrollment/crfs").rglob("*.py"),
    *(Path(path) for path, _ in ELSEWHERE),
]
MADE = [made for path in sorted(PATHS) for made in find_made(path)]


def test_the_search_finds_the_checks() -> None:
    assert len(MADE) > 200
    assert {made.form for made in MADE} - {""} == set(CRFS)


@pytest.mark.parametrize("made", MADE, ids=lambda made: f"{made.form}-{made.key}")
def test_every_check_in_the_code_is_registered_as_it_is(made: Made) -> None:
    rows = [check for check in EDIT_CHECKS.checks if (check.form, check.key) == (made.form, made.key)]
    assert len(rows) == 1, f"{made.where}: {made.form} {made.key} stands {len(rows)} times in the registry"
    assert rows[0].severity == made.severity, made.where
    assert made.item in (None, rows[0].item), made.where
    assert EDIT_CHECKS.find(made.form or "edss", made.key) == rows[0] or "*" in made.key


def test_every_registered_check_is_in_the_code() -> None:
    made = {(one.form, one.key) for one in MADE}
    assert [check for check in EDIT_CHECKS.checks if (check.form, check.key) not in made] == []


def test_every_sentence_is_one() -> None:
    for check in EDIT_CHECKS.checks:
        assert check.sentence[0].isupper(), check
        assert check.sentence.endswith("."), check


def test_a_finding_is_found_by_the_closest_name() -> None:
    registry = make_registry(
        list_checks("edss", soft=(("*_worse", "A."), ("step_changed", "B."))), list_checks("mri", hard=(("x", "C."),))
    )

    def sentence(form: str, key: str) -> str:
        found = registry.find(form, key)
        return found.sentence if isinstance(found, EditCheck) else ""

    assert sentence("edss", "fs_visual_worse") == "A."
    assert sentence("edss", "step_changed") == "B."
    assert sentence("mri", "step_changed").startswith("The value moved")
    assert sentence("mri", "assessed_on_before_consent") == "The day is before consent."
    assert sentence("mri", "unheard_of") == ""
