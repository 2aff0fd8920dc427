"""What is unfinished inside a form, a visit, a casebook or the trial: read before a lock. The number of queries is fixed.

A finder looks at one patient and names what it finds; another part of the product that has something to say here adds one to `FINDERS`.
Restricted forms are not looked at: the report is read by blinded people.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast
from uuid import UUID

from django.urls import reverse

from enrollment.models import Patient, PatientStatus
from trialsite.lib import clock
from trialsite.marks.models import Scope
from trialsite.marks.selectors import get_all_marks, get_marks
from trialsite.marks.states import FormFacts
from trialsite.protocol.model import Protocol
from trialsite.queries.models import DataQuery
from trialsite.queries.selectors import NOT_CLOSED
from trialsite.records.crf import CrfDefinition
from visits.conditions import get_conditions
from visits.reach import Reach
from visits.schedule import ScheduledVisit, Standing
from visits.selectors import FormState, get_form_states, schedule_of
from visits.shown_states import StateReader
from visits.visit import Visit, VisitStatus

FINAL = (PatientStatus.SCREEN_FAILED, PatientStatus.WITHDRAWN, PatientStatus.COMPLETED, PatientStatus.DISCONTINUED)
DISPOSITION = "disposition"


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One unfinished thing: of which kind, whose, and what."""

    kind: str
    patient_number: str
    what: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """All that a finder may look at, of one patient; forms and visits are those inside the reach."""

    reach: Reach
    patient: Patient
    protocol: Protocol
    titles: Mapping[str, str]
    forms: Sequence[FormState]
    facts: Mapping[UUID, FormFacts]
    visits: Sequence[Visit]
    conditions: frozenset[str]
    schedule: Sequence[ScheduledVisit]
    items: Mapping[str, tuple[str, ...]]
    verified: Mapping[UUID, frozenset[str]]
    queries: Sequence[DataQuery]

    @property
    def casebook_url(self) -> str:
        return reverse("casebook", args=(self.patient.pk,))

    def visit_label(self, visit_id: UUID | None) -> str:
        visit = next((visit for visit in self.visits if visit.pk == visit_id), None)
        return self.protocol.visit(visit.planned_key).label if visit else "patient"

    def found(self, kind: str, what: str, url: str = "") -> Obstacle:
        return Obstacle(kind, self.patient.number, what, url or self.casebook_url)

    def about(self, kind: str, form: FormState) -> Obstacle:
        what = f"{self.titles[form.form_key]}, {self.visit_label(form.visit_id)}"
        return self.found(kind, what, self.url_of(form))

    def url_of(self, form: FormState) -> str:
        if form.visit_id is not None:
            return reverse("visit_form", args=(form.visit_id, form.form_key))
        return reverse("patient_record", args=(self.patient.pk, form.form_key, form.record_id))


Finder = Callable[[Survey], Iterable[Obstacle]]


def find_drafts(survey: Survey) -> Iterator[Obstacle]:
    for form in survey.forms:
        if form.status != "complete":
            yield survey.about("Incomplete forms", form)


def find_missing_forms(survey: Survey) -> Iterator[Obstacle]:
    if survey.reach.scope is Scope.FORM:
        return
    # A form of the patient bears no visit, whichever visit it is due at.
    stored = {(form.visit_id, form.form_key) for form in survey.forms}
    for visit in survey.visits:
        if visit.status == VisitStatus.MISSED:
            continue
        planned = survey.protocol.visit(visit.planned_key)
        for due in planned.forms_due(survey.conditions):
            is_stored = (visit.pk, due.form) in stored or (None, due.form) in stored
            if due.is_required and due.form in survey.titles and not is_stored:
                what = f"{survey.titles[due.form]}, {planned.label}"
                yield survey.found("Forms not entered", what, reverse("visit", args=(visit.pk,)))


def find_unsigned(survey: Survey) -> Iterator[Obstacle]:
    for form in survey.forms:
        if form.status == "complete" and not survey.facts[form.record_id].is_signed:
            yield survey.about("Unsigned forms", form)


def find_unverified(survey: Survey) -> Iterator[Obstacle]:
    for form in survey.forms:
        items = survey.items[form.form_key]
        if items and form.status == "complete" and not survey.facts[form.record_id].is_verified:
            left = len(set(items) - survey.verified.get(form.record_id, frozenset()))
            what = f"{survey.titles[form.form_key]}, {survey.visit_label(form.visit_id)}: {left} of {len(items)} items"
            yield survey.found("Critical items not verified", what, survey.url_of(form))


def find_missing_visits(survey: Survey) -> Iterator[Obstacle]:
    if survey.reach.scope in (Scope.FORM, Scope.VISIT):
        return
    seen = (Standing.ATTENDED, Standing.OUT_OF_WINDOW, Standing.MISSED, Standing.NOT_EXPECTED)
    for scheduled in survey.schedule:
        if scheduled.standing not in seen:
            yield survey.found("Visits without a record", f"{scheduled.planned.label}: {scheduled.standing.value}")


def find_unreconciled(survey: Survey) -> Iterator[Obstacle]:
    if survey.reach.scope in (Scope.FORM, Scope.VISIT):
        return
    if survey.patient.status not in FINAL:
        yield survey.found("Patients not reconciled", f"status is {survey.patient.get_status_display().lower()}")
    if not any(form.form_key == DISPOSITION and form.status == "complete" for form in survey.forms):
        yield survey.found("Patients not reconciled", "no complete disposition form")


def find_open_queries(survey: Survey) -> Iterator[Obstacle]:
    for query in survey.queries:
        url = reverse("query", args=(query.pk,))
        yield survey.found("Open data queries", f"{survey.titles[query.form_key]}, {query.field_label}", url)


FINDERS: tuple[Finder, ...] = (
    find_drafts,
    find_open_queries,
    find_missing_forms,
    find_unsigned,
    find_unverified,
    find_missing_visits,
    find_unreconciled,
)


@dataclass(frozen=True, slots=True)
class LockReport:
    obstacles: Sequence[Obstacle]

    @property
    def counts(self) -> list[tuple[str, int]]:
        return list(Counter(obstacle.kind for obstacle in self.obstacles).items())

    def of_kind(self, kind: str) -> Sequence[Obstacle]:
        """Those of one kind, by its words; all of them for "" and for a kind of which there is none."""
        return [one for one in self.obstacles if one.kind == kind] or self.obstacles

    @property
    def in_words(self) -> str:
        return ", ".join(f"{kind.lower()}: {count}" for kind, count in self.counts)


def report_before_lock(reach: Reach, definitions: Sequence[CrfDefinition], protocol: Protocol) -> LockReport:
    """Everything unfinished inside, by patient."""
    found = [
        obstacle
        for survey in _survey(reach, [one for one in definitions if reach.holds(one)], protocol)
        for finder in FINDERS
        for obstacle in finder(survey)
    ]
    order = {kind: place for place, kind in enumerate(dict.fromkeys(obstacle.kind for obstacle in found))}
    return LockReport(sorted(found, key=lambda obstacle: order[obstacle.kind]))


def look_at(reach: Reach, definitions: Sequence[CrfDefinition], protocol: Protocol) -> Survey:
    """The survey of one patient, for a finder that is asked by itself."""
    return next(_survey(reach, [one for one in definitions if reach.holds(one)], protocol))


def _survey(reach: Reach, definitions: Sequence[CrfDefinition], protocol: Protocol) -> Iterator[Survey]:
    patients = [reach.patient] if reach.patient else cast("list[Patient]", list(Patient.objects.order_by("number")))
    ids = [patient.pk for patient in patients]
    marks = get_marks(ids) if reach.patient else get_all_marks()
    reader = StateReader(marks, definitions, protocol)
    states = get_form_states(ids, definitions)
    visits: dict[UUID, list[Visit]] = {patient_id: [] for patient_id in ids}
    for visit in Visit.objects.filter(patient_id__in=ids):
        visits[visit.patient_id].append(visit)
    conditions = get_conditions(patients, protocol)
    queries = _open_queries(reach, ids, reader.items)
    for patient in patients:
        today = clock.today(protocol.site(patient.site_code).time_zone)
        forms = [form for form in states[patient.pk] if _is_inside(reach, form)]
        yield Survey(
            reach=reach,
            patient=patient,
            protocol=protocol,
            titles={definition.key: definition.title for definition in definitions},
            forms=forms,
            facts={form.record_id: reader.facts_of(form, patient.pk) for form in forms},
            visits=[visit for visit in visits[patient.pk] if reach.visit is None or visit.pk == reach.visit.pk],
            conditions=conditions[patient.pk],
            schedule=schedule_of(patient, visits[patient.pk], protocol, today, conditions[patient.pk]),
            items=reader.items,
            queries=[query for query in queries if query.patient_id == patient.pk],
            verified={form.record_id: marks.verified_fields(form.record_id) for form in forms},
        )


def _open_queries(reach: Reach, patient_ids: Sequence[UUID], keys: Iterable[str]) -> list[DataQuery]:
    rows = DataQuery.objects.filter(patient_id__in=patient_ids, state__in=NOT_CLOSED, form_key__in=list(keys))
    if reach.scope is Scope.FORM and reach.record is not None:
        rows = rows.filter(record_id=reach.record.pk)
    elif reach.scope is Scope.VISIT and reach.visit is not None:
        rows = rows.filter(visit_id=reach.visit.pk)
    return list(rows.filter(is_restricted=False))


def _is_inside(reach: Reach, form: FormState) -> bool:
    if reach.scope is Scope.FORM:
        return reach.record is not None and form.record_id == reach.record.pk
    return reach.scope is not Scope.VISIT or (reach.visit is not None and form.visit_id == reach.visit.pk)
