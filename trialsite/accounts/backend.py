"""Password and, at sign-in, the second factor: one question with one answer, so that nobody learns which of the two was wrong."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from trialsite.accounts.models import User
from trialsite.accounts.second_factor import accept


class PeopleBackend(ModelBackend):
    """`token` is what was typed as second factor; without it, as where the password is asked for again, the password decides."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        token: str | None = None,
        **other: Any,
    ) -> User | None:
        user = super().authenticate(request, username=username, password=password, **other)
        if not isinstance(user, User) or token is None or not user.has_second_factor:
            return user if isinstance(user, User) else None
        return user if accept(user, token) else None
