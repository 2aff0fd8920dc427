"""Names closed to sign-in after too many failures, as django-axes counts them."""

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby

from axes.models import AccessAttempt
from axes.utils import reset
from django.conf import settings
from django.db import models

from trialsite.lib import clock
from trialsite.lib.lockout import OF_UNBLINDED, name_typed


def find_locked_names() -> dict[str, datetime]:
    """Every name that is closed now, with the moment it opens again; at whichever of two processes."""
    attempts = _recent_attempts().order_by("username", "attempt_time")
    opens: dict[str, datetime] = {}
    for counted, group in groupby(attempts, key=lambda attempt: attempt.username or ""):
        name, moment = name_typed(counted), _opens_at(group)
        if moment is not None:
            opens[name] = max(moment, opens.get(name, moment))
    return opens


def locked_until(counted: str) -> datetime | None:
    """The moment a name opens again, given as `name_attempted` says it; None when it is open."""
    return _opens_at(_recent_attempts().filter(username=counted).order_by("attempt_time"))


def open_again(name: str) -> int:
    """Forget the failures of a name, wherever they were counted; say how many records of them there were."""
    return sum(int(reset(username=counted)) for counted in (name, f"{OF_UNBLINDED}{name}"))


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
