"""Asking for files, and what becomes of the jobs. Asking only adds a row to the queue: the work is done by the worker."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django_tasks_db.models import DBTaskResult

from trialsite.accounts.models import User
from trialsite.jobs import store
from trialsite.jobs.models import Job, JobState
from trialsite.jobs.selectors import access_of, count_unfinished, find_same, list_expired, list_lost
from trialsite.jobs.tasks import run_job
from trialsite.lib import clock

MOST_UNFINISHED = 20
MOST_ATTEMPTS = 3

TOO_MANY = f"You are waiting for {MOST_UNFINISHED} files already. Wait until some of them are ready, then ask again."
INTERRUPTED = (
    f"The program that makes it was stopped {MOST_ATTEMPTS} times while it worked on this."
    " Try again; if it stops again, tell the people who run Trialsite: they may have to give it more memory."
)


class AskedTooMuchError(Exception):
    """This person waits for too many files; the message says what to do."""


def ask_for(user: User, kind: str, title: str, parameters: dict[str, Any]) -> Job:
    """Have a file made. Asking again for the same before it is finished gives the same job."""
    with transaction.atomic():
        # One after the other, so that a button pressed twice asks once.
        User.objects.select_for_update().get(pk=user.pk)
        if same := find_same(user, kind, parameters):
            return same
        if count_unfinished(user) >= MOST_UNFINISHED:
            raise AskedTooMuchError(TOO_MANY)
        job = Job(owner=user, kind=kind, title=title, parameters=parameters, made_for=access_of(user))
        offer(job)
    return job


def offer(job: Job) -> None:
    """Put a job at the end of the queue."""
    if job.task_id:
        DBTaskResult.objects.filter(pk=job.task_id).delete()
    job.queue = settings.SERVES
    queued = run_job.using(queue_name=job.queue).enqueue(str(job.pk))
    job.task_id = UUID(queued.id)
    job.state = JobState.WAITING
    job.worker = job.step = job.problem = ""
    job.done_count = job.total_count = 0
    job.save()


def try_again(job: Job) -> None:
    """Offer a job anew that was not made."""
    with transaction.atomic():
        current = Job.objects.select_for_update().get(pk=job.pk)
        if current.state == JobState.FAILED:
            current.attempts = 0
            offer(current)


def remove(job: Job) -> None:
    """Remove a job with its file; its line in the audit trail stays. One that is not finished is canceled: whoever makes it stops."""
    if Job.objects.filter(pk=job.pk).exclude(state=JobState.EXPIRED).update(state=JobState.EXPIRED):
        store.remove(job.pk)


def remove_expired() -> int:
    """Remove the files that were kept long enough; say how many."""
    expired = list_expired()
    for job in expired:
        remove(job)
    return len(expired)


def offer_lost(name: str = "") -> int:
    """Offer again what a killed worker left behind (`name`: the worker that begins anew); say how many jobs that were."""
    lost = list_lost(name)
    for job in lost:
        with transaction.atomic():
            current = Job.objects.select_for_update().get(pk=job.pk)
            if current.state == JobState.RUNNING and current.worker == job.worker:
                _offer_or_end(current)
    return len(lost)


def _offer_or_end(job: Job) -> None:
    store.remove(job.pk)
    if job.attempts < MOST_ATTEMPTS:
        offer(job)
    else:
        end(job, INTERRUPTED)


def end(job: Job, problem: str) -> None:
    """Give a job up, with the sentence its owner will read."""
    job.state, job.problem, job.finished_at = JobState.FAILED, problem, clock.now()
    job.save()


def clear_queue() -> None:
    """Forget the rows of the queue that were done long ago; jobs keep what is of interest."""
    DBTaskResult.objects.finished().filter(finished_at__lt=clock.now() - timedelta(days=1)).delete()
