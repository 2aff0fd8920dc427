"""What waits for a coordinator: visits due and overdue, forms left as drafts, forms of past visits still missing."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse

from enrollment.models import Patient, PatientStatus
from trialsite.accounts.models import User
from trialsite.accounts.roles import Permission
from trialsite.lib import clock
from trialsite.protocol.current import get_protocol
from trialsite.protocol.model import Protocol
from trialsite.records.crf import CrfDefinition
from visits.conditions import condition_columns, read_conditions
from visits.crfs.registry import CRFS
from visits.schedule import ScheduledVisit, Standing
from visits.selectors import FormState, get_form_states, schedule_of
from visits.visit import Visit, VisitStatus

_IN_COURSE = (PatientStatus.SCREENING, PatientStatus.ELIGIBLE, PatientStatus.ENROLLED, PatientStatus.RANDOMIZED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One thing to do for one patient."""

    patient_number: str
    site_code: str
    patient_url: str
    what: str
    when: str
    url: str
    days: int  # until the window closes; negative when overdue
    tag: str
    is_entry: bool = False  # eligibility, enrollment or draw: for those who may have a patient enter


@dataclass(frozen=True, slots=True)
class Agenda:
    overdue: tuple[Task, ...]
    due: tuple[Task, ...]
    coming: tuple[Task, ...]
    incomplete: tuple[Task, ...]
    patients: int

    @property
    def is_empty(self) -> bool:
        return not (self.overdue or self.due or self.coming or self.incomplete)


def get_agenda(user: User, *, coming_days: int = 14) -> Agenda:
    """Everything that waits at the person's sites; the same number of queries however many patients there are."""
    protocol = get_protocol()
    patients = list(_patients_of(user))
    ids = [patient.pk for patient in patients]
    visits: dict[UUID, list[Visit]] = {patient_id: [] for patient_id in ids}
    for visit in Visit.objects.filter(patient_id__in=ids):
        visits[visit.patient_id].append(visit)
    definitions = [
        definition for definition in CRFS.values() if definition.kind == "visit" and definition.may_view(user)
    ]
    states = get_form_states(ids, definitions)
    conditions = {patient.pk: read_conditions(patient, protocol) for patient in patients}
    tasks: list[Task] = []
    incomplete: list[Task] = []
    for patient in patients:
        today = clock.today(protocol.site(patient.site_code).time_zone)
        schedule = schedule_of(patient, visits[patient.pk], protocol, today, conditions[patient.pk])
        tasks += _visit_tasks(patient, schedule, today, coming_days)
        incomplete += _form_tasks(
            patient, visits[patient.pk], protocol, conditions[patient.pk], states[patient.pk], definitions
        )
    if not user.may(Permission.DRAW_ALLOCATION):
        tasks = [task for task in tasks if not task.is_entry]
    return _sorted(tasks, incomplete, len(patients))


def _patients_of(user: User) -> "QuerySet[Any]":
    rows: QuerySet[Any] = Patient.objects.filter(status__in=_IN_COURSE, died_on=None).order_by("number")
    rows = rows.annotate(**condition_columns("pk"))
    return rows if user.sees_all_sites else rows.filter(site_code__in=user.site_codes)


def _sorted(tasks: list[Task], incomplete: list[Task], patients: int) -> Agenda:
    by_days = sorted(tasks, key=lambda task: (task.days, task.patient_number))
    return Agenda(
        overdue=tuple(task for task in by_days if task.tag == "overdue"),
        due=tuple(task for task in by_days if task.tag == "due"),
        coming=tuple(task for task in by_days if task.tag == "early"),
        incomplete=tuple(incomplete),
        patients=patients,
    )


def _visit_tasks(patient: Patient, schedule: list[ScheduledVisit], today: date, coming_days: int) -> list[Task]:
    """Overdue visits, visits in their window, and the next visit when its window opens soon. Before day 0: the next open one only."""
    found = []
    for scheduled in schedule:
        task = _visit_task(patient, scheduled, today, coming_days)
        if task is not None:
            found.append(task)
            if scheduled.window is None:
                break
    return found


def _visit_task(patient: Patient, scheduled: ScheduledVisit, today: date, coming_days: int) -> Task | None:
    window = scheduled.window
    if window is None:
        return _open_task(patient, scheduled) if _is_next_step(scheduled) else None
    if scheduled.standing is Standing.OVERDUE:
        late = (today - window.latest_on).days
        return _task(patient, scheduled, f"{late} day{'s' if late != 1 else ''} past the window", -late, "overdue")
    if scheduled.standing is Standing.DUE:
        return _task(patient, scheduled, f"until {window.latest_on:%Y-%m-%d}", (window.latest_on - today).days, "due")
    opens_in = (window.earliest_on - today).days
    if scheduled.standing is Standing.EARLY and opens_in <= coming_days:
        return _task(
            patient, scheduled, f"from {window.earliest_on:%Y-%m-%d}", (window.latest_on - today).days, "early"
        )
    return None


def _is_next_step(scheduled: ScheduledVisit) -> bool:
    """A visit without a date that may be done now, or the procedure, before which the patient has to enter the trial."""
    is_ahead = scheduled.standing is Standing.NOT_YET and scheduled.planned.kind == "procedure"
    return is_ahead or scheduled.standing is Standing.DUE


def _open_task(patient: Patient, scheduled: ScheduledVisit) -> Task:
    """Before day 0 there are no dates, only the next step; before the procedure the patient has to enter the trial."""
    task = _task(patient, scheduled, "open", 10_000, "due")
    if scheduled.planned.kind != "procedure" or patient.entered_on is not None:
        return task
    if patient.status == PatientStatus.SCREENING:
        return replace(task, what="Eligibility", is_entry=True, url=reverse("eligibility", args=(patient.pk,)))
    return replace(task, what="Entry into treatment", is_entry=True, url=reverse("draw", args=(patient.pk,)))


def _task(patient: Patient, scheduled: ScheduledVisit, when: str, days: int, tag: str) -> Task:
    return Task(
        patient_number=patient.number,
        site_code=patient.site_code,
        patient_url=reverse("casebook", args=(patient.pk,)),
        what=scheduled.planned.label,
        when=when,
        url=reverse("planned_visit", args=(patient.pk, scheduled.planned.key)),
        days=days,
        tag=tag,
    )


def _form_tasks(
    patient: Patient,
    visits: list[Visit],
    protocol: Protocol,
    conditions: frozenset[str],
    states: list[FormState],
    definitions: list[CrfDefinition],
) -> list[Task]:
    """Visits whose forms are not all complete, each with what is left."""
    titles = {definition.key: definition.title for definition in definitions}
    status = {(state.visit_id, state.form_key): state.status for state in states}
    found = []
    for visit in visits:
        if visit.status == VisitStatus.MISSED:
            continue
        planned = protocol.visit(visit.planned_key)
        required = [form.form for form in planned.forms_due(conditions) if form.is_required and form.form in titles]
        drafts = [key for key in titles if status.get((visit.pk, key)) == "draft"]
        left = [key for key in dict.fromkeys(required + drafts) if status.get((visit.pk, key)) != "complete"]
        if left:
            found.append(_incomplete(patient, visit, planned.label, [titles[key] for key in left]))
    return found


def _incomplete(patient: Patient, visit: Visit, label: str, left: list[str]) -> Task:
    return Task(
        patient_number=patient.number,
        site_code=patient.site_code,
        patient_url=reverse("casebook", args=(patient.pk,)),
        what=label,
        when=", ".join(left),
        url=reverse("visit", args=(visit.pk,)),
        days=0,
        tag="draft",
    )
