"""The emergency code break: one patient, one person, one look. The only way from a page to it."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from enrollment.knock_on import KnockOn, bound_knock_on
from enrollment.models import Patient
from enrollment.refusal import RefusedError
from enrollment.strata import name_stratum
from enrollment.vault.breaks import (
    AlreadyShownError,
    Asked,
    BrokenCode,
    add_impact,
    count_own,
    get_shown_patients,
    read_breaks,
)
from enrollment.vault.models import BreakReason
from enrollment.vault.refusal import VaultRefusedError
from enrollment.vault.reveal import break_code, note_refusal
from trialsite.accounts.models import User
from trialsite.accounts.roles import Permission
from trialsite.audit.entries import with_words
from trialsite.audit.models import AuditEvent
from trialsite.lib.findings import hard
from trialsite.protocol.current import get_protocol
from trialsite.protocol.model import Protocol

__all__ = [
    "AlreadyShownError",
    "Asked",
    "BreakReason",
    "BrokenCode",
    "Registered",
    "add_impact",
    "count_own",
    "find_knock_on",
    "find_own_break",
    "get_own_breaks",
    "get_register",
    "get_unassessed",
    "open_code",
]

NOT_SHOWN = (
    "The treatment cannot be shown now. Treat the patient as if either treatment had been given, and call the statistician of"
    " the trial, who has been informed."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """A code break with what the same account changed in the same patient's records since, and why, where that is asked for."""

    broken: BrokenCode
    changes: list[AuditEvent]
    justifications: list[AuditEvent]


def find_knock_on(patient: Patient, user: User) -> KnockOn:
    """How many other arms this patient's arm gives away, at most; from nothing that depends on an arm or on the scheme."""
    allocation = get_protocol().phase(patient.phase_number).allocation
    if allocation is None:
        raise ValueError("an open phase has no code")
    drawn = _drawn_in_stratum(patient, get_protocol())
    known = len((get_shown_patients(user) & drawn) - {patient.pk})
    return bound_knock_on(allocation.ratio, drawn=len(drawn), known=known)


def _drawn_in_stratum(patient: Patient, protocol: Protocol) -> set[UUID]:
    allocation = protocol.phase(patient.phase_number).allocation
    drawn = Patient.objects.filter(phase_number=patient.phase_number).exclude(randomization_code="")
    rows: Collection[tuple[UUID, str]] = drawn.values_list("pk", "site_code")
    if allocation is None:
        return set()
    wanted = name_stratum(allocation, patient.site_code)
    return {pk for pk, site_code in rows if name_stratum(allocation, site_code) == wanted}


def open_code(patient: Patient, asked: Asked, *, user: User) -> str:
    """The key of the patient's arm, with the break stored. Raises `AlreadyShownError`, or `RefusedError` with one neutral sentence.

    The detail of a refusal goes to the restricted trail, so call this outside of any transaction.
    """
    try:
        return break_code(patient, asked, user=user)
    except VaultRefusedError as refused:
        note_refusal(patient, str(refused), user=user)
        raise RefusedError([hard("code_break_vault", "", NOT_SHOWN)]) from None


def get_own_breaks(user: User, patient: Patient | None = None) -> list[BrokenCode]:
    """The breaks of this account, the latest first; of one patient, if asked so."""
    return [one for one in read_breaks(user) if patient is None or one.patient.pk == patient.pk]


def find_own_break(user: User, break_id: UUID) -> BrokenCode | None:
    return next((one for one in read_breaks(user) if one.id == break_id), None)


def get_register(user: User) -> list[Registered]:
    """All code breaks, for the statistician alone."""
    if not user.may(Permission.MANAGE_ALLOCATION_LIST):
        raise VaultRefusedError("The register of code breaks is the statistician's.")
    return [_register(one) for one in read_breaks()]


def get_unassessed(user: User) -> list[BrokenCode]:
    """The code breaks of which nobody has said yet what they meant, the latest first; for the statistician alone."""
    return [line.broken for line in get_register(user) if not line.broken.impacts]


def _register(broken: BrokenCode) -> Registered:
    """With what the account that knows the arm did to that patient's records afterwards."""
    done = AuditEvent.objects.filter(
        patient_id=broken.patient.pk, actor_username=broken.by_username, at__gt=broken.at
    ).order_by("id")
    return Registered(
        broken=broken,
        changes=list(done.filter(revision__isnull=False, is_restricted=False)),
        justifications=with_words(done.filter(action="justify_change", is_restricted=True)),
    )
