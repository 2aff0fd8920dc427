"""Files that tests have made: a line of text, or what is wrong with it."""

from pathlib import Path
from typing import Any

import pytest
from django_tasks_db.models import DBTaskResult

from trialsite.jobs.work import BENCH, CannotMakeError, Made, Order


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, settings: Any) -> Path:
    settings.DATA_DIR = tmp_path
    return tmp_path


def write_note(order: Order) -> Made:
    order.report(1, 2, "first half")
    if "refuse" in order.parameters:
        raise CannotMakeError(str(order.parameters["refuse"]))
    order.target.write_text(f"a note for {order.user.username}", encoding="utf-8")
    order.report(2, 2, "second half")
    return Made(file_name="note.txt", media_type="text/plain", action="print", detail="A note.")


def break_down(_: Order) -> Made:
    raise RuntimeError("a patient's value that must not reach a page")


@pytest.fixture
def makers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BENCH, "makers", {"note": write_note, "broken": break_down})


def work() -> None:
    """Do all that waits in the queue. The command that does so has a process of its own (see test_worker)."""
    for row in DBTaskResult.objects.ready():
        row.task.call(*row.args_kwargs["args"])
        row.set_successful(None)
