"""Which process serves whom, where blinded and unblinded people are kept apart. Pure."""

from collections.abc import Collection, Iterable

from trialsite.accounts.roles import APART, Permission, Role, list_guarded_roles
from trialsite.lib.options import BLINDED, EVERYONE, UNBLINDED

# What blinded people do in the process that has the key: a page that opens the vault for a moment, and one after which it opens for others.
CROSSING: frozenset[Permission] = frozenset({Permission.BREAK_CODE, Permission.CONFIRM_RELEASE})

ELSEWHERE = "Your account is served at the other address of this trial: operators, statisticians and admins have one of their own."


def is_served(serves: str, roles: Collection[Role], permissions: Collection[Permission] = ()) -> bool:
    """Whether a process that serves `serves` opens a page to a person; `permissions` are those the page asks for."""
    if serves == EVERYONE:
        return True
    if serves == UNBLINDED and CROSSING.intersection(permissions):
        return True
    return bool(APART.intersection(roles)) == (serves == UNBLINDED)


def keeps_password(serves: str, roles: Collection[Role]) -> bool:
    """Whether this process may store a password of such a person. The database refuses it to the role of the one for blinded people."""
    return serves != BLINDED or not set(roles).intersection(list_guarded_roles())


def comes_over(serves: str, before: Collection[Role], after: Iterable[Role]) -> bool:
    """Whether an account, written until now by the process for blinded people, gets a role with which it no longer is."""
    gained = set(after).intersection(list_guarded_roles()) - set(before)
    return serves == UNBLINDED and bool(gained) and not APART.intersection(before)
