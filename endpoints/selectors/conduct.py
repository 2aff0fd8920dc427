"""The open form of the procedure -> when and how it was done; the operator's form -> by whom. For the report by arm alone."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from endpoints.flow import Participant
from endpoints.layout import ProcedureDone
from trialsite.protocol.model import Protocol
from trialsite.records.models import FormStatus
from visits.models import Intervention, Procedure

_ANSWER = {True: "Yes", False: "No"}


def get_procedures(analyzed: Mapping[UUID, Participant], protocol: Protocol) -> Iterator[ProcedureDone]:
    """The complete forms of these patients, in the order of their numbers: two queries."""
    told = Intervention.objects.filter(status=FormStatus.COMPLETE, patient_id__in=analyzed)
    persons = dict(told.order_by().values_list("visit_id", "assessed_by"))
    forms = Procedure.objects.filter(status=FormStatus.COMPLETE, patient_id__in=analyzed).order_by(
        "patient__number", "id"
    )
    for one in forms:
        yield _read(
            one, ZoneInfo(protocol.site(analyzed[one.patient_id].site_code).time_zone), persons.get(one.visit_id, "")
        )


def _read(one: Any, zone: ZoneInfo, person: str) -> ProcedureDone:
    start = one.started_at.astimezone(zone) if one.started_at else None
    complications = set(one.exit_complications or ())
    return ProcedureDone(
        patient_id=one.patient_id,
        minutes=_count_minutes(one.started_at, one.ended_at),
        stay_minutes=_count_minutes(one.started_at, one.discharged_at),
        hour=None if start is None else start.hour + start.minute / 60,
        weekday=None if start is None else start.weekday(),
        sheath_french=None if one.sheath_french is None else float(one.sheath_french),
        sedation=_ANSWER.get(one.sedation_given, ""),
        access=one.get_access_side_display() if one.access_side else "",
        closure=one.get_hemostasis_display() if one.hemostasis else "",
        complication=("No" if complications == {"none"} else "Yes") if complications else "",
        assessed_by=person.strip(),
        entered_by=one.recorded_by,
    )


def _count_minutes(start: datetime | None, end: datetime | None) -> float | None:
    return None if start is None or end is None else (end - start).total_seconds() / 60
