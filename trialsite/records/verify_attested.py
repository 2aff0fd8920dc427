"""Whether what people signed and verified is what the records said then, and what they say still.

The trail of each patient is read once, oldest event first. At each signature and each verification the digest is computed anew from the
records as they stood at that event; at the end, those that still count are held against the records as they stand now.
"""

import json
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from uuid import UUID

from trialsite.audit.entries import get_entries
from trialsite.audit.models import AuditEntry, AuditEvent
from trialsite.audit.verify import Problem
from trialsite.lib.batches import SIZE, batches
from trialsite.marks.models import Scope, Verification
from trialsite.records.critical import digest_of_parts
from trialsite.records.replay import Replay
from trialsite.signatures.actions import FIELD
from trialsite.signatures.models import ELIGIBILITY, Signature, SignedRecord

VERIFIED, UNVERIFIED = "{}: compared with the source.", "{}: no longer verified."


def verify_attested() -> Iterator[Problem]:
    """All problems, at most one for each signature and each verification."""
    signed = Signature.objects.order_by().values_list("patient_id", flat=True).distinct()
    verified = Verification.objects.order_by().values_list("patient_id", flat=True).distinct()
    for patient_id in sorted({pk for pk in (*signed, *verified) if pk is not None}, key=str):
        yield from _Patient(patient_id).verify()


class _Patient:
    def __init__(self, patient_id: UUID) -> None:
        self.patient_id = patient_id
        mine = Signature.objects.filter(patient_id=patient_id)
        self.signatures = {str(one.pk): one for one in mine.select_related("end").prefetch_related("records")}
        self.verifications: dict[tuple[UUID, str], deque[Verification]] = defaultdict(deque)
        for mark in Verification.objects.filter(patient_id=patient_id).select_related("end").order_by("appended_at"):
            self.verifications[mark.record_id, VERIFIED.format(mark.label)].append(mark)
        self.replay = Replay()
        self.signed_at: dict[str, int] = {}
        self.born: dict[UUID, int] = {}
        self.held: list[Verification] = []
        self.ended: dict[str, int] = defaultdict(int)
        self.named: set[str] = set()

    def verify(self) -> Iterator[Problem]:
        for event, entries in self._read():
            yield from self._look_at(event, entries)
            self.replay.take(event, entries)
            if event.revision and event.record_id and not event.is_restricted:
                self.born.setdefault(event.record_id, event.pk)
        yield from self._check_signatures_now()
        yield from self._check_verifications_now()

    def _read(self) -> Iterator[tuple[AuditEvent, Sequence[AuditEntry]]]:
        events = AuditEvent.objects.filter(patient_id=self.patient_id).order_by("id")
        for batch in batches(events.iterator(chunk_size=SIZE)):
            entries = get_entries(batch)
            for event in batch:
                yield event, entries[event.pk]

    def _look_at(self, event: AuditEvent, entries: Iterable[AuditEntry]) -> Iterator[Problem]:
        if event.action == "sign":
            for entry in entries:
                if entry.field == FIELD:
                    yield from self._check_signature(str(json.loads(entry.new)["id"]), event)
        elif event.action == "verify" and event.record_id:
            yield from self._check_verification(event, event.record_id)
        elif event.action == "unverify":
            self.ended[event.detail] += 1

    # -- signatures

    def _check_signature(self, signature_id: str, event: AuditEvent) -> Iterator[Problem]:
        """At the event of its giving. A row that is gone is named elsewhere (`trialsite.signatures.verify`)."""
        signature = self.signatures.get(signature_id)
        if signature is None:
            return
        self.signed_at[signature_id] = event.pk
        yield from self._name(f"signature {signature_id}", "altered", self._find_unlike(signature))

    def _find_unlike(self, signature: Signature) -> Iterator[str]:
        if signature.scope == ELIGIBILITY:
            told = self.replay.records.get(signature.record_id)
            if told is None or told.revision != signature.revision:
                yield f"it is bound to revision {signature.revision} of {signature.record_kind}, which did not exist then"
            return
        parts = list(signature.records.all())
        if (
            digest_of_parts((one.record_kind, one.record_id, one.revision, one.digest) for one in parts)
            != signature.digest
        ):
            yield "the list of the records it covers was altered: it does not give the digest that was signed"
        for part in parts:
            yield from self._compare(part)

    def _compare(self, part: SignedRecord) -> Iterator[str]:
        told = self.replay.records.get(part.record_id)
        if told is None or told.revision != part.revision:
            stands = f"at revision {told.revision}" if told else "not stored"
            yield f"it is bound to revision {part.revision} of {_name_of(part)}, which is {stands}"
        elif self.replay.digest_of(part.record_id) != part.digest:
            yield f"{_name_of(part)} at revision {part.revision} does not give the digest that was signed"

    def _check_signatures_now(self) -> Iterator[Problem]:
        for signature_id, signature in self.signatures.items():
            if signature_id in self.signed_at and signature.scope != ELIGIBILITY and not hasattr(signature, "end"):
                yield from self._name(f"signature {signature_id}", "stale", self._find_later(signature))

    def _find_later(self, signature: Signature) -> Iterator[str]:
        """What should have made it void."""
        for part in signature.records.all():
            for sentence in self._compare(part):
                yield f"it still counts, but {sentence}"
        since = self.signed_at[str(signature.pk)]
        for record_id, event_id in self.born.items():
            if event_id > since and self._lies_inside(record_id, signature):
                yield f"it still counts, but {self.replay.records[record_id].kind} {record_id} was added afterwards"

    def _lies_inside(self, record_id: UUID, signature: Signature) -> bool:
        told = self.replay.records[record_id]
        if signature.scope == Scope.CASEBOOK:
            return told.is_content
        return signature.scope == Scope.VISIT and told.values.get("visit") == str(signature.record_id)

    # -- verifications

    def _check_verification(self, event: AuditEvent, record_id: UUID) -> Iterator[Problem]:
        waiting = self.verifications[record_id, event.detail]
        if not waiting:
            place = f"verification of {record_id}"
            yield Problem(
                kind="deleted", place=place, sentence=f'the trail tells "{event.detail}", and the mark is gone'
            )
            return
        mark = waiting.popleft()
        self.held.append(mark)
        told = self.replay.records.get(record_id)
        if told is None or told.revision != mark.revision:
            unlike = f"it is bound to revision {mark.revision}, which did not exist then"
        else:
            same = self.replay.digest_of_item(record_id, mark.field) == mark.digest
            unlike = "" if same else "the value does not give the digest that was verified"
        yield from self._name(_place_of(mark), "altered", [unlike] if unlike else [])

    def _check_verifications_now(self) -> Iterator[Problem]:
        for mark in self.held:
            if hasattr(mark, "end"):
                self.ended[UNVERIFIED.format(mark.label)] -= 1
            elif self.replay.digest_of_item(mark.record_id, mark.field) != mark.digest:
                yield from self._name(_place_of(mark), "stale", ["it still counts, but the value is another now"])
        for waiting in self.verifications.values():
            for mark in waiting:
                yield Problem(
                    kind="inserted", place=_place_of(mark), sentence="the trail knows of no such verification"
                )
        for detail, count in self.ended.items():
            if count:
                kind = "deleted" if count > 0 else "inserted"
                sentence = f'"{detail}" stands {abs(count)} times {"more" if count > 0 else "less"} in the trail than ends are stored'
                yield Problem(kind=kind, place=f"verifications of patient {self.patient_id}", sentence=sentence)

    def _name(self, place: str, kind: str, sentences: Iterable[str]) -> Iterator[Problem]:
        """The first problem of each mark."""
        sentence = next(iter(sentences), "")
        if sentence and place not in self.named:
            self.named.add(place)
            yield Problem(kind=kind, place=place, sentence=sentence)


def _name_of(part: SignedRecord) -> str:
    return f"{part.record_kind} {part.record_id}"


def _place_of(mark: Verification) -> str:
    return f"verification {mark.pk} ({mark.label})"
