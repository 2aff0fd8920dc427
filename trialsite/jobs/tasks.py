"""The one task of the queue. A web worker puts it there and never runs it, nor imports what makes files (see `trialsite.jobs.work`)."""

from uuid import UUID

from django_tasks import task

from trialsite.jobs.work import perform


@task(queue_name="everyone")
def run_job(job_id: str) -> None:
    """Do one job."""
    perform(UUID(job_id))
