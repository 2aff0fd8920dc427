"""The signatures, locks and verifications of a patient as they held at an earlier moment. None of their rows ever changes, so the tables tell it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from trialsite.marks.models import Lock, Scope, Verification
from trialsite.marks.selectors import SIGNED, VERIFIED, Mark, Marks
from trialsite.signatures.models import ELIGIBILITY, Signature, SignatureEnd

Given = tuple[Signature, SignatureEnd | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class PastMarks:
    """What people had attested by a moment: every signature with its end if it was void by then, and the locks that held."""

    signatures: list[Given]
    locks: list[Lock]
    marks: Marks

    def signatures_on(self, *targets: UUID | None) -> list[Given]:
        """Signatures of a record and of what covers it, the latest first; give its id and those of its visit and patient."""
        found = [(one, end) for one, end in self.signatures if one.record_id in targets and one.scope != ELIGIBILITY]
        return found[::-1]

    def locks_on(self, *targets: UUID | None) -> list[Lock]:
        return [one for one in self.locks if one.target_id in targets or one.scope == Scope.TRIAL]


def get_signatures_at(patient_id: UUID, moment: datetime) -> list[Given]:
    """Every signature given until then, the first one first, with its end if it had ended."""
    rows = Signature.objects.filter(patient_id=patient_id, appended_at__lte=moment).select_related("end")
    return [(one, _end_at(one, moment)) for one in rows.order_by("appended_at", "id")]


def get_past_marks(patient_id: UUID, moment: datetime) -> PastMarks:
    """Three queries."""
    signatures = get_signatures_at(patient_id, moment)
    locks = list(_locks_at(patient_id, moment))
    verified = Verification.objects.filter(patient_id=patient_id, appended_at__lte=moment)
    held = verified.exclude(end__appended_at__lte=moment)
    signed = [one for one, end in signatures if end is None and one.scope != ELIGIBILITY]
    marks = [
        *(Mark(one.kind, one.id, one.target_id, "", one.label) for one in locks),
        *(Mark(SIGNED, one.id, one.record_id, "", one.label) for one in signed),
        *(Mark(VERIFIED, one.id, one.record_id, one.field, one.label) for one in held),
    ]
    return PastMarks(signatures=signatures, locks=locks, marks=Marks(marks))


def _locks_at(patient_id: UUID, moment: datetime) -> "QuerySet[Lock]":
    locks = Lock.objects.filter(Q(patient_id=patient_id) | Q(scope=Scope.TRIAL), appended_at__lte=moment)
    return locks.exclude(end__appended_at__lte=moment).order_by("appended_at", "id")


def _end_at(signature: Signature, moment: datetime) -> SignatureEnd | None:
    end: SignatureEnd | None = getattr(signature, "end", None)
    return end if end and end.appended_at <= moment else None
