"""The chains of the trail: every event is bound by its digest to the one before it, so that no later hand can change, take away, add or move one.

Each patient has a chain, and one serves everything else. Restricted events have chains of their own beside these: in the chains that blinded people
may be shown nothing is missing, whatever happened in the procedure room. A transaction binds its events at its very end, all chains in one order,
so that it holds a chain for a moment only and two transactions never wait for each other in a circle. See docs/decisions/0006.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import UTC
from functools import cache
from typing import Any

from trialsite.audit.models import AuditChain, AuditEntry, AuditEvent, AuditLink
from trialsite.lib.prepared import Place, Prepared, insert

GENERAL = "general"
RESTRICTED = "/restricted"
FORMAT, SALTED = 1, 2  # of the canonical text; a change of `canonical_text` takes another number

Written = tuple[AuditEvent, Sequence[AuditEntry]]


def chain_of(event: AuditEvent) -> str:
    """The name of the chain an event belongs to."""
    name = str(event.patient_id) if event.patient_id else GENERAL
    return name + RESTRICTED if event.is_restricted else name


def canonical_text(
    event: AuditEvent, entries: Iterable[AuditEntry], *, chain: str, position: int, previous: str
) -> str:
    """Everything an event says, with its place, as text that is the same wherever and whenever it is written."""
    told: list[Any] = [
        SALTED if event.salt else FORMAT,
        chain,
        position,
        previous,
        str(event.public_id),
        event.at.astimezone(UTC).isoformat(timespec="microseconds"),
        event.action,
        [event.actor_id, event.actor_username, event.actor_name, event.actor_roles],
        event.reason,
        event.detail,
        [event.site_code, _id(event.patient_id), event.visit_label],
        [event.record_kind, _id(event.record_id), event.revision],
        event.is_restricted,
        [[_id(entry.record_id), entry.field, entry.old, entry.new] for entry in entries],
        *([event.salt] if event.salt else []),
    ]
    return json.dumps(told, ensure_ascii=True, separators=(",", ":"))


def compute_digest(
    event: AuditEvent, entries: Iterable[AuditEntry], *, chain: str, position: int, previous: str
) -> str:
    """SHA-256 of `canonical_text`, in hexadecimal."""
    text = canonical_text(event, entries, chain=chain, position=position, previous=previous)
    return hashlib.sha256(text.encode()).hexdigest()


def bind(written: Sequence[Written]) -> None:
    """Add events, in the order they were written, to their chains. The database moves the heads (`trialsite.audit.guards`)."""
    if not written:
        return
    heads = {head.name: (head.position, head.digest) for head in _lock({chain_of(event) for event, _ in written})}
    links = []
    for event, entries in written:
        name = chain_of(event)
        position, previous = heads[name][0] + 1, heads[name][1]
        digest = compute_digest(event, entries, chain=name, position=position, previous=previous)
        links.append(
            AuditLink(event_id=event.pk, chain=name, position=position, previous_digest=previous, digest=digest)
        )
        heads[name] = (position, digest)
    insert(links)


@cache
def _locking(count: int) -> Prepared:
    places = [Place(f"name_{at}", AuditChain._meta.get_field("name")) for at in range(count)]
    return Prepared(lambda: AuditChain.objects.select_for_update().filter(name__in=places).order_by("name"))


def _lock(names: set[str]) -> list[AuditChain]:
    """The heads of some chains, locked in the order of their names until the transaction ends; a new chain begins with position 0."""
    wanted = {f"name_{at}": name for at, name in enumerate(sorted(names))}
    found: list[AuditChain] = _locking(len(wanted)).ask(**wanted)
    if len(found) < len(names):
        # Another transaction may begin the same chain at this moment; one of the two is ignored.
        AuditChain.objects.bulk_create([AuditChain(name=name) for name in sorted(names)], ignore_conflicts=True)
        found = _locking(len(wanted)).ask(**wanted)
    return found


def _id(value: Any) -> str:
    return "" if value is None else str(value)
