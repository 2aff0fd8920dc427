"""The door of every view: signed in, with a permission; unknown and forbidden answer alike."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, Protocol, cast

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponseBase

from trialsite.accounts.models import User
from trialsite.accounts.roles import Permission

P = ParamSpec("P")


class SignedInRequest(HttpRequest):
    """A request behind `requires`: its user is a person of ours."""

    user: User


class GuardedView(Protocol[P]):
    required_permissions: frozenset[Permission]

    def __call__(self, request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase: ...


def requires(
    *permissions: Permission,
) -> Callable[[Callable[Concatenate[SignedInRequest, P], HttpResponseBase]], GuardedView[P]]:
    """Let in who holds at least one of `permissions` (anyone signed in, when none is named); everyone else meets the 404 page."""

    def decorate(view: Callable[Concatenate[SignedInRequest, P], HttpResponseBase]) -> GuardedView[P]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if not isinstance(request.user, User):
                return redirect_to_login(request.get_full_path())
            if permissions and not any(request.user.may(permission) for permission in permissions):
                raise Http404
            return view(cast(SignedInRequest, request), *args, **kwargs)

        guarded.required_permissions = frozenset(permissions)  # type: ignore[attr-defined]  # read back by the access matrix
        return cast(GuardedView[P], guarded)

    return decorate
