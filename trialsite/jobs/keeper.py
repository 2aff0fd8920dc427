"""Keeps one worker running beside a web server: python -m trialsite.jobs.keeper PID

Starts the worker, starts it again when it crashes, and ends with it when process PID, the web server, is gone. Imports nothing but the standard
library, so that it costs a few megabytes.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

MANAGE = Path(__file__).parents[2] / "manage.py"
LOOK_EVERY = 0.5  # seconds
LONGEST_PAUSE = 60.0
HEALTHY = 60.0  # a worker that lived longer did not fail at its start
PATIENCE = 10.0  # for the job at hand, once the server ends


def start(*, parent: int) -> "subprocess.Popen[bytes]":
    """Start a keeper that lives as long as the process `parent`. A session of its own: Ctrl-C is for the server."""
    command = [sys.executable, "-m", "trialsite.jobs.keeper", str(parent)]
    return subprocess.Popen(command, cwd=MANAGE.parent, stdin=subprocess.DEVNULL, start_new_session=True)  # noqa: S603 - our own module


class Keeper:
    """`command` is what to keep running, `parent` the process without which it ends."""

    def __init__(self, command: list[str], parent: int) -> None:
        self.command = command
        self.parent = parent
        self.pause = 1.0

    def run(self) -> None:
        while self._has_parent():
            began = time.monotonic()
            child = subprocess.Popen(self.command, stdin=subprocess.DEVNULL)  # noqa: S603 - our own command
            while child.poll() is None and self._has_parent():
                time.sleep(LOOK_EVERY)
            if child.poll() is None:
                end(child)
            elif child.returncode != 0:
                self._rest(child.returncode, time.monotonic() - began)

    def _has_parent(self) -> bool:
        return os.getppid() == self.parent

    def _rest(self, code: int, lived: float) -> None:
        self.pause = 1.0 if lived > HEALTHY else self.pause
        print(f"The worker ended with code {code}; the next begins in {self.pause:.0f} s.", file=sys.stderr, flush=True)
        until = time.monotonic() + self.pause
        while time.monotonic() < until and self._has_parent():
            time.sleep(LOOK_EVERY)
        self.pause = min(self.pause * 2, LONGEST_PAUSE)


def end(child: "subprocess.Popen[bytes]") -> None:
    """Ask to finish the job at hand; then to stop at once, for it will be offered again; then make an end."""
    for step in (child.terminate, child.terminate, child.kill):
        step()
        try:
            child.wait(PATIENCE)
            return
        except subprocess.TimeoutExpired:
            continue


def main(arguments: list[str]) -> None:
    Keeper([sys.executable, str(MANAGE), "worker", "--parent", str(os.getpid())], int(arguments[0])).run()


if __name__ == "__main__":
    main(sys.argv[1:])
