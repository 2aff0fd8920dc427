"""Many people save at once: python -m tests.bench.crowd [--only sqlite] [--seconds 10] [--turns 3]

The server with two workers, as a site runs it, and clients on this machine's loopback: each has a form of its own and saves it again as soon as it
is answered. The product and the floor's save with one audit row a value take turns; every turn ends by itself. What is
printed is the product's rate and its 95th percentile of waiting against the floor's, and every answer that was not a save.
"""

import argparse
import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from pathlib import Path
from statistics import median, quantiles
from typing import Any
from urllib.parse import urlencode

from tests.postgresql import serve

ROOT = Path(__file__).resolve().parents[2]
CROWDS = (8, 32)
WORKERS = 2
PATIENCE_S = 30


@dataclass(slots=True)
class Client:
    """Someone at a form: knows how often it was saved, and says each time what stands there."""

    port: int
    cookie: str
    address: str
    bodies: tuple[dict[str, str], dict[str, str]]
    saved: int = 1
    waits: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def save_until(self, end: float) -> None:
        while time.monotonic() < end:
            began = time.monotonic()
            answer = self._post()
            self.waits.append(time.monotonic() - began)
            if answer == HTTPStatus.FOUND:
                self.saved += 1
            else:
                self.faults.append(str(answer))

    def _post(self) -> int | str:
        values = {**self.bodies[self.saved % 2], "intent": "save", "base_revision": str(self.saved)}
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        headers = {"Cookie": self.cookie, "Host": "localhost", "Content-Type": "application/x-www-form-urlencoded"}
        try:
            line.request("POST", self.address, urlencode(values), headers)
            answer = line.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException) as fault:
            return type(fault).__name__
        finally:
            line.close()
        return answer.status


@dataclass(frozen=True, slots=True)
class Turn:
    """Of one crowd in one turn: saves a second, and the 95th percentile of waiting in seconds."""

    rate: float
    p95: float
    faults: tuple[str, ...]


def take_turn(clients: list[Client], seconds: float) -> Turn:
    before = [(client.saved, len(client.waits), len(client.faults)) for client in clients]
    began = time.monotonic()
    with ThreadPoolExecutor(len(clients)) as crowd:
        list(crowd.map(partial(Client.save_until, end=began + seconds), clients))
    took = time.monotonic() - began
    pairs = list(zip(clients, before, strict=True))
    waits = [wait for client, (_, at, _) in pairs for wait in client.waits[at:]]
    saves = sum(client.saved - saved for client, (saved, _, _) in pairs)
    return Turn(saves / took, quantiles(waits, n=20)[-1], tuple(f for c, (_, _, at) in pairs for f in c.faults[at:]))


@contextmanager
def serving(environment: dict[str, str]) -> Iterator[int]:
    """The product with the floor beside it; gives the port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    command = ["gunicorn", "-c", "python:trialsite.serve", "--bind", f"127.0.0.1:{port}", "trialsite.wsgi"]
    server = subprocess.Popen(
        [sys.executable, "-m", *command],
        env={**environment, "WEB_CONCURRENCY": str(WORKERS)},
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _await(port, server)
        yield port
    finally:
        server.terminate()
        server.wait(PATIENCE_S)


def _await(port: int, server: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + PATIENCE_S
    while server.poll() is None and time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("The server did not start.")


def measure(database: dict[str, str], options: argparse.Namespace) -> None:
    settings = {"DJANGO_SETTINGS_MODULE": "tests.bench.settings", "TRIALSITE_MODE": "test"}
    known = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    environment = {**known, **settings, **database}
    made = subprocess.run(
        [sys.executable, "-m", "tests.bench.seats", str(max(CROWDS))],
        env=environment,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=True,
    )
    room = json.loads(made.stdout)
    with serving(environment) as port:
        sides = {side: _seat(room, side, port) for side in ("floor", "product")}
        print(f"\n{'PostgreSQL' if 'DATABASE_URL' in database else 'SQLite'}, {WORKERS} workers", flush=True)
        for clients in sides.values():  # the first answers compile templates and fill caches
            take_turn(clients, options.seconds / 2)
        for size in CROWDS:
            turns: dict[str, list[Turn]] = {side: [] for side in sides}
            for _ in range(options.turns):
                for side, clients in sides.items():
                    turns[side].append(take_turn(clients[:size], options.seconds))
            _say(size, turns)


def _seat(room: dict[str, Any], side: str, port: int) -> list[Client]:
    even, odd = ({**values, "csrfmiddlewaretoken": room["token"]} for values in room["values"])
    return [Client(port, seat["cookie"], seat[side], (even, odd)) for seat in room["seats"]]


def _say(size: int, turns: dict[str, list[Turn]]) -> None:
    rate = {side: median(turn.rate for turn in done) for side, done in turns.items()}
    p95 = {side: median(turn.p95 for turn in done) for side, done in turns.items()}
    faults = {side: [fault for turn in done for fault in turn.faults] for side, done in turns.items()}
    print(
        f"{size:>3} clients: {rate['product'] / rate['floor']:.2f} of the floor's saves a second, "
        f"95th percentile of waiting {p95['product'] / p95['floor']:.2f} times the floor's; "
        f"not saved: product {faults['product'][:5] or 'none'}, floor {faults['floor'][:5] or 'none'}",
        flush=True,
    )


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", choices=("sqlite", "postgresql"))
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--turns", type=int, default=3)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="trialsite-crowd-") as folder:
        if options.only != "postgresql":
            measure({"TRIALSITE_DATA_DIR": folder}, options)
        if options.only != "sqlite":
            with serve("max_connections = 100\n") as address:
                measure({"TRIALSITE_DATA_DIR": folder, "DATABASE_URL": address}, options)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
