"""The people of the synthetic trial, with accounts that were opened as an admin opens them."""

from collections.abc import Mapping

from trialsite.accounts.actions import NewAccount, invite_user
from trialsite.accounts.actor import SYSTEM
from trialsite.accounts.demo_cast import DEMO_PASSWORD, DemoAccount, make_demo_cast
from trialsite.accounts.models import User
from trialsite.accounts.roles import Role
from trialsite.protocol.model import Protocol

People = Mapping[Role, User]


def open_accounts(protocol: Protocol) -> People:
    """Open every account of the cast; return the first of each role."""
    people: dict[Role, User] = {}
    for account in make_demo_cast(protocol):
        user = _open_account(account)
        people.setdefault(Role(user.roles[0]), user)
    return people


def _open_account(account: DemoAccount) -> User:
    new = NewAccount(username=account.username, full_name=account.full_name, access=account.access)
    return invite_user(new, actor=SYSTEM, password=DEMO_PASSWORD)
