"""The page of traceability says what the tests say."""

from pathlib import Path

import pytest

from tests import results
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
def test_the_record_of_a_run_tells_the_result_of_each_statement(tmp_path: Path) -> None:
    place = 'classname="tests.architecture.test_traceability" name="test_the_page_names_this_test'
    case = f'<testcase {place}"/><testcase {place}[a]"><failure/></testcase><testcase {place}[b]"><skipped/></testcase>'
    suite = '<testsuites><testsuite timestamp="2026-01-02T03:04:05.6">{}</testsuite></testsuites>'
    (tmp_path / "sqlite.xml").write_text(suite.format(f'<testcase {place}"/>'))
    held, unrun = results.read_part(tmp_path / "sqlite.xml", "SQLite"), results.read_part(tmp_path / "no.xml", "None")
    page = results.write_record([held, unrun], results.name_sources())
    assert "| SQLite | 2026-01-02T03:04:05 | 1 | 0 | 0 |" in page
    assert "| None | not run | 0 | 0 | 0 |" in page
    assert f"| 45 | {STATEMENTS[45]} | held | " in page
    assert "test_the_page_names_this_test: SQLite 1 passed" in page
    assert f"| 41 | {STATEMENTS[41]} | not run | " in page
    (tmp_path / "sqlite.xml").write_text(suite.format(case))
    page = results.write_record([results.read_part(tmp_path / "sqlite.xml", "SQLite")], "")
    assert f"| 45 | {STATEMENTS[45]} | FAILED | " in page
    assert "SQLite 1 passed, 1 failed, 1 skipped" in page


@pytest.mark.conformance(45)
def test_the_page_names_this_test() -> None:
    assert "`tests/architecture/test_traceability.py` the page names this test" in write_traceability_page()
