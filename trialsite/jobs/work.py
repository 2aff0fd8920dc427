"""Doing a job: in the worker, one at a time.

Who makes which kind of file is told by the command that starts the worker (`register`), because it alone imports them: what they need, such as
the library that sets PDF, would otherwise fill the memory of every web worker.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from trialsite.accounts.actor import actor_of
from trialsite.accounts.models import User
from trialsite.audit.gate import open_gate
from trialsite.audit.write import NOTHING, Subject, write_event
from trialsite.jobs import store
from trialsite.jobs.models import Job, JobState
from trialsite.jobs.selectors import access_of
from trialsite.lib import clock

logger = logging.getLogger(__name__)

FAULT = (
    "Something went wrong while it was made; the fault is in the log of the worker."
    " Try again; if it fails again, tell the people who run Trialsite the time at which you asked."
)


class CannotMakeError(Exception):
    """The file cannot be made; the message is a sentence for the person who asked, and says what to do."""


class StoppedError(Exception):
    """Nobody wants the file any more: the person who asked has canceled it."""


@dataclass(kw_only=True)
class Order:
    """What a maker gets. It writes the file to `target`, and tells of its progress as often as it likes: that costs nothing.

    A maker that tells of its progress is stopped there once the file is canceled.
    """

    user: User
    parameters: Mapping[str, Any]
    target: Path
    job_id: UUID
    done: int = 0
    total: int = 0
    step: str = ""
    is_canceled: bool = False

    def report(self, done: int, total: int, step: str) -> None:
        """Raises `StoppedError` for a file that is no longer wanted."""
        if self.is_canceled:
            raise StoppedError
        self.done, self.total, self.step = done, total, step[:200]


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What a maker made: how the file is called, and what the audit trail keeps of it. The digest is added to `detail`."""

    file_name: str
    media_type: str
    action: str
    detail: str
    subject: Subject = NOTHING


Maker = Callable[[Order], Made]


@dataclass
class _Bench:
    """What this process can make, how it is called, and what it is working on."""

    makers: dict[str, Maker] = field(default_factory=dict)
    worker: str = "here"
    order: Order | None = None


BENCH = _Bench()
KEPT = timedelta(days=7)


def register(makers: Mapping[str, Maker], worker: str = "here") -> None:
    """Tell this process what it can make, and its name."""
    BENCH.makers, BENCH.worker = dict(makers), worker


@contextmanager
def reading_at_once() -> Iterator[None]:
    """Read everything as of one moment, however long it takes, and keep nobody from writing. Nothing is written inside."""
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "sqlite":
        with _deferred(), transaction.atomic():
            yield
    else:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield


@contextmanager
def _deferred() -> Iterator[None]:
    """An immediate transaction would take the lock of those who write."""
    connection.ensure_connection()
    wrapper: Any = connection
    was, wrapper.transaction_mode = wrapper.transaction_mode, "DEFERRED"
    try:
        yield
    finally:
        wrapper.transaction_mode = was


def perform(job_id: UUID) -> None:
    """Do a job that waits; nothing when somebody else has it. A failure is told to its owner and does not end the worker."""
    job = _claim(job_id)
    if job is None:
        return
    try:
        _make(job)
    except StoppedError:
        _clear(job)
    except CannotMakeError as error:
        _fail(job, str(error))
    except Exception:
        logger.exception("A job of kind %s failed", job.kind)
        _fail(job, FAULT)
    finally:
        BENCH.order = None


def _claim(job_id: UUID) -> Job | None:
    with transaction.atomic():
        # Whoever puts a row into the queue of the other side must not have it worked on there.
        own = Job.objects.filter(pk=job_id, queue=settings.SERVES)
        job = own.select_for_update(of=("self",)).select_related("owner").first()
        if job is None or job.state != JobState.WAITING:
            return None
        job.state, job.worker, job.started_at = JobState.RUNNING, BENCH.worker, clock.now()
        job.attempts += 1
        job.made_for = access_of(job.owner)
        job.save()
        return job


def _make(job: Job) -> None:
    maker = BENCH.makers.get(job.kind)
    if maker is None:
        raise CannotMakeError("This kind of file is not made here any more. Remove this line and ask for it anew.")
    if not job.owner.is_active:
        raise CannotMakeError("The account that asked is deactivated.")
    draft = store.draft_of(job.pk)
    order = Order(user=job.owner, parameters=job.parameters, target=draft, job_id=job.pk)
    BENCH.order = order
    made = maker(order)
    note_progress()
    order.report(order.done, order.total, order.step)
    size, sha256 = store.measure(draft)
    with open_gate():
        current = Job.objects.select_for_update().get(pk=job.pk)
        if current.state != JobState.RUNNING or current.worker != job.worker:
            return  # given to another worker meanwhile: its file counts
        detail = f"{made.detail} SHA-256 {sha256}."
        write_event(made.action, actor=actor_of(job.owner), subject=made.subject, detail=detail)
        _finish(current, order, made, size, sha256)
        store.keep(draft, job.pk)


def _finish(job: Job, order: Order, made: Made, size: int, sha256: str) -> None:
    job.state, job.finished_at, job.expires_at = JobState.DONE, clock.now(), clock.now() + KEPT
    job.file_name, job.media_type, job.size, job.sha256 = made.file_name, made.media_type, size, sha256
    job.done_count, job.total_count, job.step = order.total, order.total, ""
    job.save()


def _clear(job: Job) -> None:
    """What was written of a canceled file. Where the job was given to another worker, the file is that one's."""
    if Job.objects.filter(pk=job.pk, state=JobState.EXPIRED).exists():
        store.remove(job.pk)


def _fail(job: Job, problem: str) -> None:
    store.remove(job.pk)
    running = Job.objects.filter(pk=job.pk, state=JobState.RUNNING, worker=job.worker)
    running.update(state=JobState.FAILED, problem=problem, finished_at=clock.now(), step="")


def note_progress() -> None:
    """Write how far the present job has come. Called from beside the work, on a connection of its own."""
    order = BENCH.order
    if order is not None:
        running = Job.objects.filter(pk=order.job_id, state=JobState.RUNNING)
        found = running.update(done_count=order.done, total_count=order.total, step=order.step)
        order.is_canceled = not found
