"""Signing in and out, and choosing a password."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView, LogoutView, PasswordChangeView, PasswordResetConfirmView
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse, reverse_lazy
from django.utils.decorators import method_decorator

from trialsite.accounts.access import SignedInRequest, requires
from trialsite.accounts.actions import record_sign_in, record_sign_out
from trialsite.accounts.attempts import note_failure
from trialsite.accounts.demo_cast import DEMO_PASSWORD, make_demo_cast
from trialsite.accounts.forms import ChangePasswordForm, ChoosePasswordForm, SignInForm
from trialsite.accounts.links import tokens
from trialsite.accounts.lockout import locked_until
from trialsite.accounts.models import User
from trialsite.accounts.other_address import find_other_address
from trialsite.accounts.roles import Permission, permissions_of
from trialsite.accounts.serves import ELSEWHERE, is_served
from trialsite.lib import clock
from trialsite.lib.lockout import name_attempted
from trialsite.protocol.current import get_protocol

BECAUSE = {
    "idle": f"You were signed out after {settings.IDLE_MINUTES} minutes without a request."
    " Sign in to go on where you were; what you typed waits in this browser.",
    "password": "Your password is stored. Sign in with it.",
    "signed_out": "You are signed out.",
}
TOO_MANY_REQUESTS = 429
# Where somebody begins who is served elsewhere: a page for everything of `serves.CROSSING`.
CROSSING_AT = ((Permission.BREAK_CODE, "code_breaks"), (Permission.CONFIRM_RELEASE, "release"))


@method_decorator(login_not_required, name="dispatch")
class SignIn(LoginView):
    template_name = "accounts/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = False  # so that a person can become another one

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        context["because"] = BECAUSE.get(self.request.GET.get("because", ""), "")
        context["other"] = find_other_address()
        if settings.IS_DEMO:
            context |= {"demo_cast": make_demo_cast(get_protocol()), "demo_password": DEMO_PASSWORD}
        return context

    def form_valid(self, form: Any) -> HttpResponse:
        roles = form.get_user().role_set
        if not is_served(settings.SERVES, roles, permissions_of(roles)):
            form.add_error(None, ELSEWHERE)
            return super().form_invalid(form)
        return self._sign_in(form)

    def get_success_url(self) -> str:
        """Where the person was; somebody who is here for one thing finds no other page here but that of the own password."""
        user, url = self.request.user, super().get_success_url()
        if not isinstance(user, User) or is_served(settings.SERVES, user.role_set):
            return url
        here = [reverse(name) for permission, name in CROSSING_AT if user.may(permission)]
        return url if url.startswith((*here, reverse("accounts:password_change"))) else here[0]

    @transaction.atomic
    def _sign_in(self, form: Any) -> HttpResponse:
        record_sign_in(form.get_user())
        return super().form_valid(form)

    def form_invalid(self, form: Any) -> HttpResponse:
        if form.was_attempted:
            note_failure(self.request, form.cleaned_data["username"])
        return super().form_invalid(form)


def answer_locked_out(
    request: HttpRequest, _response: HttpResponse | None = None, credentials: dict[str, Any] | None = None
) -> HttpResponse:
    """What django-axes shows when a name is closed: for how long, and what to do."""
    until = locked_until(name_attempted(request, credentials)) or clock.now() + settings.AXES_COOLOFF_TIME
    context = {
        "failures": settings.AXES_FAILURE_LIMIT,
        "minutes_closed": round(settings.AXES_COOLOFF_TIME.total_seconds() / 60),
        "opens_at": until,
        "minutes": max(1, round((until - clock.now()).total_seconds() / 60)),
    }
    return render(request, "accounts/locked_out.html", context, status=TOO_MANY_REQUESTS)


def list_done_at_the_other(user: User) -> list[str]:
    """What a person, who works in the process for blinded people, does in the other one."""
    return [permission.label for permission, _ in CROSSING_AT if user.may(permission)]


class SignOut(LogoutView):
    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if isinstance(request.user, User):
            record_sign_out(request.user)
        super().post(request, *args, **kwargs)
        return HttpResponseRedirect(f"{reverse('accounts:sign_in')}?because=signed_out")


@method_decorator(login_not_required, name="dispatch")
class ChoosePassword(PasswordResetConfirmView):
    """Where a link of an admin leads. Who works at the other address is told so afterwards."""

    template_name = "accounts/choose_password.html"
    form_class = ChoosePasswordForm
    token_generator = tokens
    reset_url_token = "new"  # noqa: S105 - the last part of the address, once the real token is in the session
    success_url = reverse_lazy("accounts:sign_in", query={"because": "password"})

    def get_user(self, uidb64: str) -> User | None:
        """Nobody, where the password could not be stored: the page then says that the link does not work."""
        user = super().get_user(uidb64)
        return user if isinstance(user, User) and user.keeps_password_here else None

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        if is_served(settings.SERVES, form.user.role_set):
            return response
        page = {"other": find_other_address(), "does_here": list_done_at_the_other(form.user)}
        return render(self.request, "accounts/password_chosen.html", page)


class ChangePassword(PasswordChangeView):
    template_name = "accounts/change_password.html"
    form_class = ChangePasswordForm
    success_url = reverse_lazy("accounts:password_change")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "request": self.request}

    def form_valid(self, form: Any) -> HttpResponse:
        user = form.save()
        update_session_auth_hash(self.request, user)
        messages.success(
            self.request, "Your new password is stored. Wherever else you were signed in, you are no longer."
        )
        return HttpResponseRedirect(str(self.success_url))


@requires()
def sign_out(request: SignedInRequest) -> HttpResponseBase:
    return SignOut.as_view()(request)


@requires()
def change_password(request: SignedInRequest) -> HttpResponseBase:
    if not request.user.keeps_password_here:
        return render(
            request,
            "accounts/password_elsewhere.html",
            {"other": find_other_address(), "does_there": list_done_at_the_other(request.user)},
        )
    return ChangePassword.as_view()(request)
