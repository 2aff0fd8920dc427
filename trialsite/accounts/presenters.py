"""Accounts as their pages show them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from trialsite.accounts.models import User
from trialsite.accounts.roles import ROLE_PERMISSIONS, Instrument, Permission, Role
from trialsite.accounts.selectors import SIGN_IN_ACTIONS, STATES
from trialsite.accounts.training import FIELD as TRAINING
from trialsite.accounts.training import get_standings
from trialsite.audit.models import AuditEntry, AuditEvent
from trialsite.protocol.current import get_protocol

EVENT_LABELS = {
    **SIGN_IN_ACTIONS,
    "account_invited": "Invited",
    "account_changed": "Changed",
    "account_deactivated": "Deactivated",
    "account_reactivated": "Reactivated",
    "password_reset": "Password reset",
    "account_unlocked": "Opened before its time",
    "password_chosen": "Password chosen by link",
    "password_changed": "Password changed",
    "second_factor_set": "Second factor set up",
    "second_factor_removed": "Second factor given up",
    "second_factor_reset": "Second factor reset",
    "recovery_codes_made": "New recovery codes made",
    "recovery_code_used": "Signed in with a recovery code",
    "training_recorded": "Training recorded",
    "access_reviewed": "Access reviewed",
}
FIELD_LABELS = {
    "username": "user name",
    "full_name": "full name",
    "email": "e-mail",
    "roles": "roles",
    "site_codes": "sites",
    "instruments": "instruments",
    "is_active": "may sign in",
    "second_factor_since": "second factor since",
}
VALUE_LABELS = {item.value: item.label for item in (*Role, *Instrument)}


@dataclass(frozen=True, slots=True, kw_only=True)
class UserLine:
    """One account in the list and at the head of its page."""

    id: UUID
    username: str
    full_name: str
    email: str
    roles: str
    sites: str
    instruments: str
    state: str
    state_label: str
    locked_until: datetime | None
    last_sign_in_at: datetime | None
    training_lacking: str
    has_second_factor: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EventLine:
    at: datetime
    what: str
    username: str
    full_name: str
    reason: str
    changes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionLine:
    """One row of the table of roles: what may be done, and for each role, by its label, whether it may."""

    label: str
    allowed: tuple[tuple[str, bool], ...]


def present_user(user: User, locked: Mapping[str, datetime]) -> UserLine:
    state = _state_of(user, locked)
    return UserLine(
        id=user.pk,
        username=user.username,
        full_name=user.full_name,
        email=user.email,
        roles=user.role_label,
        sites="all" if user.sees_all_sites else ", ".join(user.site_codes),
        instruments=user.instrument_label,
        state=state,
        state_label=STATES[state],
        locked_until=locked.get(user.username),
        last_sign_in_at=user.last_login,
        training_lacking=", ".join(one.course.label for one in get_standings(user) if one.lacks),
        has_second_factor=user.has_second_factor,
    )


def _state_of(user: User, locked: Mapping[str, datetime]) -> str:
    if not user.is_active:
        return "deactivated"
    if user.username in locked:
        return "locked"
    return "active" if user.has_chosen_password else "invited"


def present_event(event: AuditEvent) -> EventLine:
    return EventLine(
        at=event.at,
        what=EVENT_LABELS.get(event.action, event.action),
        username=event.actor_username,
        full_name=event.actor_name,
        reason=event.reason,
    )


def present_account_event(event: AuditEvent) -> EventLine:
    """An event with what it changed."""
    return replace(present_event(event), changes=tuple(_present_change(entry) for entry in event.entries.all()))


def label_field(field: str) -> str:
    """What a field of an account is called; of a training, the course."""
    courses = {f"{TRAINING}{course.key}": course.label for course in get_protocol().accounts.training}
    if field in courses:
        return f"training \u201c{courses[field]}\u201d"
    return FIELD_LABELS.get(field, field.replace("_", " "))


def _present_change(entry: AuditEntry) -> str:
    label = label_field(entry.field)
    new = _in_words(json.loads(entry.new))
    return f"{label}: {new}" if entry.old == "null" else f"{label}: {_in_words(json.loads(entry.old))} → {new}"


def _in_words(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(VALUE_LABELS.get(str(item), str(item)) for item in value) or "none"
    return str(value) or "none"


def present_role_table() -> list[PermissionLine]:
    """What every role may do, as the code decides it."""
    return [
        PermissionLine(label=item.label, allowed=tuple((role.label, item in ROLE_PERMISSIONS[role]) for role in Role))
        for item in Permission
    ]
