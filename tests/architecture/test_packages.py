"""What is installed, and what the files say about where it came from."""

import importlib.util
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# In brackets, so that this file does not name what it forbids.
REGISTRY = re.compile(
    r"[p]ypi\.org|[p]ythonhosted|[n]pmjs|[n]pm\.org|--(extra-)?index-url|--find-links|--trusted-host|registry\.yarn"
)
REQUIREMENT_FILES = ("requirements.txt", "requirements-dev.txt")


def git_paths() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False, text=True)  # noqa: S607
    return [ROOT / name for name in listed.stdout.split("\0") if name]


def source_files() -> list[Path]:
    """The files under version control; without git, all but the environment."""
    paths = git_paths() or [path for path in ROOT.rglob("*") if ".venv" not in path.parts]
    return [path for path in paths if path.is_file()]


def test_no_file_names_a_package_registry() -> None:
    found = [
        str(path.relative_to(ROOT))
        for path in source_files()
        if path != Path(__file__) and REGISTRY.search(path.read_text(encoding="utf-8", errors="replace"))
    ]
    assert found == []


def test_the_search_for_registries_finds_one() -> None:
    assert REGISTRY.search("https://" + "pypi" + ".org/simple")


@pytest.mark.parametrize("name", REQUIREMENT_FILES)
def test_every_pinned_package_has_a_hash(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    entries = re.split(r"\n(?=[a-z0-9])", text)
    pinned = [entry for entry in entries if "==" in entry.split("\n", 1)[0]]
    assert len(pinned) > 30
    assert [entry for entry in pinned if "--hash=sha256:" not in entry] == []


@pytest.mark.parametrize("name", REQUIREMENT_FILES)
def test_every_package_asked_for_is_pinned(name: str) -> None:
    pinned = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE))
    asked = re.findall(r"^([a-z][a-z0-9-]*)", (ROOT / name.replace(".txt", ".in")).read_text(), re.MULTILINE)
    assert set(asked) - pinned == set()


def test_psycopg_3_did_not_slip_in() -> None:
    """Django would take it instead of psycopg2, without a word."""
    assert importlib.util.find_spec("psycopg") is None
    assert importlib.util.find_spec("psycopg2") is not None


def test_no_link_points_out_of_the_repository() -> None:
    """A link to an environment elsewhere works on one machine only."""
    assert [str(path) for path in git_paths() if path.is_symlink()] == []
