"""Reading accounts and what they did."""

from dataclasses import dataclass
from datetime import date, datetime

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db import models
from django.db.models.functions import Cast

from trialsite.accounts.lockout import find_locked_names
from trialsite.accounts.models import User
from trialsite.accounts.roles import Role
from trialsite.audit.models import AuditEvent

ACCOUNT = "account"  # how the trail calls the kind of record

SIGN_IN_ACTIONS = {
    "sign_in": "Signed in",
    "sign_in_failed": "Failed to sign in",
    "locked_out": "Closed after too many failures",
    "sign_in_refused": "Tried while closed",
    "sign_out": "Signed out",
    "idle_sign_out": "Signed out when idle",
}
STATES = {
    "active": "Active",
    "invited": "Invited",
    "locked": "Closed for a while",
    "deactivated": "Deactivated",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class UserFilter:
    """Which accounts to list; an empty part asks for nothing."""

    text: str = ""
    role: str = ""
    state: str = ""


def find_users(wanted: UserFilter) -> "models.QuerySet[User]":
    users = User.objects.all()
    if wanted.text:
        fields = ("username", "full_name", "email")
        users = users.filter(
            models.Q(*((f"{field}__icontains", wanted.text) for field in fields), _connector=models.Q.OR)
        )
    if wanted.role:
        # SQLite cannot look into a JSON list; the quoted word is found in its text alike on both databases.
        as_text = Cast("roles", models.TextField())
        users = users.annotate(roles_text=as_text).filter(roles_text__contains=f'"{wanted.role}"')
    return users.filter(_state_condition(wanted.state)) if wanted.state else users


def _state_condition(state: str) -> models.Q:
    no_password = models.Q(password__startswith=UNUSABLE_PASSWORD_PREFIX)
    return {
        "active": models.Q(is_active=True) & ~no_password,
        "invited": models.Q(is_active=True) & no_password,
        "locked": models.Q(is_active=True, username__in=find_locked_names()),
        "deactivated": models.Q(is_active=False),
    }[state]


def list_working_admins() -> "models.QuerySet[User]":
    """Accounts that can manage accounts today: admins who are active and chose a password. Locked against change."""
    admins = find_users(UserFilter(role=Role.ADMIN, state="active"))
    return admins.select_for_update()


def find_sign_ins(text: str = "", action: str = "", from_on: date | None = None) -> "models.QuerySet[AuditEvent]":
    """Who signed in, failed to or left, the latest first."""
    events = AuditEvent.objects.filter(action__in=[action] if action else list(SIGN_IN_ACTIONS))
    if text:
        events = events.filter(models.Q(actor_username__icontains=text) | models.Q(actor_name__icontains=text))
    if from_on:
        events = events.filter(at__date__gte=from_on)
    return events.order_by("-id")


def list_refused_addresses(user: User, since: datetime) -> list[str]:
    """The addresses that were kept as refused to this person."""
    kept = AuditEvent.objects.filter(actor_username=user.username, at__gte=since, action="refused_access")
    return list(kept.values_list("detail", flat=True))


def get_roles_held(user: User) -> set[str]:
    """The roles an account has and had, as far as somebody signed in with it: a slip at the invitation taught nobody anything."""
    if user.last_login is None:
        return set()
    acted = AuditEvent.objects.filter(actor_username=user.username, actor_id=str(user.pk)).order_by()
    return {
        *user.roles,
        *(role for roles in acted.values_list("actor_roles", flat=True).distinct() for role in roles.split(",")),
    }


def list_account_events(user: User, limit: int) -> list[AuditEvent]:
    """The latest changes of an account and the latest sign-ins of its owner."""
    about = models.Q(record_kind=ACCOUNT, record_id=user.pk)
    own = models.Q(actor_id=str(user.pk), action__in=list(SIGN_IN_ACTIONS))
    events = AuditEvent.objects.filter(about | own).prefetch_related("entries").order_by("-id")
    return list(events[:limit])
