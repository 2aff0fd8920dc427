"""The people of the synthetic trial, with accounts that were opened as an admin opens them."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from trialsite.accounts.actions import NewAccount, invite_user, record_training
from trialsite.accounts.actor import SYSTEM
from trialsite.accounts.demo_cast import DEMO_PASSWORD, DemoAccount, make_demo_cast
from trialsite.accounts.models import User
from trialsite.accounts.roles import Role
from trialsite.accounts.training import get_standings
from trialsite.lib import clock
from trialsite.protocol.model import Protocol

People = Mapping[Role, User]
Moments = Iterator[datetime]
OPENED_AT = datetime(2010, 6, 1, 13, tzinfo=UTC)  # the first consent form is valid from this day
RENEWED_EVERY = timedelta(days=600)


def open_accounts(protocol: Protocol) -> People:
    """Open every account of the cast; return the first of each role."""
    people: dict[Role, User] = {}
    for account in make_demo_cast(protocol):
        user = _open_account(account)
        people.setdefault(Role(user.roles[0]), user)
    return people


def train_people(protocol: Protocol, now: datetime) -> Moments:
    """Everybody is trained before the first patient comes, and again before a training ends."""
    yield OPENED_AT + timedelta(hours=1)
    while True:
        _record_due(protocol)
        if clock.now() + RENEWED_EVERY > now:
            return
        yield clock.now() + RENEWED_EVERY


def _record_due(protocol: Protocol) -> None:
    for user in User.objects.filter(is_active=True):
        for standing in get_standings(user):
            if standing.lacks or standing.ends_on:
                evidence = f"Synthetic certificate of {user.full_name}"
                record_training(user, standing.course, on=clock.today(), evidence=evidence, actor=SYSTEM)


def _open_account(account: DemoAccount) -> User:
    new = NewAccount(username=account.username, full_name=account.full_name, access=account.access)
    return invite_user(new, actor=SYSTEM, password=DEMO_PASSWORD)
