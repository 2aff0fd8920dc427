"""Opening the arms for analysis: one person asks, another confirms, and both type their password at that moment."""

from collections.abc import Iterable, Iterator

from django.db import IntegrityError

from endpoints.actions.snapshot import make_snapshot
from endpoints.code_version import get_code_version
from endpoints.models import Release, ReleaseRefusal, ReleaseRequest
from endpoints.selectors.release import (
    Ground,
    find_trial_lock,
    get_ground,
    get_open_request,
    get_release,
    list_what_changed,
)
from enrollment.refusal import RefusedError
from trialsite.accounts.actor import actor_of
from trialsite.accounts.models import User
from trialsite.audit.gate import open_gate
from trialsite.audit.write import write_event
from trialsite.lib.findings import hard
from trialsite.protocol.model import Protocol

DONE = "The arms were released already."
WAITS = "Somebody has asked already. Another person confirms or declines it."
NOBODY_ASKED = "Nobody asks for a release now."
OWN = "You asked for it yourself. Another person has to confirm or decline it."


def ask_release(user: User, protocol: Protocol, *, reason: str) -> ReleaseRequest:
    """Freeze the locked trial and ask for its arms. The caller has asked for the password again.

    Raises `RefusedError` with everything that is not as it must be, and `VaultRefusedError` where no snapshot can be made. Call it outside of
    any transaction.
    """
    _refuse_unready(get_ground(protocol))
    snapshot = make_snapshot(user, "For the release")
    with open_gate():
        ground = _hold_ground(protocol)
        if ground.lock is None or ground.sets is None or ground.lock.appended_at > snapshot.appended_at:
            raise _refused(["The trial was opened and locked again at this moment. Ask once more."])
        made = ReleaseRequest.objects.create(
            reason=reason,
            lock_id=ground.lock.pk,
            snapshot_id=snapshot.pk,
            snapshot_serial=snapshot.serial,
            snapshot_sha256=snapshot.sha256,
            sets_sha256=ground.sets.sha256,
            protocol_sha256=protocol.digest,
            commitments=ground.commitments,
            code_version=get_code_version(),
            **_by(user),
        )
        write_event("ask_release", actor=actor_of(user), reason=reason, detail=_say(made))
    return made


def confirm_release(user: User, protocol: Protocol, *, shown: str) -> Release:
    """Open the arms that another person asked for. `shown` is the id of the request the page showed. The caller has asked for the password again."""
    try:
        with open_gate():
            ground = _hold_ground(protocol)
            request = _request_of_another(user, shown)
            if changed := list(list_what_changed(request, ground, protocol)):
                raise _refused([*changed, "Decline it, and have it asked for again."])
            made = Release.objects.create(request=request, **_by(user))
            detail = f"Asked for by {request.by_name}. {_say(request)}"
            write_event("confirm_release", actor=actor_of(user), reason=request.reason, detail=detail)
    except IntegrityError:
        raise _refused([DONE]) from None
    return made


def decline_release(user: User, *, shown: str, reason: str) -> ReleaseRefusal:
    """Say no to what another person asked for."""
    try:
        with open_gate():
            find_trial_lock(holds_row=True)
            request = _request_of_another(user, shown)
            detail = f"Asked for by {request.by_name}."
            write_event("decline_release", actor=actor_of(user), reason=reason, detail=detail)
            return ReleaseRefusal.objects.create(request=request, reason=reason, **_by(user))
    except IntegrityError:
        raise _refused([NOBODY_ASKED]) from None


def _hold_ground(protocol: Protocol) -> Ground:
    """The conditions, with the lock of the trial held, so that it cannot be opened meanwhile and two people follow each other."""
    ground = get_ground(protocol, lock=find_trial_lock(holds_row=True))
    if get_open_request() is None:
        _refuse_unready(ground)
    return ground


def _refuse_unready(ground: Ground) -> None:
    if get_release() is not None:
        raise _refused([DONE])
    if get_open_request() is not None:
        raise _refused([WAITS])
    if not ground.is_ready:
        raise _refused([condition.todo for condition in ground.conditions if not condition.is_met])


def _request_of_another(user: User, shown: str) -> ReleaseRequest:
    request = get_open_request()
    if request is None or str(request.pk) != shown:
        raise _refused([DONE if get_release() else NOBODY_ASKED])
    if request.by_user_id == str(user.pk):
        raise _refused([OWN])
    return request


def _by(user: User) -> dict[str, str]:
    return {"by_user_id": str(user.pk), "by_username": user.username, "by_name": user.full_name}


def _say(request: ReleaseRequest) -> str:
    return ". ".join([*_stamps(request), ""]).strip()


def _stamps(request: ReleaseRequest) -> Iterator[str]:
    yield f"Snapshot {request.snapshot_serial}, SHA-256 {request.snapshot_sha256}"
    for phase, sha256 in sorted(request.commitments.items()):
        yield f"List of phase {phase}, SHA-256 {sha256}"
    yield f"Analysis sets, SHA-256 {request.sets_sha256}"
    yield f"Code {request.code_version}"


def _refused(sentences: Iterable[str]) -> RefusedError:
    return RefusedError([hard("release", "", sentence) for sentence in sentences])
