"""Comparing a password, with every failure counted towards the lock-out and kept in the trail."""

from django.contrib.auth import authenticate, update_session_auth_hash
from django.http import HttpRequest

from trialsite.accounts.actions import record_failed_sign_in
from trialsite.accounts.models import User

WRONG_PASSWORD = "This is not your password. After too many failures the account is locked."  # noqa: S105 - a sentence


def confirm_password(request: HttpRequest, user: User, password: str) -> bool:
    """Whether this is the password of the person signed in: asked again before what matters most."""
    found = authenticate(request, username=user.username, password=password)
    if found == user:
        if user.password != found.password:  # a hash that was made by an older rule was renewed; the session goes on
            update_session_auth_hash(request, found)
        return True
    note_failure(request, user.username, "password asked again")
    return False


def note_failure(request: HttpRequest, typed: str, detail: str = "") -> None:
    """Keep the failure django-axes has just counted for this request."""
    is_locked = getattr(request, "axes_locked_out", False)
    # django-axes counts a failure only while the name is open.
    was_counted = getattr(request, "axes_failures_since_start", None) is not None
    record_failed_sign_in(
        typed, is_refused=is_locked and not was_counted, is_now_locked=is_locked and was_counted, detail=detail
    )
