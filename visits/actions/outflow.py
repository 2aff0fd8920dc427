"""Keeping that somebody who rates was shown a Doppler examination after the procedure."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.db.models import Q

from trialsite.accounts.actor import actor_of
from trialsite.accounts.models import User
from trialsite.audit.gate import open_gate
from trialsite.audit.write import Told, write_events
from trialsite.protocol.model import Protocol
from visits.crfs.doppler.form import DOPPLER
from visits.outflow import EXAMINATION, LOOKED, list_unseen

_ROWS: Any = DOPPLER.grid.model if DOPPLER.grid else DOPPLER.model
KINDS = frozenset({EXAMINATION, str(_ROWS._meta.label_lower)})
"""The kinds of records in which an examination is kept: the form, and its rows."""


def note_patient(user: User, patient_id: UUID, protocol: Protocol) -> None:
    """As `note_records`, for a page that shows whatever examinations there are of a patient."""
    _note(user, Q(patient_id=patient_id), protocol)


def note_visit(user: User, visit_id: UUID, protocol: Protocol) -> None:
    """As `note_records`, for a page that shows what is stored at a visit."""
    _note(user, Q(visit_id=visit_id), protocol)


def note_records(user: User, record_ids: Collection[UUID], protocol: Protocol) -> None:
    """An event for each patient of a randomized phase whose later examination this account is about to be shown for the first time.

    `record_ids` are examinations, or rows of them. Only of accounts that enter forms by which the arms are compared; whoever entered or signed
    one, or was shown it before, leaves nothing.
    """
    if record_ids:
        of_rows = _ROWS._base_manager.filter(pk__in=record_ids).order_by().values("parent_id")
        _note(user, Q(pk__in=record_ids) | Q(pk__in=of_rows), protocol)


def _note(user: User, shown: Q, protocol: Protocol) -> None:
    unseen = list_unseen(user, shown, protocol)
    if not unseen:
        return
    told = [Told(action=LOOKED, subject=replace(row.subject(), revision=None)) for row in unseen]
    with open_gate():
        write_events(told, actor=actor_of(user))
