"""Names closed to sign-in after too many failures, as django-axes counts them."""

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby

from axes.models import AccessAttempt
from axes.utils import reset
from django.conf import settings
from django.db import models

from trialsite.lib import clock
from trialsite.lib.lockout import NAME_MAX_CHARACTERS


def find_locked_names() -> dict[str, datetime]:
    """Every name that is closed now, with the moment it opens again."""
    attempts = _recent_attempts().order_by("username", "attempt_time")
    opens = {name: _opens_at(group) for name, group in groupby(attempts, key=lambda attempt: attempt.username or "")}
    return {name: moment for name, moment in opens.items() if moment is not None}


def locked_until(name: str) -> datetime | None:
    """The moment this name opens again; None when it is open."""
    counted_as = name.strip().casefold()[:NAME_MAX_CHARACTERS]
    return _opens_at(_recent_attempts().filter(username=counted_as).order_by("attempt_time"))


def open_again(name: str) -> int:
    """Forget the failures of a name; say how many records of them there were."""
    return int(reset(username=name))


def _recent_attempts() -> "models.QuerySet[AccessAttempt]":
    recent: models.QuerySet[AccessAttempt] = AccessAttempt.objects.filter(
        attempt_time__gte=clock.now() - settings.AXES_COOLOFF_TIME
    )
    return recent


def _opens_at(attempts: Iterable[AccessAttempt]) -> datetime | None:
    """Failures are forgotten one record after the other, the oldest first; the name opens when too few are left."""
    oldest_first = list(attempts)
    failures = sum(attempt.failures_since_start for attempt in oldest_first)
    opens_at = None
    for attempt in oldest_first:
        if failures < settings.AXES_FAILURE_LIMIT:
            break
        opens_at = attempt.attempt_time + settings.AXES_COOLOFF_TIME
        failures -= attempt.failures_since_start
    return opens_at
