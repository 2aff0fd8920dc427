"""The record of a whole run, to be filed: python -m tests.results FOLDER, as the last step of `make test`.

Reads what pytest wrote there of each part (`sqlite.xml`, `postgresql.xml`, `browser.xml`), and writes `validation.md` beside it: of which
sources, when and with what, and for every statement of docs/validation/traceability.md which of its tests passed on which part.
"""

import platform
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from trialsite.management.statements import AREAS, STATEMENTS
from trialsite.management.traceability_page import ROOT, Proof, find_proofs

PARTS = {"sqlite": "SQLite", "postgresql": "PostgreSQL", "browser": "Browser"}
LIBRARIES = ("django", "psycopg2-binary", "pandas", "scipy", "statsmodels", "pytest")

Outcomes = Mapping[tuple[str, str], Counter[str]]


@dataclass(slots=True)
class Part:
    """What one part of the run came to: counts of its tests, and outcomes by the module and the name of the function."""

    label: str
    began_at: str = "not run"
    total: Counter[str] = field(default_factory=Counter)
    outcomes: dict[tuple[str, str], Counter[str]] = field(default_factory=lambda: defaultdict(Counter))


def read_part(path: Path, label: str) -> Part:
    """A part from its file; one without a file was not run."""
    part = Part(label)
    if not path.exists():
        return part
    suite = ET.parse(path).getroot().find("testsuite")  # noqa: S314 - written by the run before this
    if suite is None:
        raise ValueError(f"{path} holds no test suite.")
    part.began_at = suite.get("timestamp", "")[:19]
    for case in suite.iter("testcase"):
        outcome = _outcome(case)
        part.total[outcome] += 1
        part.outcomes[case.get("classname", ""), case.get("name", "").partition("[")[0]][outcome] += 1
    return part


def _outcome(case: ET.Element) -> str:
    told = {child.tag for child in case}
    if told & {"failure", "error"}:
        return "failed"
    return "skipped" if "skipped" in told else "passed"


def write_record(parts: list[Part], sources: str) -> str:
    """The page."""
    return "\n".join((*_head(parts, sources), *_statements(parts)))


def _head(parts: list[Part], sources: str) -> Iterator[str]:
    yield "# Record of a run of the tests\n"
    yield f"Sources: {sources}. Python {platform.python_version()}; {', '.join(f'{one} {version(one)}' for one in LIBRARIES)}.\n"
    yield "| Part | Began | Passed | Failed | Skipped |\n| --- | --- | --- | --- | --- |"
    for part in parts:
        total = part.total
        yield f"| {part.label} | {part.began_at} | {total['passed']} | {total['failed']} | {total['skipped']} |"
    yield ""


def _statements(parts: list[Part]) -> Iterator[str]:
    proofs: dict[int, list[Proof]] = defaultdict(list)
    for proof in find_proofs():
        for number in proof.numbers:
            proofs[number].append(proof)
    for area, numbers in AREAS.items():
        yield f"## {area}\n\n| | Statement | Result | Tests |\n| --- | --- | --- | --- |"
        for number in numbers:
            yield _statement(number, proofs[number], parts)
        yield ""


def _statement(number: int, proofs: list[Proof], parts: list[Part]) -> str:
    found = [(proof, _results(proof, parts)) for proof in proofs]
    tests = "<br>".join(f"`{proof.path}` {proof.name}: {_words(results)}" for proof, results in found)
    total: Counter[str] = sum((count for _, results in found for count in results.values()), Counter())
    verdict = "FAILED" if total["failed"] else "held" if total["passed"] else "not run"
    return f"| {number} | {STATEMENTS[number]} | {verdict} | {tests} |"


def _results(proof: Proof, parts: list[Part]) -> dict[str, Counter[str]]:
    place = proof.path.removesuffix(".py").replace("/", "."), proof.name
    return {part.label: part.outcomes[place] for part in parts if place in part.outcomes}


def _words(results: Mapping[str, Counter[str]]) -> str:
    told = (
        f"{label} {', '.join(f'{count} {outcome}' for outcome, count in total.items())}"
        for label, total in results.items()
    )
    return "; ".join(told) or "not run"


def name_sources() -> str:
    """The commit, and whether the files differ from it; of a copy without history, that."""
    try:
        commit = _git("rev-parse", "HEAD")
        changed = _git("status", "--porcelain")
    except (OSError, subprocess.CalledProcessError):
        return "a copy without history"
    return f"commit {commit}{', with changes that are not committed' if changed else ''}"


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S607
    return done.stdout.strip()


def main(arguments: list[str]) -> int:
    folder = Path(arguments[0])
    parts = [read_part(folder / f"{key}.xml", label) for key, label in PARTS.items()]
    (folder / "validation.md").write_text(write_record(parts, name_sources()), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
