"""The worker as a process: killed at its work, kept by its keeper, gone with its parent, and in nobody's way."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from django.db import connection

from tests.cast import make_user
from tests.jobs import slow_worker
from trialsite.accounts.roles import Role
from trialsite.jobs.actions import ask_for
from trialsite.jobs.keeper import Keeper
from trialsite.jobs.models import Job, JobState

ROOT = Path(__file__).parents[2]


def until(holds: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.05)


def database_url() -> str:
    found = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{found['NAME']}"
    host = found["OPTIONS"].get("host") or found["HOST"]
    return f"postgresql://{found['USER']}:{found['PASSWORD']}@/{found['NAME']}?host={quote(host, safe='')}"


def environment(data_dir: Path) -> dict[str, str]:
    return {
        **os.environ,
        "TRIALSITE_MODE": "test",
        "DJANGO_SETTINGS_MODULE": "trialsite.settings",
        "TRIALSITE_DATA_DIR": str(data_dir),
        "DATABASE_URL": database_url(),
    }


@pytest.fixture
def begin_worker(data_dir: Path) -> "Iterator[Callable[[], subprocess.Popen[bytes]]]":
    """Start a worker, as often as wanted; all are gone after the test."""
    begun: list[subprocess.Popen[bytes]] = []

    def begin() -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", slow_worker.__name__, str(os.getpid())]
        begun.append(subprocess.Popen(command, cwd=ROOT, env=environment(data_dir)))
        return begun[-1]

    yield begin
    for worker in begun:
        worker.kill()
        worker.wait()


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("empty_database")
def test_a_job_outlives_its_worker_and_lets_others_write(
    begin_worker: "Callable[[], subprocess.Popen[bytes]]", data_dir: Path
) -> None:
    owner = make_user("owner", Role.COORDINATOR)
    job = ask_for(owner, "slow", "Slow", {})
    first, begun = begin_worker(), data_dir / "begun"
    second = begin_worker()  # one at a time: it waits
    until(begun.exists)
    until(lambda: Job.objects.get().done_count == 1)
    since = time.monotonic()
    owner.save()  # somebody writes while the worker works
    assert time.monotonic() - since < 1

    workers = {first.pid: first, second.pid: second}
    killed = int(begun.read_text())
    begun.unlink()
    workers[killed].send_signal(signal.SIGKILL)
    until(begun.exists)
    assert int(begun.read_text()) != killed, "the one that waited took it over"
    (data_dir / "go").touch()
    until(lambda: Job.objects.get().state == JobState.DONE)
    job.refresh_from_db()
    assert (job.attempts, (data_dir / "made" / str(job.pk)).read_text()) == (2, "done")


def test_the_keeper_starts_a_crashed_worker_again_and_both_end_with_the_server(tmp_path: Path) -> None:
    """A server that starts a keeper; a "worker" that writes its number down and sleeps."""
    log, keeper, worker = tmp_path / "pids", tmp_path / "keep.py", tmp_path / "work.py"
    worker.write_text(f"import os, time\nopen({str(log)!r}, 'a').write(str(os.getpid()) + chr(10))\ntime.sleep(60)")
    keeper.write_text(
        f"import os, sys\nsys.path.insert(0, {str(ROOT)!r})\nfrom {Keeper.__module__} import Keeper\n"
        f"Keeper([sys.executable, {str(worker)!r}], os.getppid()).run()"
    )
    server = f"import subprocess, sys, time; subprocess.Popen([sys.executable, {str(keeper)!r}]); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", server], stderr=subprocess.DEVNULL) as parent:
        until(lambda: count_lines(log) == 1)
        os.kill(int(log.read_text()), signal.SIGKILL)
        until(lambda: count_lines(log) == 2)
        parent.kill()
    until(lambda: is_gone(int(log.read_text().split()[-1])))


def count_lines(path: Path) -> int:
    return path.read_text().count("\n") if path.exists() else 0
