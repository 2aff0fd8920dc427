"""How gunicorn serves Trialsite: gunicorn -c python:trialsite.serve trialsite.wsgi

WEB_CONCURRENCY sets the number of workers, --bind the address.
"""

import os
from pathlib import Path
from typing import Any

from django.conf import settings
from gunicorn.glogging import Logger

from trialsite.jobs import keeper
from trialsite.lib.log import mask_path


class DiscreetLogger(Logger):  # type: ignore[misc] # gunicorn ships no types
    """Logs each request without its query and without the numbers in its path."""

    def atoms(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        found: dict[str, Any] = super().atoms(*args, **kwargs)
        return {**found, "U": mask_path(found["U"] or "")}


bind = "127.0.0.1:8000"
worker_class = "sync"
preload_app = True  # wrong settings end the server at once, with their message, instead of worker after worker
timeout = 60
graceful_timeout = 30
max_requests = 2_000
max_requests_jitter = 200
control_socket_disable = True

shared_memory = Path("/dev/shm")  # noqa: S108 - a directory of the system, for the heartbeat file of each worker
worker_tmp_dir = str(shared_memory) if shared_memory.is_dir() else None

logger_class = DiscreetLogger
accesslog = "-"
errorlog = "-"
access_log_format = "%(t)s %(m)s %(U)s %(s)s %(B)s bytes %(M)s ms"


def when_ready(_server: Any) -> None:
    """The server listens: start the worker that makes files, which ends with the server."""
    if settings.STARTS_WORKER:
        keeper.start(parent=os.getpid())
