"""At the end of a whole run: was every template rendered by some test?

Each worker notes the names while its tests run and hands them to the process that started it; that one compares. A run of a part of
the tests proves nothing about the others and says so.
"""

from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from django.test.signals import template_rendered
from xdist.workermanage import WorkerController

TEMPLATES = Path(__file__).parents[1] / "templates"
BY_HTTP = "not browser"  # the mark expression of the parts of `make test` that must see every template

_seen: set[str] = set()


def _note(template: Any, **_: object) -> None:
    _seen.add(str(template.name)[:])  # a plain string: one that is marked safe cannot be handed on


def pytest_configure() -> None:
    template_rendered.connect(_note)


def find_unseen(seen: set[str]) -> list[str]:
    """Every template of the product that is not among the names."""
    own = {path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*") if path.is_file()}
    return sorted(own - seen)


def say_why_not(config: pytest.Config) -> str:
    """Why this run is none of all tests; empty if it is."""
    option = config.option
    if option.markexpr != BY_HTTP:
        return f"asked for -m {option.markexpr!r}"
    narrowed = {
        "PostgreSQL, which leaves out what does not depend on it": connections["default"].vendor != "sqlite",
        "some files": bool(config.args_source == pytest.Config.ArgsSource.ARGS),
        "-k": bool(option.keyword),
        "--deselect": bool(option.deselect),
        "--ignore": bool(option.ignore or option.ignore_glob),
        "--last-failed": bool(getattr(option, "lf", False)),
        "an early stop": bool(option.maxfail),
        "collected only": bool(option.collectonly),
    }
    return ", ".join(reason for reason, holds in narrowed.items() if holds)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    handed_on = getattr(session.config, "workeroutput", None)
    if handed_on is not None:
        handed_on["templates_seen"] = sorted(_seen)
    elif session.exitstatus == pytest.ExitCode.OK and not say_why_not(session.config) and find_unseen(_seen):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: WorkerController) -> None:
    _seen.update(getattr(node, "workeroutput", {}).get("templates_seen", ()))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if reason := say_why_not(config):
        terminalreporter.line(f"Templates: not compared, this run is a part ({reason}).")
        return
    unseen = find_unseen(_seen)
    terminalreporter.line(
        f"Templates: {len(unseen)} that no test rendered. {', '.join(unseen)}".rstrip(), red=bool(unseen)
    )
