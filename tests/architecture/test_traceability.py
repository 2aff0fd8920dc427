"""The page of traceability says what the tests say."""

from pathlib import Path

import pytest

from trialsite.management import traceability_page
from trialsite.management.statements import AREAS, STATEMENTS
from trialsite.management.traceability_page import find_proofs, write_traceability_page

SOURCE = """
import pytest
pytestmark = pytest.mark.conformance(29)

@pytest.mark.parametrize("x", [1])
@pytest.mark.conformance(20, 19)
def test_one(x): ...

def test_two(): ...

def helper(): ...
"""


def test_markers_of_functions_and_modules_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traceability_page, "ROOT", tmp_path)
    (tmp_path / "test_x.py").write_text(SOURCE)
    assert [(proof.name, proof.numbers) for proof in find_proofs(tmp_path)] == [
        ("test_one", (19, 20, 29)),
        ("test_two", (29,)),
    ]


def test_a_statement_that_does_not_exist_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traceability_page, "ROOT", tmp_path)
    (tmp_path / "test_x.py").write_text(SOURCE.replace("29", "99"))
    with pytest.raises(ValueError, match="99 is no statement"):
        find_proofs(tmp_path)


def test_every_statement_has_an_area_and_a_line() -> None:
    assert [number for area in AREAS.values() for number in area] == [*STATEMENTS]
    page = write_traceability_page()
    assert all(f"| {number} | {text} |" in page for number, text in STATEMENTS.items())


def test_a_statement_without_a_test_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traceability_page, "find_proofs", list)
    assert f"| 41 | {STATEMENTS[41]} | none yet |" in write_traceability_page()


@pytest.mark.conformance(45)
def test_the_page_names_this_test() -> None:
    assert "`tests/architecture/test_traceability.py` the page names this test" in write_traceability_page()
