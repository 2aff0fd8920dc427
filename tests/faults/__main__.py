"""Hurt the product and see what is left: python -m tests.faults kill|disk|restart [--on sqlite|postgresql]"""

import argparse
import importlib
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.faults.bench import open_bench

FAULTS = ("kill", "disk", "restart")
DATABASES = ("sqlite", "postgresql")
SMALL_DISK_MB = {"sqlite": 16, "postgresql": 160}


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("fault", choices=FAULTS)
    parser.add_argument("--on", choices=DATABASES, help="the database; both, one after the other, when not given")
    parser.add_argument("--saves", type=int, default=1_000)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--minutes", type=float, default=20, help="gives up after this long")
    parser.add_argument("--port", type=int, default=8108, help="of this computer, for the product")
    parser.add_argument("--seed", type=int, default=20260101, help="when and what to hurt")
    parser.add_argument("--keep", action="store_true", help="leave the data and the log of the server behind")
    return parser.parse_args()


def run_one(arguments: argparse.Namespace) -> int:
    folder = Path(tempfile.mkdtemp(prefix="trialsite-faults-"))
    try:
        small = SMALL_DISK_MB[arguments.on] if arguments.fault == "disk" else 0
        with open_bench(arguments.on, folder, arguments.port, arguments.minutes, small) as bench:
            # It needs Django, which the bench has set up.
            fault = importlib.import_module(f"tests.faults.{arguments.fault}")
            report = fault.run(bench, saves=arguments.saves, clients=arguments.clients, seed=arguments.seed)
    finally:
        if arguments.keep:
            print(f"Data and logs are kept in {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    print(report, flush=True)
    return 1 if report.problems else 0


def run_both(arguments: argparse.Namespace) -> int:
    """Each in a process of its own: Django knows one database."""
    again = [sys.executable, "-m", "tests.faults", *sys.argv[1:]]
    codes = [subprocess.run([*again, "--on", database], check=False).returncode for database in DATABASES]
    return max(codes)


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that everything is stopped
    arguments = read_arguments()
    return run_one(arguments) if arguments.on else run_both(arguments)


if __name__ == "__main__":
    sys.exit(main())
