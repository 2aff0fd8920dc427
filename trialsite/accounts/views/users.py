"""Pages of the admin: accounts, and who signed in."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from smtplib import SMTPException
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.mail import send_mail
from django.core.paginator import Page, Paginator
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.views.decorators.http import require_http_methods, require_safe

from trialsite.accounts.access import SignedInRequest, requires
from trialsite.accounts.actions import (
    NewAccount,
    RefusedError,
    change_account,
    deactivate_user,
    invite_user,
    reactivate_user,
    reset_password,
    reset_second_factor,
    unlock_user,
)
from trialsite.accounts.actor import actor_of
from trialsite.accounts.forms import ChangeForm, InviteForm, ReasonForm, SignInFilterForm, UserFilterForm
from trialsite.accounts.links import make_link_path
from trialsite.accounts.lockout import find_locked_names
from trialsite.accounts.models import User
from trialsite.accounts.other_address import find_other_address
from trialsite.accounts.presenters import present_account_event, present_event, present_user
from trialsite.accounts.review import due_on, get_last_review
from trialsite.accounts.roles import Permission
from trialsite.accounts.selectors import UserFilter, find_sign_ins, find_users, list_account_events
from trialsite.accounts.serves import comes_over, is_served
from trialsite.lib import clock

logger = logging.getLogger(__name__)
LINES_PER_PAGE = 25
EVENTS_SHOWN = 30


@requires(Permission.MANAGE_USERS)
@require_safe
def users(request: SignedInRequest) -> HttpResponse:
    form = UserFilterForm(request.GET or None)
    wanted = UserFilter(**form.cleaned_data) if form.is_valid() else UserFilter()
    page, locked = _paginate(request, find_users(wanted)), find_locked_names()
    lines = [present_user(user, locked) for user in page]
    review_due_on = due_on(get_last_review())
    context = {
        "form": form,
        "page": page,
        "lines": lines,
        "query": _query(request),
        "locked": sorted(locked.items()),
        "review_due_on": review_due_on,
        "review_is_overdue": review_due_on < clock.today(),
    }
    return render(request, "accounts/users.html", context)


@requires(Permission.MANAGE_USERS)
@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: SignedInRequest) -> HttpResponse:
    form = InviteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user = invite_user(_new_account(form), actor=actor_of(request.user))
        except RefusedError as error:
            form.show_refusal(error)
        else:
            return _show_link(request, user, "is invited")
    return render(request, "accounts/invite.html", {"form": form}, status=_status(form))


@requires(Permission.MANAGE_USERS)
@require_http_methods(["GET", "HEAD", "POST"])
def user(request: SignedInRequest, user_id: UUID) -> HttpResponse:
    """One account: what it may do, its history, and what can be done with it."""
    found = _find(user_id)
    form = ChangeForm(request.POST or None, initial=ChangeForm.initial_of(found))
    if request.method == "POST" and form.is_valid():
        try:
            changed = _change(request, found, form)
        except RefusedError as error:
            form.show_refusal(error)
        else:
            if comes_over(settings.SERVES, found.role_set, changed.role_set):
                return _show_link(request, changed, "comes over to this address", is_coming=True)
            messages.success(request, "The account is changed.")
            return redirect("accounts:user", user_id)
    return render(request, "accounts/user.html", _about(request, found, form), status=_status(form))


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Something destructive that is confirmed on a page of its own, with a reason."""

    title: str
    effect: str
    button: str
    act: Callable[..., Any]
    done: str
    gives_link: bool = False


STEPS = {
    "deactivate": Step(
        title="Deactivate",
        effect="Sessions end at once and the password is void. Everything the person did stays under this name.",
        button="Deactivate the account",
        act=deactivate_user,
        done="is deactivated",
    ),
    "reactivate": Step(
        title="Reactivate",
        effect="The person gets a new link to choose a password, and the roles and sites shown here.",
        button="Reactivate the account",
        act=reactivate_user,
        done="is reactivated",
        gives_link=True,
    ),
    "reset": Step(
        title="Reset the password of",
        effect="The password, earlier links and all sessions are void at once. You get a new link to hand over.",
        button="Reset the password",
        act=reset_password,
        done="needs a new password",
        gives_link=True,
    ),
    "factor": Step(
        title="Reset the second factor of",
        effect="The device, the recovery codes and all sessions are void at once. The person signs in with the password alone and sets"
        " it up anew. Make sure that it is really the person who asks.",
        button="Reset the second factor",
        act=reset_second_factor,
        done="has no second factor now",
    ),
    "unlock": Step(
        title="Open again",
        effect="The person may try to sign in again at once. Make sure that it was really the person who mistyped.",
        button="Open the name again",
        act=unlock_user,
        done="may sign in again",
    ),
}


@requires(Permission.MANAGE_USERS)
@require_http_methods(["GET", "HEAD", "POST"])
def user_step(request: SignedInRequest, user_id: UUID, step: str) -> HttpResponse:
    found, chosen = _find(user_id), STEPS.get(step)
    if chosen is None:
        raise Http404
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            chosen.act(found, actor=actor_of(request.user), reason=form.cleaned_data["reason"])
        except RefusedError as error:
            form.add_error(None, [sentence for _, sentence in error.problems])
        else:
            return _after(request, found, chosen)
    context = {"form": form, "step": chosen, "line": present_user(found, find_locked_names())}
    return render(request, "accounts/user_step.html", context, status=_status(form))


@requires(Permission.MANAGE_USERS)
@require_safe
def sign_ins(request: SignedInRequest) -> HttpResponse:
    form = SignInFilterForm(request.GET or None)
    page = _paginate(request, find_sign_ins(**form.cleaned_data) if form.is_valid() else find_sign_ins())
    lines = [present_event(event) for event in page]
    return render(
        request, "accounts/sign_ins.html", {"form": form, "page": page, "lines": lines, "query": _query(request)}
    )


def _find(user_id: UUID) -> User:
    found = User.objects.filter(pk=user_id).first()
    if found is None:
        raise Http404
    return found


def _new_account(form: InviteForm) -> NewAccount:
    named = {name: form.cleaned_data[name] for name in ("username", "full_name", "email")}
    return NewAccount(**named, access=form.access)


def _change(request: SignedInRequest, found: User, form: ChangeForm) -> User:
    named = {name: form.cleaned_data[name] for name in ("full_name", "email")}
    return change_account(found, named, form.access, actor=actor_of(request.user), seen=form.cleaned_data["seen"])


def _about(request: SignedInRequest, found: User, form: ChangeForm) -> dict[str, Any]:
    return {
        "form": form,
        "line": present_user(found, find_locked_names()),
        "is_own": found.pk == request.user.pk,
        "events": [present_account_event(event) for event in list_account_events(found, EVENTS_SHOWN)],
    }


def _after(request: SignedInRequest, found: User, step: Step) -> HttpResponse:
    if step.gives_link:
        return _show_link(request, User.objects.get(pk=found.pk), step.done)
    messages.success(request, f"{found.full_name} {step.done}.")
    return redirect("accounts:user", found.pk)


def _show_link(request: HttpRequest, user: User, done: str, *, is_coming: bool = False) -> HttpResponse:
    """Shown in the answer itself and stored nowhere, so nobody finds it later."""
    link = request.build_absolute_uri(make_link_path(user))
    context = {"person": user, "done": done, "link": link, "mail": _mail_link(user, link), "home": _find_home(user)}
    context |= {"is_coming": is_coming}
    return render(request, "accounts/link.html", context)


def _find_home(user: User) -> str:
    """Where the person signs in, if it is not here and is known."""
    other = find_other_address()
    return other.url if other and not is_served(settings.SERVES, user.role_set) else ""


def _mail_link(user: User, link: str) -> str:
    """Mail the link, where there is mail and an address: "sent", "failed" or "none"."""
    if not user.email or settings.EMAIL_BACKEND.endswith("dummy.EmailBackend"):
        return "none"
    text = render_to_string("accounts/link.txt", {"person": user, "link": link, "home": _find_home(user)})
    try:
        send_mail("Your account at Trialsite", text, None, [user.email])
    except (SMTPException, OSError):
        logger.exception("A link could not be mailed")
        return "failed"
    return "sent"


def _paginate(request: HttpRequest, rows: "models.QuerySet[Any]") -> "Page[Any]":
    return Paginator(rows, LINES_PER_PAGE).get_page(request.GET.get("page"))


def _query(request: HttpRequest) -> str:
    """What was asked for, for the links to other pages of the list."""
    asked = request.GET.copy()
    asked.pop("page", None)
    return asked.urlencode()


def _status(form: Any) -> int:
    return 422 if form.is_bound and form.errors else 200
