"""Whose sign-in was attempted, as the lock-out counts it."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest

NAME_MAX_CHARACTERS = 255  # as wide as the column that keeps it


def name_attempted(request: HttpRequest | None, credentials: Mapping[str, Any] | None = None) -> str:
    """The name somebody typed, so that "Ann" and " ann" count as one person."""
    typed = (credentials or {}).get("username")
    if typed is None and request is not None:
        typed = request.POST.get("username")
    return str(typed or "").replace("\0", "").strip().casefold()[:NAME_MAX_CHARACTERS]
