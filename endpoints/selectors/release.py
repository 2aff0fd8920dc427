"""The release of the arms: what it asks for, how it stands, and whether it happened."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection

from endpoints.code_version import get_code_version
from endpoints.models import Release, ReleaseRequest
from endpoints.selectors.analysis_sets import Fixing, analysis_sets_fixed
from enrollment.selectors.commitment import get_commitments
from trialsite.marks.models import TRIAL, Lock, LockKind
from trialsite.protocol.model import Protocol


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that must hold before arms are opened; `todo` says what to do while it does not."""

    what: str
    is_met: bool
    todo: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What a release rests on, as it stands now."""

    lock: Lock | None
    sets: Fixing | None
    commitments: dict[str, str]
    randomized: frozenset[str]

    @property
    def conditions(self) -> list[Condition]:
        missing = sorted(self.randomized - set(self.commitments))
        return [
            Condition(
                "The whole trial is locked",
                self.lock is not None,
                "A data manager locks the whole trial (Locks, Freeze or lock the whole trial).",
            ),
            Condition(
                "The analysis sets are fixed, and the records still give the same",
                self.sets is not None,
                "The statistician fixes them on the page Analysis sets.",
            ),
            Condition(
                "The commitment to every allocation list is published",
                not missing,
                f"Not published for phase {' and '.join(missing)}: no list is sealed there.",
            ),
        ]

    @property
    def is_ready(self) -> bool:
        return all(condition.is_met for condition in self.conditions)


def get_ground(protocol: Protocol, *, lock: Lock | None = None) -> Ground:
    """What holds now; `lock` is the lock of the trial where the caller holds its row."""
    return Ground(
        lock=lock or find_trial_lock(),
        sets=analysis_sets_fixed(),
        commitments={str(one.phase_number): one.sha256 for one in get_commitments()},
        randomized=frozenset(str(phase.number) for phase in protocol.phases if phase.is_randomized),
    )


def find_trial_lock(*, holds_row: bool = False) -> Lock | None:
    """The lock of the whole trial that nobody opened. With `holds_row` it cannot be opened before the transaction ends."""
    locks = Lock.objects.filter(target_id=TRIAL, kind=LockKind.LOCK, end=None)
    if holds_row and connection.features.has_select_for_update_of:
        locks = locks.select_for_update(of=("self",))
    return locks.order_by("appended_at").first()


def get_release() -> Release | None:
    """The release, if it happened. One query; asked for the statistician alone."""
    return Release.objects.select_related("request").first()


def get_open_request() -> ReleaseRequest | None:
    """What was asked for and neither confirmed nor declined."""
    return ReleaseRequest.objects.filter(release=None, refusal=None).first()


def list_declined() -> list[ReleaseRequest]:
    return list(ReleaseRequest.objects.exclude(refusal=None).select_related("refusal"))


def list_what_changed(request: ReleaseRequest, ground: Ground, protocol: Protocol) -> Iterator[str]:
    """Why what was asked for is not what would be opened now."""
    if ground.lock is None or ground.lock.pk != request.lock_id:
        yield "The lock of the trial was opened since."
    if ground.sets is None or ground.sets.sha256 != request.sets_sha256:
        yield "The analysis sets are no longer those that were fixed."
    if ground.commitments != request.commitments:
        yield "Another list was sealed since."
    if protocol.digest != request.protocol_sha256:
        yield "The protocol file changed since."
    if get_code_version() != request.code_version:
        yield "The code that computes the reports changed since."
