"""The other end of a `trialsite.proof.service.Service`: a process that answers questions with the settings it was started with."""

from collections.abc import Mapping
from contextlib import ExitStack
from multiprocessing.connection import Connection
from uuid import UUID

from enrollment.vault.twin import Exchanged, holding_commitments
from trialsite.accounts.models import User
from trialsite.management.makers import MAKERS
from trialsite.proof.asking import People, ask
from trialsite.proof.worlds import standing_still


def answer_on(handle: int) -> None:
    """Answer what comes on an inherited connection: the moment at which everything stands still and the accounts that ask, then one question
    after the other, and how the arms were exchanged meanwhile; None ends it. Whatever the answers store is rolled back, the sign-ins stay.
    """
    line = Connection(handle)
    moment, accounts = line.recv()
    with standing_still(moment, MAKERS), ExitStack() as held:
        people = People(_find(accounts))
        line.send(people.at_home)
        while (told := line.recv()) is not None:
            if isinstance(told, Exchanged):
                held.enter_context(holding_commitments(told))
            else:
                line.send(ask(people, told))


def _find(accounts: Mapping[str, UUID]) -> dict[str, User]:
    return {name: User.objects.get(pk=key) for name, key in accounts.items()}
