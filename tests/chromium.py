"""The Chromium of this machine for tests that ask for a `page`; without one they are skipped, and say so."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Chromium shall render and do nothing else: no sandbox inside a container, no talk with its maker.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
ABSENT = "no Chromium on this machine; the journeys in a browser did not run"


def find_chromium() -> str | None:
    """The path of Chromium: CHROMIUM, or the first usual name on the PATH."""
    named = os.environ.get("CHROMIUM")
    return named or next((path for name in NAMES if (path := shutil.which(name))), None)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """The run of the journeys does not read a file without any; to read all takes longer than some journeys."""
    is_for_journeys = config.option.markexpr == "browser"
    is_file = collection_path.name.startswith("test_") and collection_path.suffix == ".py"
    return True if is_for_journeys and is_file and not _may_drive_browser(collection_path) else None


def _may_drive_browser(path: Path) -> bool:
    return path.parent.name == "journeys" or "playwright" in path.read_text(encoding="utf-8")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever drives a browser is marked so, and skipped aloud where there is none."""
    for item in items:
        if "playwright" in getattr(item, "fixturenames", ()):  # others may call something else a browser
            if not _may_drive_browser(item.path):
                raise pytest.UsageError(
                    f"{item.nodeid} drives a browser and would never run: name playwright in its file."
                )
            item.add_marker(pytest.mark.browser)
            if find_chromium() is None:
                item.add_marker(pytest.mark.skip(reason=ABSENT))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_type_launch_args, "executable_path": find_chromium(), "args": FLAGS}


@pytest.fixture(scope="session", autouse=True)
def _let_browser_tests_read_the_database(request: pytest.FixtureRequest) -> Iterator[None]:
    """Playwright leaves an event loop in the thread of the tests, and Django takes them for asynchronous callers."""
    with pytest.MonkeyPatch.context() as patch:
        if any(item.get_closest_marker("browser") for item in request.session.items):
            patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield


def main(arguments: list[str]) -> int:
    """Run the journeys: python -m tests.chromium [what pytest takes]. In CI a missing browser is a failure."""
    if find_chromium() is None:
        print(f"SKIPPED: {ABSENT}.")
        return 1 if os.environ.get("CI") else 0
    return int(pytest.main(["-m", "browser", *arguments]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
