"""Long work that people asked for, and the process that does it. Neither is a record: what a job made is in the audit trail."""

import uuid

from django.db import models

from trialsite.accounts.models import User
from trialsite.lib import clock


class JobState(models.TextChoices):
    """How far a job has come. `EXPIRED`: its file was removed, by its owner or after some days."""

    WAITING = "waiting", "Waiting"
    RUNNING = "running", "Being made"
    DONE = "done", "Ready"
    FAILED = "failed", "Not made"
    EXPIRED = "expired", "Removed"


UNFINISHED = (JobState.WAITING, JobState.RUNNING)


class Job(models.Model):
    """A file that one person asked for.

    `kind` names who makes it and `parameters` say what. `made_for` is what the person was allowed when it was made (roles, sites, instruments):
    whoever has lost any of it does not get the file. `task_id` is the row of the queue that will do it, `queue`
    whom the process serves that was asked: only a worker of that side does it, for only there the file is taken.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=40)
    title = models.CharField(max_length=300)
    parameters = models.JSONField(default=dict)
    made_for = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=JobState.choices, default=JobState.WAITING)
    queue = models.CharField(max_length=20, default="everyone")
    task_id = models.UUIDField(null=True)
    worker = models.CharField(max_length=100, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    step = models.CharField("what is being done", max_length=200, blank=True)
    done_count = models.PositiveIntegerField("steps done", default=0)
    total_count = models.PositiveIntegerField("steps in all; 0 while unknown", default=0)
    problem = models.TextField("why it was not made, and what to do", blank=True)
    file_name = models.CharField(max_length=200, blank=True)
    media_type = models.CharField(max_length=100, blank=True)
    size = models.PositiveBigIntegerField("bytes", default=0)
    sha256 = models.CharField("SHA-256 of the file", max_length=64, blank=True)
    asked_at = models.DateTimeField(default=clock.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-asked_at", "id")
        indexes = (
            models.Index(fields=("owner", "-asked_at"), name="job_by_owner"),
            models.Index(fields=("state", "expires_at"), name="job_by_state"),
        )

    def __str__(self) -> str:
        return f"{self.title}: {self.state}"

    @property
    def is_unfinished(self) -> bool:
        return self.state in UNFINISHED


class Worker(models.Model):
    """A process that does jobs, and when it was last seen alive. `lacks` says what it cannot make, by kind of file, and what would help."""

    name = models.CharField(max_length=100, primary_key=True)
    queue = models.CharField(max_length=20, default="everyone")
    seen_at = models.DateTimeField(default=clock.now)
    lacks = models.JSONField(default=dict)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return f"{self.name}, seen at {self.seen_at:%Y-%m-%d %H:%M:%S}"
