"""Whether the trail is what was written: walks every chain and names the first entry that was altered, deleted, inserted or moved.

What it cannot see from the database alone is a chain that was computed anew from some place on, or cut with its head: for that, heads are kept
in a file elsewhere (`read_heads`) and verified against.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from django.db.models import Exists, OuterRef, QuerySet

from trialsite.audit.chain import chain_of, compute_digest
from trialsite.audit.entries import get_entries
from trialsite.audit.models import AuditChain, AuditEntry, AuditEvent, AuditLink, NotedWords, RestrictedValues
from trialsite.lib.batches import SIZE, batches

Head = tuple[int, str]
Heads = Mapping[str, Head]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that is not as it was written. `kind` is altered, deleted, inserted, moved, cut or rewritten; stale: it should have ended;
    or unproven: nothing is left that it could be held against."""

    kind: str
    place: str
    sentence: str


@dataclass(frozen=True, slots=True)
class _Step:
    """One link with what it binds; the event is None when it is gone."""

    link: AuditLink
    event: AuditEvent | None
    entries: Sequence[AuditEntry]

    def digest_at(self, position: int, previous: str) -> str:
        if self.event is None or chain_of(self.event) != self.link.chain:
            return ""
        return compute_digest(self.event, self.entries, chain=self.link.chain, position=position, previous=previous)


def get_heads() -> dict[str, Head]:
    """Chain name -> (number of its last entry, digest)."""
    return {head.name: (head.position, head.digest) for head in AuditChain.objects.all()}


def verify_chains(heads: Heads, kept: Heads) -> Iterator[Problem]:
    """All problems of the chains, at most one each. `heads` were read before; `kept` come from a file, or are empty."""
    seen: set[str] = set()
    for name, steps in groupby(_read(AuditLink.objects.order_by("chain", "position")), lambda step: step.link.chain):
        seen.add(name)
        yield from _verify_chain(name, steps, heads.get(name, (0, "")), kept.get(name))
    for name in sorted({*heads, *kept} - seen):
        last = max(heads.get(name, (0, ""))[0], kept.get(name, (0, ""))[0])
        if last:
            yield _problem("cut", name, 1, f"all {last} entries of the chain were deleted")


def find_unbound() -> Iterator[Problem]:
    """Events and values that were added past the chains, the first of each chain."""
    named: set[str] = set()
    for event in AuditEvent.objects.filter(link__isnull=True).order_by("id").iterator():
        if chain_of(event) not in named:
            named.add(chain_of(event))
            sentence = f"{_describe(event)} was inserted: it has no place in the chain"
            yield Problem(kind="inserted", place=f"chain {chain_of(event)}", sentence=sentence)
    for table in (RestrictedValues, NotedWords):
        if added := table._default_manager.exclude(event__in=AuditEvent.objects.filter(is_restricted=True)).first():
            sentence = f"values were put to the event {added.event_id}, which is not restricted or not there"
            yield Problem(kind="inserted", place=f"record {added.record_id}", sentence=sentence)
    lost = AuditEntry.objects.filter(~Exists(AuditEvent.objects.filter(pk=OuterRef("event_id")))).first()
    if lost:
        sentence = f"the event of the value of {lost.field} (entry {lost.pk}) was deleted"
        yield Problem(kind="deleted", place=f"record {lost.record_id}", sentence=sentence)


def _read(links: QuerySet[AuditLink]) -> Iterator[_Step]:
    for batch in batches(links.iterator(chunk_size=SIZE)):
        ids = [link.event_id for link in batch]
        events = AuditEvent.objects.in_bulk(ids)
        entries = get_entries(events.values())
        for link in batch:
            yield _Step(link, events.get(link.event_id), entries.get(link.event_id, []))


def _verify_chain(name: str, steps: Iterator[_Step], head: Head, kept: Head | None) -> Iterator[Problem]:
    last: Head = (0, "")
    for step in steps:
        position, previous = last[0] + 1, last[1]
        is_sound = step.link.position == position and step.link.previous_digest == previous
        if not is_sound or step.link.digest != step.digest_at(position, previous):
            yield _explain(name, step, position, previous)
            return
        last = (position, step.link.digest)
        if (problem := _differs(name, last, kept, "the file of heads")) or (
            problem := _differs(name, last, head, "the head of the chain")
        ):
            yield problem
            return
    for known, source in ((head, "the head of the chain"), (kept, "the file of heads")):
        if known and known[0] > last[0]:
            sentence = f"entries {last[0] + 1} to {known[0]}, which {source} knows, were deleted"
            yield _problem("cut", name, last[0] + 1, sentence)
            return


def _differs(name: str, found: Head, known: Head | None, source: str) -> Problem | None:
    if known is None or known[0] != found[0] or known[1] == found[1]:
        return None
    sentence = f"{source} knows another digest of entry {found[0]}: this entry or one before it was rewritten"
    return _problem("rewritten", name, found[0], sentence)


def _explain(name: str, step: _Step, position: int, previous: str) -> Problem:
    """What happened at the first place that is not sound."""
    link, chain = step.link, AuditLink.objects.filter(chain=name)
    if link.position > position:
        return _problem(
            "deleted", name, position, f"entry {position} was deleted; the next one kept is entry {link.position}"
        )
    if step.event is None:
        return _problem("deleted", name, position, f"entry {position} was deleted; only its link is left")
    if link.previous_digest != previous:
        return _explain_link(name, step, position, previous)
    if (home := _find_home(step, chain)) is not None:
        return _problem("moved", name, position, f"{_describe(step.event)} was moved here from place {home}")
    return _problem("altered", name, position, f"{_describe(step.event)} was altered")


def _explain_link(name: str, step: _Step, position: int, previous: str) -> Problem:
    chain = AuditLink.objects.filter(chain=name)
    anchor = chain.filter(digest=step.link.previous_digest, position__lt=position - 1).first()
    if anchor or (position > 1 and not step.link.previous_digest):
        first = anchor.position + 1 if anchor else 1
        inserted = next(_read(chain.filter(position=first)))
        what = _describe(inserted.event) if inserted.event else f"entry {first}"
        return _problem("inserted", name, first, f"{what} was inserted")
    other = chain.filter(previous_digest=previous).exclude(position=position).first()
    if other:
        return _problem("moved", name, position, f"the entry that belongs here stands at place {other.position}")
    return _problem("deleted", name, position, f"an entry that stood here was deleted, before {_describe(step.event)}")


def _find_home(step: _Step, chain: QuerySet[AuditLink]) -> int | None:
    """Where in the chain an event belongs that stands in the place of another."""
    for link in chain.order_by("position").iterator(chunk_size=SIZE):
        if link.digest == step.digest_at(link.position, link.previous_digest):
            return link.position
    return None


def _problem(kind: str, name: str, position: int, sentence: str) -> Problem:
    return Problem(kind=kind, place=f"chain {name}, entry {position}", sentence=sentence)


def _describe(event: AuditEvent | None) -> str:
    if event is None:
        return "an event"
    about = f" {event.record_kind}" if event.record_kind else ""
    return f'"{event.action}"{about} by {event.actor_username} at {event.at:%Y-%m-%d %H:%M:%S} UTC (event {event.pk})'
