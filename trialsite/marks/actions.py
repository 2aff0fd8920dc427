"""Putting marks on records and ending them. Each is one transaction with its audit event."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from uuid import UUID

from trialsite.audit.actor import Actor
from trialsite.audit.gate import open_gate
from trialsite.audit.write import Subject, write_event
from trialsite.marks.models import (
    TRIAL,
    Lock,
    LockEnd,
    LockKind,
    Scope,
    UnlockRefusal,
    UnlockRequest,
    Verification,
    VerificationEnd,
)
from trialsite.marks.selectors import SIGNED, VERIFIED, Mark, get_marks_on, get_verifications
from trialsite.marks.still import keep_still
from trialsite.signatures.actions import void_signatures


class LockedError(Exception):
    """The record is frozen or locked: nobody changes it."""

    def __init__(self, hold: Mark) -> None:
        self.hold = hold
        super().__init__(say_closed(hold.what, hold.label))


class MarkRefusedError(Exception):
    """The mark cannot be put or taken away as things stand; the sentence says why."""


def say_closed(kind: str, label: str) -> str:
    """The sentence that everybody meets who wants to change a frozen or locked record."""
    if kind == LockKind.FREEZE:
        return f"Frozen ({label}): nothing here can be changed now. A data manager can end the freeze."
    return f"Locked ({label}): nothing here can be changed. Data managers can unlock it, two of them, with a reason."


# -- what a change does to marks


def find_marks(targets: Collection[UUID]) -> list[Mark]:
    """The marks on a record about to be written. Raises `LockedError` when one of them closes it."""
    marks = get_marks_on(targets) if targets else []
    hold = next((mark for mark in marks if mark.is_hold), None)
    if hold is not None:
        raise LockedError(hold)
    return marks


def end_marks(
    marks: Iterable[Mark], fields: Collection[str], *, subject: Subject, what: str, actor: Actor
) -> frozenset[UUID]:
    """Take away what a change of `fields` makes untrue: every signature over the record, and the verification of these items.

    Part of the transaction of the change. `what` names the record in the reason. Returns the ids of the marks that ended.
    """
    found = list(marks)
    reason = f"{what}: a value was changed or added."
    signatures = [mark.id for mark in found if mark.what == SIGNED and not subject.is_restricted]
    if signatures:
        void_signatures(signatures, subject=subject, reason=reason, actor=actor)
    verified = [mark.id for mark in found if mark.what == VERIFIED and (not mark.field or mark.field in fields)]
    if verified:
        _end_verifications(Verification.objects.filter(pk__in=verified), subject, reason, actor)
    return frozenset([*signatures, *verified])


# -- verification


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """What is verified: an item of a form as it stands, or with `field` "" the whole form."""

    field: str
    label: str
    digest: str


def verify_items(subject: Subject, items: Iterable[Item], *, actor: Actor) -> list[Verification]:
    """Mark items of one form as compared with the source. The caller keeps the patient still and has checked the values."""
    if subject.patient_id is None or subject.record_id is None or subject.revision is None:
        raise ValueError("only a stored form can be verified")
    about = replace(subject, revision=None)
    made = []
    with open_gate():
        held = {mark.field for mark in get_verifications([subject.record_id])}
        for item in items:
            if item.field in held:
                continue
            write_event("verify", actor=actor, subject=about, detail=f"{item.label}: compared with the source.")
            mark = Verification(
                patient_id=subject.patient_id,
                record_kind=subject.record_kind,
                record_id=subject.record_id,
                revision=subject.revision,
                field=item.field,
                label=item.label,
                digest=item.digest,
                by_username=actor.username,
                by_name=actor.full_name,
            )
            mark.save(force_insert=True)
            made.append(mark)
    return made


def unverify(ids: Collection[UUID], *, subject: Subject, reason: str, actor: Actor) -> None:
    """Take verifications back, with the reason."""
    with open_gate():
        _end_verifications(Verification.objects.filter(pk__in=ids, end=None), subject, reason, actor)


def _end_verifications(marks: Iterable[Verification], subject: Subject, reason: str, actor: Actor) -> None:
    for mark in marks:
        detail = f"{mark.label}: no longer verified."
        write_event("unverify", actor=actor, subject=replace(subject, revision=None), reason=reason, detail=detail)
        VerificationEnd.objects.create(
            verification=mark, reason=reason, by_username=actor.username, by_name=actor.full_name
        )


# -- freeze and lock


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a lock covers. `subject` is of the form, visit or patient; of nothing for the whole trial."""

    scope: Scope
    label: str
    subject: Subject

    @property
    def id(self) -> UUID:
        return self.subject.record_id or TRIAL

    @property
    def keeps_still(self) -> UUID:
        """Whose records stand still while the lock is put: the patient's, or everybody's."""
        return self.subject.patient_id or TRIAL


def put_lock(target: Target, kind: LockKind, *, reason: str, actor: Actor) -> Lock:
    """Close records to every change. What is being written at this moment is stored before, or refused after."""
    with open_gate():
        keep_still(target.keeps_still)
        if Lock.objects.filter(target_id=target.id, kind=kind, end=None).exists():
            raise MarkRefusedError(f"{target.label} is {kind.label.lower()} already.")
        about = replace(target.subject, revision=None)
        write_event(kind.value, actor=actor, subject=about, reason=reason, detail=_said(target.scope, target.label))
        lock = Lock(
            kind=kind,
            scope=target.scope,
            target_id=target.id,
            patient_id=target.subject.patient_id,
            site_code=target.subject.site_code,
            label=target.label,
            reason=reason,
            by_username=actor.username,
            by_name=actor.full_name,
        )
        lock.save(force_insert=True)
    return lock


def thaw(lock: Lock, *, reason: str, actor: Actor) -> LockEnd:
    """End a freeze."""
    with open_gate():
        held = _hold(lock)
        if held.kind != LockKind.FREEZE:
            raise MarkRefusedError("This is a lock, not a freeze: a second person has to open it.")
        return _open(held, None, "thaw", reason, actor)


def ask_unlock(lock: Lock, *, reason: str, actor: Actor) -> UnlockRequest:
    """Ask that a lock be opened. Nothing is open yet."""
    with open_gate():
        held = _hold(lock)
        if held.kind != LockKind.LOCK:
            raise MarkRefusedError("This is a freeze: end it, no second person is needed.")
        if _open_request(held):
            raise MarkRefusedError("Somebody has asked already. Another person than they has to approve it.")
        write_event(
            "ask_unlock", actor=actor, subject=_about(held), reason=reason, detail=_said(held.scope, held.label)
        )
        return UnlockRequest.objects.create(
            lock=held,
            by_user_id=actor.user_id,
            reason=reason,
            by_username=actor.username,
            by_name=actor.full_name,
        )


def unlock(lock: Lock, *, actor: Actor) -> LockEnd:
    """Grant what another person asked for."""
    with open_gate():
        held = _hold(lock)
        request = _request_of_another(held, actor)
        return _open(held, request, "unlock", request.reason, actor)


def decline_unlock(lock: Lock, *, reason: str, actor: Actor) -> UnlockRefusal:
    """Say no to what another person asked for. The lock stays."""
    with open_gate():
        held = _hold(lock)
        request = _request_of_another(held, actor)
        detail = f"{_said(held.scope, held.label)} Asked for by {request.by_name}."
        write_event("decline_unlock", actor=actor, subject=_about(held), reason=reason, detail=detail)
        return UnlockRefusal.objects.create(
            request=request, reason=reason, by_username=actor.username, by_name=actor.full_name
        )


def _open_request(held: Lock) -> UnlockRequest | None:
    """What was asked for and not declined."""
    found: UnlockRequest | None = held.requests.filter(refusal=None).first()
    return found


def _request_of_another(held: Lock, actor: Actor) -> UnlockRequest:
    request = _open_request(held)
    if request is None:
        raise MarkRefusedError("Nobody has asked to unlock this. Ask first, with a reason; another person approves.")
    if request.by_user_id == actor.user_id:
        raise MarkRefusedError("You asked for it yourself. Another person has to approve or decline it.")
    return request


def _hold(lock: Lock) -> Lock:
    """The lock for this transaction alone; refused when somebody has opened it meanwhile."""
    held = Lock.objects.select_for_update().get(pk=lock.pk)
    if LockEnd.objects.filter(lock=held).exists():
        raise MarkRefusedError("This has been opened already.")
    return held


def _open(held: Lock, request: UnlockRequest | None, action: str, reason: str, actor: Actor) -> LockEnd:
    asked = f" Asked for by {request.by_name}." if request else ""
    detail = _said(held.scope, held.label) + asked
    write_event(action, actor=actor, subject=_about(held), reason=reason, detail=detail)
    return LockEnd.objects.create(
        lock=held, request=request, reason=reason, by_username=actor.username, by_name=actor.full_name
    )


def _about(lock: Lock) -> Subject:
    if lock.target_id == TRIAL:
        return Subject()
    return Subject(site_code=lock.site_code, patient_id=lock.patient_id, record_id=lock.target_id)


def _said(scope: str, label: str) -> str:
    return f"{Scope(scope).label}: {label}." if scope != Scope.TRIAL else "The whole trial."
