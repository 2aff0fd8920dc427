"""Everything that can happen to an account. Each writes the change and its audit event together."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError

from trialsite.accounts.actor import Actor, actor_of
from trialsite.accounts.lockout import open_again
from trialsite.accounts.models import User, tidy_username
from trialsite.accounts.roles import Role
from trialsite.accounts.rules import Access, Problem, check_access, check_completion, check_knowledge
from trialsite.accounts.second_factor import forget_second_factor, void_second_factor
from trialsite.accounts.selectors import ACCOUNT, get_roles_held, list_refused_addresses, list_working_admins
from trialsite.accounts.serves import comes_over
from trialsite.accounts.training import FIELD, say_kept
from trialsite.audit.gate import open_gate
from trialsite.audit.write import Subject, log_event, write_event
from trialsite.lib import clock
from trialsite.protocol.current import get_protocol
from trialsite.protocol.model import Course

NAME_KEPT_CHARACTERS = 60
LAST_ADMIN = "This is the last admin who can sign in. Make somebody else admin first."
OWN_ACCOUNT = "This is your own account. Ask another admin to change it."
NAME_TAKEN = "This user name was given before and is never given again. Choose another."
COMES_OVER = "Comes over from the other address: password, second factor and an old e-mail address are void."
STALE = "Somebody changed this account meanwhile. Look at it as it is now and choose again."


class RefusedError(Exception):
    """Nothing was done; `problems` are (field, sentence), the field empty when it is about the account."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(" ".join(sentence for _, sentence in self.problems))


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAccount:
    username: str
    full_name: str
    email: str = ""
    access: Access


# --- Accounts --------------------------------------------------------------------------------------------------------


def invite_user(new: NewAccount, *, actor: Actor, password: str | None = None) -> User:
    """Open an account. Without a `password` (only the demo gives one) the person chooses it with a link."""
    user = User(
        username=tidy_username(new.username),
        full_name=new.full_name,
        email=new.email,
        password=make_password(password),
        **_as_fields(new.access),
    )
    _refuse(check_access(new.access, _known_sites()))
    changes = {name: (None, getattr(user, name)) for name in _PLAIN_FIELDS}
    try:
        with open_gate():
            write_event("account_invited", actor=actor, subject=subject_of(user), changes=changes)
            user.save(force_insert=True)
    except IntegrityError as error:
        # The only constraint a new account can hurt; the database decides also between two admins at once.
        raise RefusedError([("username", NAME_TAKEN)]) from error
    return user


def change_account(user: User, values: Mapping[str, Any], access: Access, *, actor: Actor, seen: str) -> User:
    """Give an account another name, address, roles, sites or instruments.

    `seen` is what `state_of` said when the page was shown; a change by somebody else since then is refused.
    """
    with open_gate():
        admins, stored = _lock_admins(), _lock(user)
        _refuse_own(stored, actor)
        if seen != state_of(stored):
            raise RefusedError([("", STALE)])
        problems = [*check_access(access, _known_sites()), *check_knowledge(access, get_roles_held(stored))]
        if admins == {stored.pk} and Role.ADMIN not in access.roles:
            problems.append(("roles", LAST_ADMIN))
        _refuse(problems)
        wanted, reason = {**values, **_as_fields(access)}, ""
        if comes_over(settings.SERVES, stored.role_set, map(Role, access.roles)):
            wanted, reason = _void_what_was_kept_there(stored, wanted, actor), COMES_OVER
        _store(stored, "account_changed", wanted, actor=actor, reason=reason)
    return User.objects.get(pk=stored.pk)


def _void_what_was_kept_there(stored: User, wanted: dict[str, Any], actor: Actor) -> dict[str, Any]:
    """Until now another process wrote the account: its password, its device, and an address that this admin did not type, are not believed."""
    stored.set_unusable_password()
    forget_second_factor(stored, actor=actor, reason=COMES_OVER)
    return {**wanted, "email": ""} if wanted.get("email") == stored.email else wanted


def deactivate_user(user: User, *, actor: Actor, reason: str) -> User:
    """End an account for now: its sessions, its password and its links are void at once."""
    with open_gate():
        admins, stored = _lock_admins(), _lock(user)
        _refuse_own(stored, actor)
        if admins == {stored.pk}:
            raise RefusedError([("", LAST_ADMIN)])
        # Without a password no old session comes back to life when the account does.
        stored.set_unusable_password()
        return _store(stored, "account_deactivated", {"is_active": False}, actor=actor, reason=reason)


def reactivate_user(user: User, *, actor: Actor, reason: str) -> User:
    """Let a person back in, who then chooses a new password with a link."""
    with open_gate():
        return _store(_lock(user), "account_reactivated", {"is_active": True}, actor=actor, reason=reason)


def reset_password(user: User, *, actor: Actor, reason: str) -> User:
    """Void password, links and sessions of an account; the person chooses a new password with a link."""
    with open_gate():
        stored = _lock(user)
        _refuse_own(stored, actor)
        if not stored.is_active:
            raise RefusedError([("", "This account is deactivated. Reactivate it instead.")])
        stored.set_unusable_password()
        return _store(stored, "password_reset", {}, actor=actor, reason=reason)


def reset_second_factor(user: User, *, actor: Actor, reason: str) -> User:
    """Void device, recovery codes and sessions of an account; the person signs in with the password and sets it up anew."""
    with open_gate():
        stored = _lock(user)
        _refuse_own(stored, actor)
        if not stored.has_second_factor:
            raise RefusedError([("", "This account has no second factor.")])
        void_second_factor(stored, actor=actor, reason=reason)
    return stored


def unlock_user(user: User, *, actor: Actor, reason: str) -> None:
    """Let a name sign in again before its time, after too many failures closed it."""
    with open_gate():
        write_event("account_unlocked", actor=actor, subject=subject_of(user), reason=reason)
        open_again(user.username)


def choose_password(user: User, password: str) -> None:
    """Store the password a person chose with a link, and open the name if failures had closed it."""
    with open_gate():
        user.set_password(password)
        _store(user, "password_chosen", {}, actor=actor_of(user))
        open_again(user.username)


def change_password(user: User, password: str) -> None:
    """Store the password a signed-in person chose; all other sessions of the person are void."""
    with open_gate():
        user.set_password(password)
        _store(user, "password_changed", {}, actor=actor_of(user))


def record_training(user: User, course: Course, *, on: date, evidence: str, actor: Actor) -> User:
    """Keep that a person completed a training on a day, with what shows it."""
    is_own = actor.user_id == str(user.pk)
    if course.recorded_by == "admin" and is_own:
        raise RefusedError([("", "An admin records this training, and another one than the person trained.")])
    _refuse(check_completion(on, evidence, clock.today()))
    with open_gate():
        stored = _lock(user)
        before = stored.training.get(course.key)
        kept = {"version": course.version, "on": on.isoformat(), "evidence": evidence.strip(), "by": actor.username}
        change = (say_kept(before) if before else None, say_kept(kept))
        detail = f"{course.label}: {evidence.strip()}"
        write_event(
            "training_recorded",
            actor=actor,
            subject=subject_of(stored),
            detail=detail,
            changes={f"{FIELD}{course.key}": change},
        )
        stored.training = {**stored.training, course.key: kept}
        stored.save(update_fields=["training"])
    return stored


# --- Sign-in and sign-out --------------------------------------------------------------------------------------------


def record_sign_in(user: User) -> None:
    log_event("sign_in", actor=actor_of(user))


def record_sign_out(user: User, *, is_idle: bool = False) -> None:
    log_event("idle_sign_out" if is_idle else "sign_out", actor=actor_of(user))


def record_failed_sign_in(typed: str, *, is_refused: bool, is_now_locked: bool, detail: str = "") -> None:
    """Keep a failure under the name that was typed, whether or not anybody has it.

    `is_refused`: the name was closed already. `is_now_locked`: this failure closed it.
    """
    name = tidy_username(typed.replace("\0", ""))[:NAME_KEPT_CHARACTERS]
    user = User.objects.filter(username=name).first()
    actor = actor_of(user) if user else Actor(user_id="", username=name, full_name="", roles="")
    with open_gate():
        write_event("sign_in_refused" if is_refused else "sign_in_failed", actor=actor, detail=detail)
        if is_now_locked:
            write_event("locked_out", actor=actor)


REFUSED_ACCESS = "refused_access"
REFUSALS_KEPT, REFUSALS_KEPT_FOR = 20, timedelta(minutes=10)


def record_refused_access(user: User, address: str) -> None:
    """Keep that a person asked for something that is not open to them, by the name of the address.

    Each address once in ten minutes, and twenty of them: whoever tries many shall be seen, not fill the trail.
    """
    if (
        address not in (kept := list_refused_addresses(user, clock.now() - REFUSALS_KEPT_FOR))
        and len(kept) < REFUSALS_KEPT
    ):
        log_event(REFUSED_ACCESS, actor=actor_of(user), detail=address)


# --- Help ------------------------------------------------------------------------------------------------------------

_ACCESS_FIELDS = ("roles", "site_codes", "instruments")
_PLAIN_FIELDS = ("username", "full_name", "email", *_ACCESS_FIELDS)


def subject_of(user: User) -> Subject:
    """An account as what an audit event is about."""
    return Subject(record_kind=ACCOUNT, record_id=user.pk)


def access_of(user: User) -> Access:
    return Access(
        roles=_plain(user.roles),
        site_codes=_plain(user.site_codes),
        instruments=_plain(user.instruments),
    )


def _plain(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(str(name) for name in names))


def state_of(user: User) -> str:
    """The account as text, to notice that somebody else changed it."""
    return repr([user.full_name, user.email, user.is_active, access_of(user)])


def _as_fields(access: Access) -> dict[str, list[str]]:
    return {name: sorted(getattr(access, name)) for name in _ACCESS_FIELDS}


def _known_sites() -> list[str]:
    return [site.code for site in get_protocol().sites]


def _refuse(problems: Sequence[Problem]) -> None:
    if problems:
        raise RefusedError(problems)


def _refuse_own(user: User, actor: Actor) -> None:
    if actor.user_id == str(user.pk):
        raise RefusedError([("", OWN_ACCOUNT)])


def _lock(user: User) -> User:
    return User.objects.select_for_update().get(pk=user.pk)


def _lock_admins() -> set[UUID]:
    """Everybody who can manage accounts. Always locked first and in one order, so that two admins who end each other at the same
    moment wait for each other, and the second one finds that the first one is gone."""
    return {admin.pk for admin in list_working_admins()}


def _store(user: User, action: str, values: Mapping[str, Any], *, actor: Actor, reason: str = "") -> User:
    changes = {name: (getattr(user, name), new) for name, new in values.items() if getattr(user, name) != new}
    for name, value in values.items():
        setattr(user, name, value)
    write_event(action, actor=actor, subject=subject_of(user), reason=reason, changes=changes)
    user.save(update_fields=[*values, "password"])
    return user
