"""Keeping a patient's records still for as long as one transaction needs: signing, verifying, locking.

Whoever writes a record shares the patient with other writers; whoever marks records wants nobody to write meanwhile. On PostgreSQL both
take advisory locks that end with the transaction; on SQLite every transaction of ours is alone already.

Writers take theirs before anything else they wait for. Who wants stillness asks again and again instead of queuing: a queue
would hold up writers who hold what others need.
"""

import time
from uuid import UUID

from django.db import connection

from trialsite.marks.models import TRIAL

_PATIENCE_S = 10.0
_PAUSE_S = 0.02


class TooBusyError(Exception):
    """Somebody kept writing for longer than anybody waits."""

    def __init__(self) -> None:
        super().__init__("Others are just storing records here. Wait a moment and try again.")


def writers_of(patient_id: UUID | None) -> tuple[int, ...]:
    """The locks that whoever writes a patient's record shares (`trialsite.audit.gate.open_gate`).

    Sharing waits for whoever keeps this patient, or all, still; then it keeps them from starting until the transaction ends.
    """
    return (_number(TRIAL), _number(patient_id or TRIAL))


def keep_still(target: UUID) -> None:
    """Let nobody write records of one patient (or of anybody: `TRIAL`) until this transaction ends."""
    if connection.vendor != "postgresql":
        return
    give_up_at = time.monotonic() + _PATIENCE_S
    while not _ask("SELECT pg_try_advisory_xact_lock(%s)", target):
        if time.monotonic() > give_up_at:
            raise TooBusyError
        time.sleep(_PAUSE_S)


def _ask(sql: str, target: UUID) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(sql, [_number(target)])
        return bool(cursor.fetchone()[0])


def _number(target: UUID) -> int:
    return int.from_bytes(target.bytes[:8], signed=True)
