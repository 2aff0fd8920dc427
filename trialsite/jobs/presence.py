"""The worker's life: one at a time in a data directory, seen to be alive, and gone when the program that started it is gone."""

import fcntl
import logging
import os
import signal
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection

from trialsite.jobs.actions import clear_queue, offer_lost, remove_expired
from trialsite.jobs.models import Worker
from trialsite.jobs.work import note_progress
from trialsite.lib import clock

logger = logging.getLogger(__name__)

BEAT = 1.0  # seconds between two looks at the work
SEEN_EVERY = 10  # beats
TIDIED_EVERY = 600


def name_here() -> str:
    """What the one worker of this data directory on this machine is called; the next one has the same name."""
    return f"{socket.gethostname()} {settings.DATA_DIR}"[-100:]


@contextmanager
def alone() -> Iterator[None]:
    """Wait until no other worker serves this data directory. A worker that is killed makes room by being gone."""
    path = Path(settings.DATA_DIR) / "worker.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


class Beat(threading.Thread):
    """Beside the work, with a database connection of its own: tells that the worker is alive and how far it has come."""

    def __init__(self, name: str, lacks: Mapping[str, str], parent: int | None) -> None:
        super().__init__(name="beat", daemon=True)
        self._worker = Worker(name=name, queue=settings.SERVES, lacks=dict(lacks))
        self._parent = parent
        self._ended = threading.Event()
        self._count = 0

    def run(self) -> None:
        while not self._ended.wait(BEAT if self._count else 0):
            try:
                self._look()
            except DatabaseError:
                logger.exception("The worker could not tell that it is alive; it will try again")
                connection.close()
            self._count += 1
        connection.close()

    def _look(self) -> None:
        if self._parent is not None and os.getppid() != self._parent:
            os.kill(os.getpid(), signal.SIGTERM)
        note_progress()
        if self._count % SEEN_EVERY == 0:
            self._worker.seen_at = clock.now()
            self._worker.save()
            offer_lost()
        if self._count % TIDIED_EVERY == 0:
            remove_expired()
            clear_queue()

    def end(self) -> None:
        self._ended.set()
        self.join(timeout=5)


@contextmanager
def present(lacks: Mapping[str, str], *, parent: int | None = None) -> Iterator[None]:
    """Be the worker of this data directory; `parent` is the process without which this one ends."""
    name = name_here()
    with alone():
        offer_lost(name)  # what the worker before this one was killed over
        beat = Beat(name, lacks, parent)
        beat.start()
        try:
            yield
        finally:
            beat.end()
            Worker.objects.filter(name=name).delete()
