"""The product as it is served: gunicorn with several workers, in a process group of its own that can be killed."""

import os
import signal
import subprocess
import sys
import time
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from random import Random

import psutil  # type: ignore[import-untyped]  # ships no types

HOST = "127.0.0.1"
WORKERS = 4
ROOT = Path(__file__).parents[2]


class Product:
    """`environment` names the database; what the server says goes to a file in `folder`."""

    def __init__(self, folder: Path, port: int, environment: dict[str, str]) -> None:
        self.folder, self.port, self.environment = folder, port, environment
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns when the first page can be had."""
        command = [sys.executable, "-m", "gunicorn", "-c", "python:trialsite.serve", "trialsite.wsgi"]
        command += ["--bind", f"{HOST}:{self.port}", "--workers", str(WORKERS)]
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )
        self.wait_until_it_answers()

    def wait_until_it_answers(self, patience_s: float = 60) -> None:
        give_up_at = time.monotonic() + patience_s
        while not self.answers():
            if time.monotonic() > give_up_at:
                raise TimeoutError(f"the server does not answer; see {self.folder / 'server.log'}")
            time.sleep(0.2)

    def answers(self) -> bool:
        connection = HTTPConnection(HOST, self.port, timeout=10)
        try:
            connection.request("GET", "/health")
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    def kill_worker(self, rng: Random) -> str:
        """SIGKILL one worker, whatever it is doing; gunicorn starts another."""
        workers = psutil.Process(self._pid).children()
        if not workers:
            return ""
        rng.choice(workers).send_signal(signal.SIGKILL)
        return "worker killed"

    def kill(self) -> None:
        """SIGKILL the server and all its workers."""
        os.killpg(self._pid, signal.SIGKILL)
        if self.process is not None:
            self.process.wait()
        self.process = None

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.kill()

    @property
    def _pid(self) -> int:
        if self.process is None:
            raise RuntimeError("the server does not run")
        return self.process.pid
