"""Reading the marks that still hold: on one record before it changes, and on many for a page. Each is one query."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from trialsite.lib.raw import to_database, to_uuid
from trialsite.marks.models import TRIAL, Lock, LockKind, Verification
from trialsite.marks.states import FormFacts

SIGNED, VERIFIED = "signed", "verified"
_HOLDS = frozenset(LockKind.values)


@dataclass(frozen=True, slots=True)
class Mark:
    """One mark that holds. `target` is what it covers: a form, a visit, a patient, or `TRIAL`."""

    what: str
    id: UUID
    target: UUID
    field: str
    label: str

    @property
    def is_hold(self) -> bool:
        return self.what in _HOLDS


class Marks:
    """The marks on some patients' records, to be asked about each form."""

    def __init__(self, marks: Iterable[Mark]) -> None:
        self._by_target: dict[UUID, list[Mark]] = {}
        for mark in marks:
            self._by_target.setdefault(mark.target, []).append(mark)

    def on(self, *targets: UUID | None) -> list[Mark]:
        """Marks of everything that covers a record; give its id and those of its visit and patient."""
        return [mark for target in (*targets, TRIAL) if target for mark in self._by_target.get(target, ())]

    def verified_fields(self, record_id: UUID) -> frozenset[str]:
        """The items of a form that are verified; "" stands for the whole form."""
        return frozenset(mark.field for mark in self._by_target.get(record_id, ()) if mark.what == VERIFIED)

    def facts(
        self, status: str, record_id: UUID, *around: UUID | None, items: Collection[str], is_restricted: bool
    ) -> FormFacts:
        """What the state of a form follows from. `items` are its critical ones; nobody signs or verifies a restricted form."""
        found = self.on(record_id, *around)
        verified = self.verified_fields(record_id)
        return FormFacts(
            status=status,
            is_verified="" in verified or (bool(items) and verified >= set(items)),
            is_signed=not is_restricted and any(mark.what == SIGNED for mark in found),
            is_frozen=any(mark.what == LockKind.FREEZE for mark in found),
            is_locked=any(mark.what == LockKind.LOCK for mark in found),
        )


def get_marks_on(targets: Collection[UUID]) -> list[Mark]:
    """Every mark that covers a record, told by the ids of the record, its form, its visit and its patient."""
    here = _placeholders(targets)
    return _read([f"target_id IN ({here}, %s)", f"record_id IN ({here})", f"record_id IN ({here})"], targets)


def get_marks(patient_ids: Collection[UUID]) -> Marks:
    """Every mark on records of some patients, and on the trial."""
    mine = f"patient_id IN ({_placeholders(patient_ids)})"
    return Marks(_read([f"({mine} OR target_id = %s)", mine, mine], patient_ids))


def get_all_marks() -> Marks:
    return Marks(_read(["(1 = 1 OR target_id = %s)", "1 = 1", "1 = 1"], ()))


def get_holds(targets: Collection[UUID]) -> list[Lock]:
    """The freezes and locks that cover what these ids name."""
    return list(Lock.objects.filter(target_id__in=[*targets, TRIAL], end=None).order_by("appended_at"))


def get_all_locks() -> list[Lock]:
    """Every freeze and lock there ever was, the latest first, with its end and whoever asked to open it."""
    found = Lock.objects.select_related("end").prefetch_related("requests__refusal")
    return list(found.order_by("-appended_at", "-id"))


def find_lock(lock_id: UUID) -> Lock | None:
    return Lock.objects.select_related("end").filter(pk=lock_id).first()


def get_verifications(record_ids: Collection[UUID]) -> list[Verification]:
    """Verifications of some forms that still hold."""
    return list(Verification.objects.filter(record_id__in=record_ids, end=None))


def get_ended_verifications(record_ids: Collection[UUID]) -> list[Verification]:
    """Verifications that no longer hold, each with its end."""
    return list(Verification.objects.filter(record_id__in=record_ids, end__isnull=False).select_related("end"))


def get_all_verifications(record_ids: Collection[UUID]) -> list[Verification]:
    """Verifications of some forms, those that no longer hold with their end; each with `end` only where it has one."""
    return list(Verification.objects.filter(record_id__in=record_ids).select_related("end"))


def is_trial_locked() -> bool:
    """Whether the whole database is closed for good: what the release of the arms waits for."""
    return Lock.objects.filter(target_id=TRIAL, kind=LockKind.LOCK, end=None).exists()


# Written out: every save and every page asks this, and to have it composed of three querysets takes as long as ten other queries.
_LOCKS = """
    SELECT kind, id, target_id, '', label FROM marks_lock
    WHERE {where} AND NOT EXISTS (SELECT 1 FROM marks_lockend e WHERE e.lock_id = marks_lock.id)
"""
_SIGNATURES = """
    SELECT 'signed', id, record_id, '', label FROM signatures_signature
    WHERE {where} AND scope <> 'eligibility'
    AND NOT EXISTS (SELECT 1 FROM signatures_signatureend e WHERE e.signature_id = signatures_signature.id)
"""
_VERIFICATIONS = """
    SELECT 'verified', id, record_id, field, label FROM marks_verification
    WHERE {where} AND NOT EXISTS (SELECT 1 FROM marks_verificationend e WHERE e.verification_id = marks_verification.id)
"""


def _read(conditions: Sequence[str], ids: Collection[UUID]) -> list[Mark]:
    """The marks that hold, under one condition each for locks, signatures and verifications; that of locks asks for the trial last."""
    parts = [sql.format(where=one) for sql, one in zip((_LOCKS, _SIGNATURES, _VERIFICATIONS), conditions, strict=True)]
    wanted = [to_database(one) for one in ids]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), [*wanted, to_database(TRIAL), *wanted, *wanted])
        return [
            Mark(what, to_uuid(id_), to_uuid(target), field, label)
            for what, id_, target, field, label in cursor.fetchall()
        ]


def _placeholders(ids: Collection[UUID]) -> str:
    return ", ".join(["%s"] * len(ids)) or "NULL"
