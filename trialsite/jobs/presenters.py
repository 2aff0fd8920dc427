"""The page of one's own files."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse

from trialsite.accounts.models import User
from trialsite.jobs.models import Job, JobState
from trialsite.jobs.selectors import get_worker, list_jobs, may_still_read

NO_WORKER = (
    "Nothing is being made at the moment: the program that makes files is not running."
    " What you asked for is kept and made once it runs; if this lasts, tell the people who run Trialsite."
)
_TAGS = {JobState.WAITING: "later", JobState.RUNNING: "due", JobState.DONE: "done", JobState.FAILED: "overdue"}
_SIZES = ((1 << 20, "MB"), (1 << 10, "kB"))


@dataclass(frozen=True, slots=True)
class FileLine:
    """One job. `url` is where its file is to be had, "" while there is none, or none any more for this person."""

    job: Job
    url: str

    @property
    def tag(self) -> str:
        return _TAGS[JobState(self.job.state)]

    @property
    def words(self) -> str:
        return JobState(self.job.state).label

    @property
    def size(self) -> str:
        unit = next(((size, name) for size, name in _SIZES if self.job.size >= size), None)
        return f"{self.job.size / unit[0]:.1f} {unit[1]}" if unit else f"{self.job.size} bytes"

    @property
    def progress(self) -> str:
        """ "12 of 30: Month 3, EDSS", as far as it is known."""
        count = f"{self.job.done_count} of {self.job.total_count}" if self.job.total_count else ""
        return ": ".join(part for part in (count, self.job.step) if part)

    @property
    def is_ready(self) -> bool:
        return self.job.state == JobState.DONE

    @property
    def is_failed(self) -> bool:
        return self.job.state == JobState.FAILED


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesPage:
    """`is_waiting`: something is not finished, so the page looks again by itself. `warning` says why nothing moves."""

    lines: Sequence[FileLine]
    warning: str = ""

    @property
    def is_waiting(self) -> bool:
        return any(line.job.is_unfinished for line in self.lines)


def present_files(user: User) -> FilesPage:
    lines = [FileLine(job, _url(user, job)) for job in list_jobs(user)]
    page = FilesPage(lines=lines)
    return FilesPage(lines=lines, warning=NO_WORKER) if page.is_waiting and get_worker() is None else page


def _url(user: User, job: Job) -> str:
    is_there = job.state == JobState.DONE and may_still_read(user, job)
    return reverse("made_file", args=(job.pk,)) if is_there else ""
