"""Keeping that somebody who rates was shown a Doppler examination after the procedure."""

from collections.abc import Collection
from dataclasses import replace
from uuid import UUID

from trialsite.accounts.actor import actor_of
from trialsite.accounts.models import User
from trialsite.audit.gate import open_gate
from trialsite.audit.write import Told, write_events
from trialsite.protocol.model import Protocol
from visits.outflow import LOOKED, list_unseen


def note_look(user: User, patient_ids: Collection[UUID], protocol: Protocol) -> None:
    """An event for each patient of a randomized phase whose later examination this account is about to be shown for the first time.

    Only of accounts that enter forms by which the arms are compared; whoever entered or signed one, or was shown it before, leaves nothing.
    """
    unseen = list_unseen(user, patient_ids, protocol)
    if not unseen:
        return
    told = [Told(action=LOOKED, subject=replace(row.subject(), revision=None)) for row in unseen]
    with open_gate():
        write_events(told, actor=actor_of(user))
