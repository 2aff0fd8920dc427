"""The end of a casebook: the monitor compares it with the source, the investigator signs it, and the data manager locks the first ones."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from trialsite.accounts.actor import actor_of
from trialsite.accounts.roles import Role
from trialsite.demo.desk import Desk
from trialsite.demo.stage import Stage
from trialsite.lib import clock
from trialsite.marks.actions import put_lock
from trialsite.marks.models import LockKind
from visits.actions.marks import MEANINGS, WHOLE_FORM, Claim, sign_reach, verifiable_items, verify_reach
from visits.crfs.registry import CRFS
from visits.reach import read_content
from visits.views.loaders import make_casebook_reach

DEFINITIONS = [definition for definition in CRFS.values() if not definition.is_restricted]
_SETTLED = timedelta(days=30)
_LOCKED = 2  # of those that are verified and signed


def close_casebook(desk: Desk, stage: Stage, n: int) -> Iterator[datetime]:
    """Every second casebook is signed, every fourth verified before; the first few of these are locked."""
    if n % 2:
        return
    yield clock.now() + _SETTLED
    if n % 4 == 0:
        _verify(desk, stage)
    yield clock.now() + timedelta(days=1)
    _sign(desk, stage)
    if n % 4 == 0 and n < 4 * _LOCKED:
        yield clock.now() + timedelta(days=14)
        reach = make_casebook_reach(desk.patient)
        put_lock(reach.target, LockKind.LOCK, reason="", actor=actor_of(stage.people[Role.DATA_MANAGER]))


def _verify(desk: Desk, stage: Stage) -> None:
    reach = make_casebook_reach(desk.patient)
    forms = [form for form in read_content(reach, DEFINITIONS).forms if form.record.is_complete]
    claims = [
        Claim(form.record.pk, WHOLE_FORM, verifiable_items(form, desk.protocol)[WHOLE_FORM].digest) for form in forms
    ]
    verify_reach(reach, DEFINITIONS, claims, protocol=desk.protocol, actor=actor_of(stage.people[Role.MONITOR]))


def _sign(desk: Desk, stage: Stage) -> None:
    reach = make_casebook_reach(desk.patient)
    content = read_content(reach, DEFINITIONS)
    if content.drafts:
        return
    sign_reach(
        reach,
        DEFINITIONS,
        shown_digest=content.digest,
        meaning=MEANINGS["review"],
        protocol=desk.protocol,
        actor=actor_of(stage.investigator),
    )
