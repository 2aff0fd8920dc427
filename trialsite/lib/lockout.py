"""Whose sign-in was attempted, as the lock-out counts it."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from trialsite.lib.options import UNBLINDED

NAME_MAX_CHARACTERS = 255  # as wide as the column that keeps it
# The process for unblinded people counts for itself: whoever could forget failures for it could try passwords without end. No name that is typed
# begins with a blank.
OF_UNBLINDED = " unblinded "


def name_attempted(request: HttpRequest | None, credentials: Mapping[str, Any] | None = None) -> str:
    """The name somebody typed, so that "Ann" and " ann" count as one person, as this process counts it."""
    typed = (credentials or {}).get("username")
    if typed is None and request is not None:
        typed = request.POST.get("username")
    name = str(typed or "").replace("\0", "").strip().casefold()
    return f"{OF_UNBLINDED if settings.SERVES == UNBLINDED else ''}{name}"[:NAME_MAX_CHARACTERS]


def name_typed(counted: str) -> str:
    """The name that is counted so, without the process that counts it."""
    return counted.removeprefix(OF_UNBLINDED)
