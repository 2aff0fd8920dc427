"""Reading jobs back: one's own only. Each function costs one query."""

from datetime import timedelta
from uuid import UUID

from django.conf import settings

from trialsite.accounts.models import User
from trialsite.jobs.models import UNFINISHED, Job, JobState, Worker
from trialsite.lib import clock

# A worker says every few seconds that it is alive; one that was silent for so long was killed, or its machine was.
SILENCE = timedelta(seconds=60)
SHOWN = 50


def list_jobs(user: User) -> list[Job]:
    """What this person asked for, the latest first; without what was removed."""
    return list(Job.objects.filter(owner=user).exclude(state=JobState.EXPIRED)[:SHOWN])


def find_job(user: User, job_id: UUID) -> Job | None:
    """The job, if it is this person's own."""
    return Job.objects.filter(owner=user, pk=job_id).first()


def find_same(user: User, kind: str, parameters: dict[str, object]) -> Job | None:
    """A job for the very same file that is not finished yet."""
    found = Job.objects.filter(owner=user, kind=kind, state__in=UNFINISHED)
    return next((job for job in found if job.parameters == parameters), None)


def count_unfinished(user: User) -> int:
    return Job.objects.filter(owner=user, state__in=UNFINISHED).count()


def access_of(user: User) -> dict[str, list[str]]:
    """What a person is allowed, as plain values."""
    return {
        "roles": sorted(user.roles),
        "site_codes": sorted(user.site_codes),
        "instruments": sorted(user.instruments),
    }


def may_still_read(user: User, job: Job) -> bool:
    """Whether the person is still allowed all that they were allowed when the file was made."""
    now = access_of(user)
    return user.is_active and all(set(held) <= set(now.get(what, ())) for what, held in job.made_for.items())


def get_worker() -> Worker | None:
    """The worker that was last seen, if it is alive."""
    found: Worker | None = (
        Worker.objects.filter(queue=settings.SERVES, seen_at__gt=clock.now() - SILENCE).order_by("-seen_at").first()
    )
    return found


def list_lost(name: str = "") -> list[Job]:
    """Jobs whose worker was killed: it is silent, or it is the one named, which has just begun anew."""
    alive = Worker.objects.filter(seen_at__gt=clock.now() - SILENCE).exclude(name=name).values("name")
    return list(Job.objects.filter(queue=settings.SERVES, state=JobState.RUNNING).exclude(worker__in=alive))


def list_expired() -> list[Job]:
    return list(Job.objects.filter(queue=settings.SERVES, state=JobState.DONE, expires_at__lte=clock.now()))
