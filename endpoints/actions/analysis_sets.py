"""Fixing who is analyzed in which set, before the arms are opened."""

from uuid import uuid4

from endpoints.selectors.analysis_sets import ACTION, DIGEST, KIND, get_analysis_sets, list_fixings
from enrollment.refusal import RefusedError
from trialsite.accounts.actor import actor_of
from trialsite.accounts.models import User
from trialsite.audit.gate import open_gate
from trialsite.audit.models import AuditEvent
from trialsite.audit.write import Subject, write_event
from trialsite.lib.findings import hard
from trialsite.protocol.model import Protocol

CHANGED = "The records changed since this page was opened. Look at the sets again, then fix them."
NOBODY = "Nobody was drawn yet, so there are no sets to fix."


def fix_analysis_sets(user: User, protocol: Protocol, *, shown: str, note: str) -> AuditEvent:
    """Keep the sets as they stand, as an event that names every patient in them. Raises `RefusedError` where they are not those of digest `shown`."""
    with open_gate():
        found = get_analysis_sets(protocol)
        if not found.sets:
            raise RefusedError([hard("analysis_sets_empty", "", NOBODY)])
        if found.sha256 != shown:
            raise RefusedError([hard("analysis_sets_changed", "", CHANGED)])
        before = next((dict(one.sets) for one in list_fixings(protocol)), {})
        changes = {name: (before.get(name), numbers) for name, numbers in found.sets.items()}
        counts = ", ".join(f"{name} {len(numbers)}" for name, numbers in found.sets.items())
        return write_event(
            ACTION,
            actor=actor_of(user),
            subject=Subject(record_kind=KIND, record_id=uuid4()),
            reason=note,
            detail=f"{counts}; SHA-256 {found.sha256}.",
            changes={**changes, DIGEST: (None, found.sha256)},
        )
