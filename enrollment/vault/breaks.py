"""Code breaks as the vault keeps them: who broke whose code, when, why and for whom. Never the arm.

What people wrote is encrypted, for words about an emergency can tell an arm.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError
from django.db.models import QuerySet

from enrollment.models import Patient
from enrollment.vault.cipher import close, open_at
from enrollment.vault.keys import get_key_number
from enrollment.vault.models import BreakReason, CodeBreak, CodeBreakImpact
from enrollment.vault.slots import about_patient
from trialsite.accounts.actor import actor_of
from trialsite.accounts.models import User
from trialsite.audit.gate import open_gate
from trialsite.audit.write import write_event
from trialsite.lib import clock

STATEMENT_BYTES = 4096


class AlreadyShownError(Exception):
    """This page was sent before, and the arm shown then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the person says who breaks a code. `occasion` is the one the page was made for."""

    reason: str
    reason_text: str
    clinician: str
    occasion: int
    knock_on: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Impact:
    """What a break meant, in the words of its author."""

    at: datetime
    assessment: str
    treatment_change: str
    told: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenCode:
    """One code break, readable; without the arm."""

    id: UUID
    patient: Patient
    at: datetime
    by_name: str
    by_username: str
    reason: str
    reason_text: str
    clinician: str
    knock_on: int
    impacts: tuple[Impact, ...]


def place_of_statement(row: CodeBreak | CodeBreakImpact) -> dict[str, str | int]:
    return {str(row._meta.model_name): str(row.id)}


def count_own(patient: Patient, user: User) -> int:
    """How often this account broke the code of this patient."""
    return CodeBreak.objects.filter(patient=patient, appended_by=user.username).count()


def get_shown_patients(user: User) -> set[UUID]:
    """Whose arm this account was shown by a code break."""
    return set(CodeBreak.objects.filter(appended_by=user.username).values_list("patient_id", flat=True))


def store_break(patient: Patient, asked: Asked, *, user: User) -> CodeBreak:
    """Add the row of a break, inside the gate; `AlreadyShownError` when the occasion is not the next one."""
    if asked.occasion != count_own(patient, user) + 1:
        raise AlreadyShownError
    made = CodeBreak(
        patient=patient,
        by_name=user.full_name,
        occasion=asked.occasion,
        reason=BreakReason(asked.reason),
        knock_on=asked.knock_on,
        **_added(user),
    )
    made.sealed_statement = _seal(made, {"reason": asked.reason_text, "clinician": asked.clinician})
    try:
        made.save(force_insert=True)
    except IntegrityError as error:
        raise AlreadyShownError from error
    return made


def add_impact(broken: BrokenCode, *, assessment: str, treatment_change: str, told: str, user: User) -> None:
    """Add what a break meant; what stood there before stays."""
    with open_gate():
        made = CodeBreakImpact(code_break_id=broken.id, **_added(user))
        said = {"assessment": assessment, "treatment_change": treatment_change, "told": told}
        made.sealed_statement = _seal(made, said)
        made.save(force_insert=True)
        write_event("assess_code_break", actor=actor_of(user), subject=about_patient(broken.patient))


def read_breaks(user: User | None = None) -> list[BrokenCode]:
    """The breaks of one account, or all of them, the latest first."""
    rows: QuerySet[CodeBreak] = CodeBreak.objects.all() if user is None else user_breaks(user)
    return [_read(row) for row in rows.select_related("patient").prefetch_related("impacts").order_by("-appended_at")]


def user_breaks(user: User) -> QuerySet[CodeBreak]:
    return CodeBreak.objects.filter(appended_by=user.username)


def _added(user: User) -> dict[str, object]:
    return {"key_number": get_key_number(), "appended_at": clock.now(), "appended_by": user.username}


def _seal(row: CodeBreak | CodeBreakImpact, said: Mapping[str, str]) -> bytes:
    return close(json.dumps(said), place_of_statement(row), size=STATEMENT_BYTES)


def _open(row: CodeBreak | CodeBreakImpact) -> dict[str, str]:
    said: dict[str, str] = json.loads(open_at(row.sealed_statement, place_of_statement(row)))
    return said


def _read(row: CodeBreak) -> BrokenCode:
    said = _open(row)
    return BrokenCode(
        id=row.id,
        patient=row.patient,
        at=row.appended_at,
        by_name=row.by_name,
        by_username=row.appended_by,
        reason=row.get_reason_display(),
        reason_text=said["reason"],
        clinician=said["clinician"],
        knock_on=row.knock_on,
        impacts=tuple(Impact(at=impact.appended_at, **_open(impact)) for impact in row.impacts.all()),
    )
