"""Whether the trail knows every freeze and lock, and every opening of one; and whether none is gone."""

from collections import Counter
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from trialsite.audit.models import AuditEvent
from trialsite.audit.verify import Problem
from trialsite.marks.models import TRIAL, Lock, LockEnd, LockKind

Key = tuple[str, UUID]
_OPENING = {LockKind.FREEZE.value: "thaw", LockKind.LOCK.value: "unlock"}


def verify_locks() -> Iterator[Problem]:
    put = Counter(Lock.objects.order_by().values_list("kind", "target_id"))
    opened = Counter(
        (_OPENING[kind], target)
        for kind, target in LockEnd.objects.order_by().values_list("lock__kind", "lock__target_id")
    )
    yield from _compare(put, tuple(_OPENING))
    yield from _compare(opened, tuple(_OPENING.values()))


def _compare(stored: Counter[Any], actions: tuple[str, ...]) -> Iterator[Problem]:
    events = AuditEvent.objects.filter(action__in=actions).order_by().values_list("action", "record_id")
    told: Counter[Key] = Counter((action, record_id or TRIAL) for action, record_id in events)
    for action, target in sorted({*stored, *told}, key=str):
        now, then = stored[action, target], told[action, target]
        if now != then:
            kind = "inserted" if now > then else "deleted"
            sentence = f'"{action}" is stored {now} times, and the trail tells of {then}'
            yield Problem(kind=kind, place=f"marks on {target}", sentence=sentence)
