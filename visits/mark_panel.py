"""What people attested of a form, a visit or a casebook, as a page shows it: the signatures, the holds, and the ways to add to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse

from trialsite.accounts.models import User
from trialsite.accounts.roles import Permission
from trialsite.marks.actions import say_closed
from trialsite.marks.models import Lock, LockKind, Scope
from trialsite.marks.selectors import Marks, get_holds
from trialsite.signatures.models import Signature, SignatureEnd
from trialsite.signatures.selectors import get_manifest
from visits.reach import Reach

_BEFORE_A_LOCK = (Permission.VERIFY_DATA, Permission.SIGN_RECORDS)
_ADDRESS = {Scope.FORM: "form", Scope.VISIT: "visit", Scope.CASEBOOK: "casebook", Scope.TRIAL: "trial"}


@dataclass(frozen=True, slots=True)
class SignatureLine:
    """One signature of the manifest; `end` is why it is void."""

    signature: Signature
    end: SignatureEnd | None

    @property
    def roles(self) -> str:
        return self.signature.signer_roles.replace("_", " ").replace(",", ", ")

    @property
    def scope(self) -> str:
        return Scope(self.signature.scope).label


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkPanel:
    """`steps` are (words, address) of what this person may do; `holds` what keeps the records closed."""

    steps: Sequence[tuple[str, str]]
    signatures: Sequence[SignatureLine]
    holds: Sequence[Lock]
    shows_hold_links: bool = False
    template: str = "visits/_marks.html"

    @property
    def is_empty(self) -> bool:
        return not (self.steps or self.signatures or self.holds)

    @property
    def closed_because(self) -> str:
        """The sentence of the firmest hold; "" while the records are open."""
        firmest = min(self.holds, key=lambda lock: lock.kind != LockKind.LOCK, default=None)
        return say_closed(firmest.kind, firmest.label) if firmest else ""


def make_panel(reach: Reach, marks: Marks, user: User) -> MarkPanel:
    """One query, and one more where something is closed. Holds and signatures of whatever covers the reach are its own too."""
    ids = reach.covering_ids
    holds = get_holds(ids) if any(mark.is_hold for mark in marks.on(*ids)) else []
    return MarkPanel(
        steps=_steps(reach, user, is_locked=any(hold.kind == LockKind.LOCK for hold in holds)),
        signatures=present_signatures(get_manifest(ids)) if user.may(Permission.VIEW_PATIENTS) else (),
        holds=holds,
        shows_hold_links=user.may(Permission.FREEZE_DATA),
    )


def present_signatures(signatures: Sequence[Signature]) -> list[SignatureLine]:
    return [SignatureLine(one, getattr(one, "end", None)) for one in signatures]


def _steps(reach: Reach, user: User, *, is_locked: bool) -> list[tuple[str, str]]:
    """Nobody signs, verifies or locks what is not stored yet, nor signs or verifies what is locked."""
    if reach.record is None or not reach.record.revision:
        return []
    name = _ADDRESS[reach.scope]
    steps = (
        (Permission.VERIFY_DATA, f"Verify {name}", f"verify_{name}"),
        (Permission.SIGN_RECORDS, f"Sign {name}", f"sign_{name}"),
        (Permission.FREEZE_DATA, f"Freeze or lock {name}", f"lock_{name}"),
    )
    return [
        (words, reverse(url, args=_arguments(reach, reach.record.pk)))
        for permission, words, url in steps
        if user.may(permission) and not (is_locked and permission in _BEFORE_A_LOCK)
    ]


def _arguments(reach: Reach, record_id: UUID) -> tuple[str | UUID, ...]:
    return (reach.definition.key, record_id) if reach.definition else (record_id,)
