"""Adverse events and relapses of treated patients, in days from the procedure. Only complete forms count."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from endpoints.flow import Participant
from endpoints.layout import PlainRow
from trialsite.lib.study_day import study_day
from trialsite.protocol.model import Protocol
from trialsite.records.models import FormStatus
from visits.crfs.adverse_event.rules import is_serious, is_suspected
from visits.crfs.relapse.rules import CONDITIONS, EdssExam, RelapseStatus, judge
from visits.models import AdverseEvent, Edss, Relapse

_CAUSES = ("related_procedure", "related_device", "related_contrast_sedation")
EVENT_FIELDS = ("term", "preferred_term", "onset_on", "ctcae_grade", "seriousness", *_CAUSES)
RELAPSE_FIELDS = ("onset_on", "exam_id", "adjudicated_as", *CONDITIONS)

Patients = Mapping[UUID, Participant]


def get_adverse_events(patients: Patients) -> tuple[list[PlainRow], int]:
    """One row per complete event of these patients, and the number of drafts left out.

    The term is the coded one where there is one. Related means at least possibly caused by the procedure, a device, or
    contrast medium or sedation, all taken together: the causes one by one would tell more than a blinded reader may know.
    """
    rows: list[PlainRow] = []
    drafts = 0
    stored = AdverseEvent.objects.filter(patient__procedure_on__isnull=False)
    for one in stored.values("patient_id", "status", *EVENT_FIELDS):
        patient = patients.get(one["patient_id"])
        if patient is None:
            continue
        if one["status"] == FormStatus.COMPLETE:
            rows.append(_make_event(patient, one))
        else:
            drafts += 1
    return rows, drafts


def _make_event(patient: Participant, one: Mapping[str, Any]) -> PlainRow:
    return {
        "subject": patient.number,
        "term": one["preferred_term"] or one["term"],
        "ctcae_grade": one["ctcae_grade"],
        "serious": _yes_no(is_serious(one), is_answered=bool(one["seriousness"])),
        "related": _yes_no(is_suspected(one, *_CAUSES), is_answered=all(one[cause] for cause in _CAUSES)),
        "onset_day": _day(patient, one["onset_on"]),
    }


def _yes_no(is_yes: bool, *, is_answered: bool) -> str | None:
    """One yes is enough; a no needs every answer."""
    if is_yes:
        return "Y"
    return "N" if is_answered else None


def _day(patient: Participant, on: date | None) -> int | None:
    return None if on is None or patient.procedure_on is None else study_day(patient.procedure_on, on)


def get_relapses(patients: Patients, protocol: Protocol) -> tuple[list[PlainRow], dict[str, int], int]:
    """The day of onset of each relapse confirmed by the protocol's rule or an adjudication; how many entries since the
    procedure have which status; and the number of drafts left out."""
    rows: list[PlainRow] = []
    statuses = dict.fromkeys((status.value for status in RelapseStatus), 0)
    drafts = 0
    exams = _get_exams()
    stored = Relapse.objects.filter(patient__procedure_on__isnull=False)
    for one in stored.values("patient_id", "status", *RELAPSE_FIELDS):
        patient = patients.get(one["patient_id"])
        if patient is None:
            continue
        if one["status"] != FormStatus.COMPLETE:
            drafts += 1
            continue
        status = judge({**one, "exam": one["exam_id"]}, exams[one["patient_id"]], protocol.relapse).status
        day = _day(patient, one["onset_on"])
        if day is not None and day >= 0:
            statuses[status.value] += 1
        if day is not None and status is RelapseStatus.CONFIRMED:
            rows.append({"subject": patient.number, "onset_day": day})
    return rows, statuses, drafts


def _get_exams() -> defaultdict[UUID, Sequence[EdssExam]]:
    """The complete examinations of each patient with an entry in the relapse log."""
    exams: defaultdict[UUID, Sequence[EdssExam]] = defaultdict(tuple)
    with_relapse = Relapse.objects.values("patient_id")
    stored = Edss.objects.filter(status=FormStatus.COMPLETE, assessed_on__isnull=False, patient_id__in=with_relapse)
    for one in stored.values("id", "patient_id", "assessed_on", "rater_step", *Edss.SYSTEMS):
        exams[one["patient_id"]] = (*exams[one["patient_id"]], _make_exam(one))
    return exams


def _make_exam(one: Mapping[str, Any]) -> EdssExam:
    return EdssExam(
        id=one["id"],
        assessed_on=one["assessed_on"],
        rater_step=one["rater_step"],
        systems=dict(_list_grades(one)),
    )


def _list_grades(one: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    for name in Edss.SYSTEMS:
        if one[name] is not None:
            yield name, one[name]
