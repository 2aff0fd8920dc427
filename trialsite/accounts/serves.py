"""Which process serves whom, where blinded and unblinded people are kept apart. Pure."""

from collections.abc import Collection

from trialsite.accounts.roles import UNBLINDED as UNBLINDED_ROLES
from trialsite.accounts.roles import Permission, Role
from trialsite.lib.options import EVERYONE, UNBLINDED

# What blinded people do in the process that has the key: each a page that opens the vault for a moment.
CROSSING: frozenset[Permission] = frozenset({Permission.BREAK_CODE})

ELSEWHERE = (
    "Your account is served at the other address of this trial: operators and statisticians have one of their own."
)


def is_served(serves: str, roles: Collection[Role], permissions: Collection[Permission] = ()) -> bool:
    """Whether a process that serves `serves` opens a page to a person; `permissions` are those the page asks for."""
    if serves == EVERYONE:
        return True
    if serves == UNBLINDED and CROSSING.intersection(permissions):
        return True
    return bool(UNBLINDED_ROLES.intersection(roles)) == (serves == UNBLINDED)
