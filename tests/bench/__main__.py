"""python -m tests.bench [--only sqlite] [what tests.bench.pages takes]: pages and saves against the floor, on each database in turn."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.postgresql import serve

_BESIDE = {
    "casebook, 5 x 8": "floor: grid",
    "casebook, 15 x 8": "floor: grid",
    "form of 29 items": "floor: form, crispy",
    "save of 29 items": "floor: save, field audit",
}
_DURABLE = "max_connections = 100\n"  # as a database is set up that must not forget


def main(arguments: list[str]) -> int:
    only = arguments[1] if arguments[:1] == ["--only"] else ""
    rest = arguments[2:] if only else arguments
    with tempfile.TemporaryDirectory(prefix="trialsite-bench-") as folder:
        if only != "postgresql":
            _say(_run({"TRIALSITE_DATA_DIR": folder}, rest))
        if only != "sqlite":
            with serve(_DURABLE) as address:
                _say(_run({"TRIALSITE_DATA_DIR": folder, "DATABASE_URL": address}, rest))
    return 0


def _run(environment: dict[str, str], arguments: list[str]) -> dict[str, Any]:
    settings = {"DJANGO_SETTINGS_MODULE": "tests.bench.settings", "TRIALSITE_MODE": "test"}
    known = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.pages", *arguments],
        env={**known, **settings, **environment},
        cwd=Path(__file__).resolve().parents[2],
        stdout=subprocess.PIPE,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _say(found: dict[str, Any]) -> None:
    few, many = found["few"], found["many"]
    lines = [
        f"\n{found['database']}: {found['rows']['entries']:,} audit entries when grown",
        f"{'work':<28}{'queries':>8}{'bytes':>9}{'x floor':>9}{'grown':>8}",
    ]
    for name, cost in few.items():
        beside = _BESIDE.get(name)
        ratio = f"{cost['cpu_ms'] / few[beside]['cpu_ms']:.2f}" if beside else ""
        grown = f"{many[name]['cpu_ms'] / cost['cpu_ms']:.2f}"
        lines.append(f"{name:<28}{cost['queries']:>8}{cost['size']:>9}{ratio:>9}{grown:>8}")
    history = few["save of 29 items"]["cpu_ms"] / few["floor: save, history row"]["cpu_ms"]
    lines.append(f"save of 29 items, against the same save with one history row: {history:.2f}")
    export = found["export"]
    lines.append(
        f"export of {export['events']:,} events: {export['all'] - export['tenth']:.1f} MB more than after a tenth"
    )
    lines += [f"trail by {name or 'nothing'}: {plan}" for name, plan in found["plans"].items()]
    print("\n".join(lines), flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
