"""Reading visits and their forms back. Every function here costs a fixed number of queries."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import DateField, F, Q, QuerySet, Subquery, UUIDField

from enrollment.context import PatientFacts
from enrollment.models import Patient
from enrollment.selectors.facts import fact_columns, read_facts
from trialsite.accounts.models import User
from trialsite.lib.lateness import count_days_late
from trialsite.lib.prepared import Place, Prepared
from trialsite.lib.raw import id_type, to_database, to_date, to_day, to_uuid
from trialsite.protocol.model import Protocol
from trialsite.records.crf import CrfDefinition
from trialsite.records.models import CaseReportForm
from visits.conditions import condition_columns, read_conditions
from visits.schedule import Course, ScheduledVisit, Seen, plan_visits
from visits.visit import Visit, VisitStatus


@dataclass(frozen=True, slots=True)
class FormState:
    """One stored form: which, at which visit (None for a patient's log or single form), how far, and whether first entered late."""

    form_key: str
    record_id: UUID
    visit_id: UUID | None
    status: str
    is_late: bool = False


def find_patient(user: User, patient_id: UUID) -> Patient | None:
    """The patient, if this person may know of them."""
    patient = Patient.objects.filter(pk=patient_id).first()
    return cast(Patient, patient) if patient and user.may_see_site(patient.site_code) else None


def find_visit(user: User, visit_id: UUID) -> Visit | None:
    visit = Visit.objects.select_related("patient").filter(pk=visit_id).first()
    return cast(Visit, visit) if visit and user.may_see_site(visit.patient.site_code) else None


_PATIENT_IN_COURSE = Prepared(
    lambda: Patient.objects.annotate(**condition_columns("pk")).filter(pk=Place("patient", UUIDField())).order_by()
)


def find_patient_in_course(user: User, patient_id: UUID, protocol: Protocol) -> tuple[Patient, frozenset[str]] | None:
    """The patient, if this person may know of them, and the conditions that make some forms due."""
    patient = _PATIENT_IN_COURSE.ask_one(patient=patient_id)
    if patient is None or not user.may_see_site(patient.site_code):
        return None
    return patient, read_conditions(patient, protocol)


_PATIENT_WITH_FACTS = Prepared(
    lambda: Patient.objects.annotate(**fact_columns("pk")).filter(pk=Place("patient", UUIDField())).order_by()
)


def find_patient_with_facts(user: User, patient_id: UUID, protocol: Protocol) -> tuple[Patient, PatientFacts] | None:
    """The patient, if this person may know of them, and what the checks of forms need to know of a patient."""
    patient = _PATIENT_WITH_FACTS.ask_one(patient=patient_id)
    if patient is None or not user.may_see_site(patient.site_code):
        return None
    return patient, read_facts(patient, patient.site_code, protocol)


def _visit_with_facts() -> "QuerySet[Any]":
    rows: QuerySet[Any] = Visit.objects.select_related("patient").annotate(**fact_columns("patient_id"))
    return rows.filter(pk=Place("visit", UUIDField())).order_by()


_VISIT_WITH_FACTS = Prepared(_visit_with_facts)


def find_visit_with_facts(user: User, visit_id: UUID, protocol: Protocol) -> tuple[Visit, PatientFacts] | None:
    """The visit, if this person may know of it, and what the checks of forms need to know of its patient."""
    visit = _VISIT_WITH_FACTS.ask_one(visit=visit_id)
    if visit is None or not user.may_see_site(visit.patient.site_code):
        return None
    return visit, read_facts(visit, visit.patient.site_code, protocol)


_VISITS = Prepared(
    lambda: Visit.objects.filter(patient_id=Place("patient", UUIDField())).order_by("visited_on", "occasion")
)


def get_visits(patient: Patient) -> list[Visit]:
    return _VISITS.ask(patient=patient.pk)


def find_planned_visit(patient: Patient, planned_key: str, occasion: int = 1) -> Visit | None:
    return cast(
        "Visit | None", Visit.objects.filter(patient=patient, planned_key=planned_key, occasion=occasion).first()
    )


def get_form_states(patients: Iterable[UUID], definitions: Sequence[CrfDefinition]) -> dict[UUID, list[FormState]]:
    """The stored forms of some patients, over all tables in one query."""
    wanted = list(patients)
    found: dict[UUID, list[FormState]] = {patient_id: [] for patient_id in wanted}
    if not definitions or not wanted:
        return found
    with connection.cursor() as cursor:
        cursor.execute(_states_sql(definitions, len(wanted)), [to_database(one) for one in wanted])
        for patient_id, key, record_id, visit_id, status in cursor.fetchall():
            at_visit = None if visit_id is None else to_uuid(visit_id)
            found[to_uuid(patient_id)].append(FormState(key, to_uuid(record_id), at_visit, status))
    return found


def get_casebook_states(patient: Patient, definitions: Sequence[CrfDefinition], protocol: Protocol) -> list[FormState]:
    """The stored forms of one patient, marked where the first entry was long after the assessment; over all tables in one query."""
    if not definitions:
        return []
    zone, after = ZoneInfo(protocol.site(patient.site_code).time_zone), protocol.review.late_after_days
    with connection.cursor() as cursor:
        cursor.execute(_states_sql(definitions, 1, with_days=True), [to_database(patient.pk)])
        rows = cursor.fetchall()
    return [
        FormState(
            key,
            to_uuid(record_id),
            None if visit_id is None else to_uuid(visit_id),
            status,
            is_late=bool(count_days_late(to_date(on), to_day(at, zone), late_after_days=after)),
        )
        for _, key, record_id, visit_id, status, on, at in rows
    ]


def _states_sql(definitions: Sequence[CrfDefinition], patients: int, *, with_days: bool = False) -> str:
    """Written out: to have it composed of twenty querysets takes longer than everything else on a casebook together."""
    none = f"CAST(NULL AS {id_type()})"
    parts = [
        f"SELECT patient_id, '{definition.key}', id, {'visit_id' if definition.kind == 'visit' else none}, status"  # noqa: S608  # names of ours
        f"{_days_of(definition) if with_days else ''}"
        f" FROM {connection.ops.quote_name(definition.model._meta.db_table)} WHERE patient_id IN (SELECT id FROM wanted)"
        for definition in definitions
    ]
    return f"WITH wanted(id) AS (VALUES {', '.join(['(%s)'] * patients)}) {' UNION ALL '.join(parts)}"


def _days_of(definition: CrfDefinition) -> str:
    """When the form was assessed and when it was first entered; what is not assessed at a visit is never late."""
    return f", {'assessed_on' if definition.kind == 'visit' else 'CAST(NULL AS date)'}, recorded_at"


def course_of(patient: Patient, protocol: Protocol, conditions: frozenset[str] = frozenset()) -> Course:
    phase = protocol.phase(patient.phase_number)
    always = {"randomized"} if phase.is_randomized else set()
    return Course(
        phase_number=patient.phase_number,
        anchor_on=patient.anchor_on,
        is_treated=patient.procedure_on is not None,
        left_on=patient.left_on,
        conditions=conditions | always,
    )


def schedule_of(
    patient: Patient, visits: Iterable[Visit], protocol: Protocol, today: Any, conditions: frozenset[str]
) -> list[ScheduledVisit]:
    seen = {
        visit.planned_key: Seen(visited_on=visit.visited_on, is_missed=visit.status == VisitStatus.MISSED)
        for visit in visits
        if visit.occasion == 1
    }
    return plan_visits(protocol, course_of(patient, protocol, conditions), seen, today)


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbors:
    """One form of a visit as stored, and the same form at the visit before and at baseline, which its checks compare it with."""

    own: CaseReportForm | None
    earlier: CaseReportForm | None
    baseline: CaseReportForm | None


@cache
def _neighbors_query(model: type[CaseReportForm], keys: tuple[str, ...], *, is_dated: bool) -> Prepared:
    """The same form at three visits, with what is asked of each visit beside it. One query for each form and set of baseline visits."""

    def compose() -> "QuerySet[Any]":
        forms: Any = model._base_manager  # the columns differ from form to form
        rows: QuerySet[Any] = forms.filter(patient_id=Place("patient", UUIDField()))
        before = rows.filter(visit__visited_on__lt=Place("on", DateField())) if is_dated else rows.none()
        last_before = before.order_by("-visit__visited_on", "-visit_id").values("visit_id")[:1]
        at_baseline = Q(visit__planned_key__in=keys, visit__occasion=1)
        wanted = Q(visit_id=Place("visit", UUIDField())) | Q(visit_id=Subquery(last_before)) | at_baseline
        beside = {f"at_{name}": F(f"visit__{name}") for name in ("visited_on", "planned_key", "occasion")}
        found: QuerySet[Any] = rows.filter(wanted).annotate(**beside).order_by("pk")
        return found

    return Prepared(compose)


def find_neighbors(definition: CrfDefinition, visit: Visit, protocol: Protocol) -> Neighbors:
    """One query for all three."""
    keys = tuple(one.key for one in protocol.visits_of_kind(visit.patient.phase_number, "baseline"))
    asked = _neighbors_query(definition.model, keys, is_dated=visit.visited_on is not None)
    found = {one.visit_id: one for one in asked.ask(patient=visit.patient_id, visit=visit.pk, on=visit.visited_on)}
    own = found.get(visit.pk)
    if own is not None:
        own.visit, own.patient = visit, visit.patient
    days = {record.at_visited_on: record for record in found.values() if record.at_visited_on}
    earlier = [on for on in days if visit.visited_on and on < visit.visited_on]
    baseline = [one for one in found.values() if one.at_planned_key in keys and one.at_occasion == 1]
    return Neighbors(
        own=own,
        earlier=days[max(earlier)] if earlier else None,
        baseline=baseline[0] if baseline else None,
    )


def find_record(definition: CrfDefinition, record_id: UUID) -> CaseReportForm | None:
    return cast("CaseReportForm | None", definition.rows.filter(pk=record_id).select_related("patient").first())


def find_grid_rows(definition: CrfDefinition, record: CaseReportForm) -> dict[UUID, str]:
    """Id -> name of a form's rows, whose changes belong to its history."""
    if definition.grid is None:
        return {}
    stored = definition.grid.stored_rows.filter(parent_id=record.pk).values_list("pk", "key")
    labels = dict(definition.grid.rows)
    return {row_id: labels.get(key, key) for row_id, key in stored}
