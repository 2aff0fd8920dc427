"""Raters who know the later outflow: who entered, signed or was shown a Doppler examination after the procedure, and rated that patient then.

All of it is derived from the trail and from signatures, whose rows here are open ones: nothing depends on an arm. The first look of each
account at each patient's is kept (`visits.actions.outflow`).
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, Min, Q, QuerySet

from enrollment.models import Patient
from enrollment.selectors.patients import get_patients
from trialsite.accounts.models import User
from trialsite.audit.models import AuditEvent
from trialsite.protocol.model import Protocol
from trialsite.records.crf import CrfDefinition
from trialsite.records.models import CaseReportForm
from trialsite.signatures.models import SignedRecord
from visits.crfs.doppler.form import DOPPLER
from visits.crfs.registry import CRFS

Moments = dict[tuple[str, UUID], datetime]
"""(user name, patient) -> when that account first entered, signed or was shown a Doppler examination after the procedure."""
PatientIds = Collection[UUID] | QuerySet[Any, Any]
EXAMINATION = DOPPLER.model._meta.label_lower
LOOKED = "read_outflow"
_IS_LATER = Q(visit__visited_on__gt=F("patient__procedure_on"))


@dataclass(frozen=True, slots=True, kw_only=True)
class InformedRater:
    """One account that rated a patient knowing the outflow: since when, and how often it entered or changed which forms, by title."""

    patient: Patient
    name: str
    username: str
    since: datetime
    forms: tuple[tuple[str, int], ...]
    last: datetime


def is_rating(definition: CrfDefinition) -> bool:
    """Whether the arms are compared by what stands in the form, other than the outflow itself."""
    return definition.is_outcome and definition.key != DOPPLER.key


def find_outflow_moment(definition: CrfDefinition, patient: Patient, user: User, protocol: Protocol) -> datetime | None:
    """Since when this account knows the outflow of a patient it is about to rate; None where it does not, or where no arms are compared."""
    if not (
        is_rating(definition) and definition.may_enter(user) and protocol.phase(patient.phase_number).is_randomized
    ):
        return None
    return _get_moments([patient.pk], user.username).get((user.username, patient.pk))


def list_unseen(user: User, shown: Q, protocol: Protocol) -> list[CaseReportForm]:
    """Of the examinations that `shown` picks, the first after the procedure of each patient of whom this account knows none yet.

    Empty where it rates nobody. Four queries at most.
    """
    if not any(is_rating(one) and one.may_enter(user) for one in CRFS.values()):
        return []
    phases = [phase.number for phase in protocol.phases if phase.is_randomized]
    later = DOPPLER.rows.filter(shown, _IS_LATER, patient__phase_number__in=phases).select_related("patient")
    found = {row.patient_id: row for row in later.order_by("-visit__visited_on", "-pk")}
    known = _get_moments(list(found), user.username) if found else {}
    return [row for patient_id, row in sorted(found.items()) if (user.username, patient_id) not in known]


def list_informed_raters(user: User, protocol: Protocol) -> list[InformedRater]:
    """Of the patients of randomized phases that this person may know of, by number and name: five queries."""
    phases = [phase.number for phase in protocol.phases if phase.is_randomized]
    asked = get_patients(user).filter(phase_number__in=phases).order_by()
    patients = {one.pk: one for one in asked}
    since = _get_moments(asked.values("pk"))
    rated: dict[tuple[str, UUID], list[tuple[str, str, datetime]]] = defaultdict(list)
    for username, patient_id, kind, name, at in _list_ratings(patients, {username for username, _ in since}):
        if (username, patient_id) in since and at > since[username, patient_id]:
            rated[username, patient_id].append((kind, name, at))
    found = (_describe(patients[patient_id], username, since, lines) for (username, patient_id), lines in rated.items())
    return sorted(found, key=lambda one: (one.patient.number, one.name, one.username))


def _describe(
    patient: Patient, username: str, since: Mapping[tuple[str, UUID], datetime], lines: list[tuple[str, str, datetime]]
) -> InformedRater:
    counts = Counter(kind for kind, _, _ in lines)
    titles = {one.model._meta.label_lower: one.title for one in CRFS.values()}
    return InformedRater(
        patient=patient,
        name=lines[-1][1],
        username=username,
        since=since[username, patient.pk],
        forms=tuple(sorted((titles[kind], number) for kind, number in counts.items())),
        last=lines[-1][2],
    )


def _get_moments(patient_ids: PatientIds, username: str = "") -> Moments:
    moments: Moments = {}
    for name, patient_id, at in (
        *_list_entered(patient_ids, username),
        *_list_signed(patient_ids, username),
        *_list_looked(patient_ids, username),
    ):
        moments[name, patient_id] = min(at, moments.get((name, patient_id), at))
    return moments


def _later(patient_ids: PatientIds) -> "QuerySet[Any, UUID]":
    rows = DOPPLER.rows.filter(_IS_LATER, patient_id__in=patient_ids)
    later: QuerySet[Any, UUID] = rows.order_by().values("pk")
    return later


def _list_entered(patient_ids: PatientIds, username: str) -> Iterable[tuple[str, UUID, datetime]]:
    written = AuditEvent.objects.filter(
        record_kind=EXAMINATION, record_id__in=_later(patient_ids), revision__isnull=False, is_restricted=False
    ).exclude(actor_id="")
    own = written.filter(actor_username=username) if username else written
    return own.order_by().values_list("actor_username", "patient_id").annotate(first=Min("at"))


def _list_signed(patient_ids: PatientIds, username: str) -> Iterable[tuple[str, UUID, datetime]]:
    signed = SignedRecord.objects.filter(
        record_kind=EXAMINATION, record_id__in=_later(patient_ids), signature__patient_id__isnull=False
    )
    own = signed.filter(signature__signer_username=username) if username else signed
    by_person = own.order_by().values_list("signature__signer_username", "signature__patient_id")
    return by_person.annotate(first=Min("signature__appended_at"))


def _list_looked(patient_ids: PatientIds, username: str) -> Iterable[tuple[str, UUID, datetime]]:
    looked = AuditEvent.objects.filter(action=LOOKED, patient_id__in=patient_ids)
    own = looked.filter(actor_username=username) if username else looked
    return own.order_by().values_list("actor_username", "patient_id").annotate(first=Min("at"))


def _list_ratings(
    patient_ids: Collection[UUID], usernames: Collection[str]
) -> Iterator[tuple[str, UUID, str, str, datetime]]:
    kinds = [one.model._meta.label_lower for one in CRFS.values() if is_rating(one)]
    written = AuditEvent.objects.filter(
        record_kind__in=kinds, actor_username__in=usernames, revision__isnull=False, is_restricted=False
    )
    rows = written.order_by("at", "id").values_list("actor_username", "patient_id", "record_kind", "actor_name", "at")
    for username, patient_id, kind, name, at in rows.iterator():
        if patient_id is not None and patient_id in patient_ids:
            yield username, patient_id, kind, name, at
