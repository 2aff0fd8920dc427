"""Reading the marks that still hold: on one record before it changes, and on many for a page. Each is one query."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import CharField, F, Q, QuerySet, Value

from trialsite.marks.models import TRIAL, Lock, LockKind, Verification
from trialsite.marks.states import FormFacts
from trialsite.signatures.models import ELIGIBILITY, Signature

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
    return _read(
        _locks().filter(target_id__in=[*targets, TRIAL]),
        _signatures().filter(record_id__in=targets),
        _verifications().filter(record_id__in=targets),
    )


def get_marks(patient_ids: Collection[UUID]) -> Marks:
    """Every mark on records of some patients, and on the trial."""
    mine = Q(patient_id__in=patient_ids)
    return Marks(
        _read(_locks().filter(mine | Q(target_id=TRIAL)), _signatures().filter(mine), _verifications().filter(mine))
    )


def get_all_marks() -> Marks:
    return Marks(_read(_locks(), _signatures(), _verifications()))


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


def is_trial_locked() -> bool:
    """Whether the whole database is closed for good: what the release of the arms waits for."""
    return Lock.objects.filter(target_id=TRIAL, kind=LockKind.LOCK, end=None).exists()


def _read(*parts: "QuerySet[Any, Any]") -> list[Mark]:
    return [Mark(*row) for row in parts[0].union(*parts[1:], all=True)]


def _text(value: str) -> Value:
    return Value(value, output_field=CharField())


def _locks() -> "QuerySet[Any, Any]":
    rows = Lock.objects.filter(end=None).order_by().annotate(what=F("kind"), of_field=_text(""))
    return rows.values_list("what", "id", "target_id", "of_field", "label")


def _signatures() -> "QuerySet[Any, Any]":
    rows = Signature.objects.filter(end=None).exclude(scope=ELIGIBILITY).order_by()
    return rows.annotate(what=_text(SIGNED), of_field=_text("")).values_list(
        "what", "id", "record_id", "of_field", "label"
    )


def _verifications() -> "QuerySet[Any, Any]":
    rows = Verification.objects.filter(end=None).order_by()
    return rows.annotate(what=_text(VERIFIED), of_field=F("field")).values_list(
        "what", "id", "record_id", "of_field", "label"
    )
