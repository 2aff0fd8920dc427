"""The casebook of a patient as pages of paper: what a template prints, decided here."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import groupby
from uuid import UUID
from zoneinfo import ZoneInfo

from endpoints.exports.manifest import list_manifest
from enrollment.models import Patient
from trialsite.accounts.models import User
from trialsite.printing.content import Content
from trialsite.printing.items import FormBody, FormPrinter
from trialsite.protocol.model import Protocol
from trialsite.queries.models import QueryState
from trialsite.queries.rules import Act
from trialsite.signatures.models import ELIGIBILITY
from trialsite.trail.presenters import EventLine, present_events
from visits.conditions import conditions_when, get_conditions
from visits.mark_panel import SignatureLine
from visits.presenters import Casebook, present_casebook
from visits.reach import StoredForm
from visits.selectors import FormState, schedule_of
from visits.shown_states import StateReader
from visits.visit import Visit, VisitStatus

Facts = Sequence[tuple[str, str]]
OnForm = Callable[[int, int, str], None]

PAST_NOTE = (
    "This is the casebook as it stood at an earlier moment, built from the audit trail."
    " Values that the system computes are printed with the present state only."
)
_ACT_WORDS = {Act.OPEN: "asked", Act.ANSWER: "answered", Act.CLOSE: "closed", Act.REOPEN: "asked again"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperForm:
    """`anchor` is where links and bookmarks lead, `is_verified` as a whole, `history` who entered and changed it.

    `signatures` are those of this form alone.
    """

    anchor: str
    title: str
    state: str
    is_verified: bool
    history: str
    is_restricted: bool
    body: FormBody
    signatures: Sequence[SignatureLine]


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperPart:
    """A chapter: the forms of the patient, or those of one visit."""

    anchor: str
    title: str
    facts: Facts
    forms: Sequence[PaperForm]
    signatures: Sequence[SignatureLine]


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperQuery:
    where: str
    item: str
    state: str
    messages: Sequence[tuple[str, str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperEvent:
    """One event of the trail: when, what in sentences, why, and by whom."""

    at: datetime
    headline: str
    words: Sequence[str]
    reason: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperCasebook:
    title: str
    trial: str
    number: str
    running_head: str
    printed_by: str
    moment: datetime
    note: str
    facts: Facts
    manifest: Facts
    grid: Casebook
    parts: Sequence[PaperPart]
    signatures: Sequence[SignatureLine]
    queries: Sequence[PaperQuery] | None
    events: Sequence[PaperEvent] | None


def present_paper(
    content: Content, user: User, protocol: Protocol, *, with_queries: bool, with_audit: bool, on_form: OnForm
) -> PaperCasebook:
    """Everything that is printed. `on_form` hears (done, of how many, which) before each form."""
    with content.still():
        return _Writer(content, user, protocol, on_form).write(with_queries=with_queries, with_audit=with_audit)


class _Writer:
    def __init__(self, content: Content, user: User, protocol: Protocol, on_form: OnForm) -> None:
        self.content, self.user, self.protocol = content, user, protocol
        self.on_form = on_form
        self.states = StateReader(content.marks, content.definitions, protocol)
        self.visit_words = {visit.pk: self._visit_title(visit) for visit in content.visits}
        self.done = 0

    def write(self, *, with_queries: bool, with_audit: bool) -> PaperCasebook:
        patient, moment = self.content.patient, self.content.moment.astimezone(UTC)
        trial = f"{self.protocol.acronym} {self.protocol.registry}".strip()
        when = f"{moment:%Y-%m-%d %H:%M:%S} UTC"
        return PaperCasebook(
            title=f"Casebook of {patient.number}",
            trial=self.protocol.title,
            number=patient.number,
            running_head=f"{trial} · patient {patient.number} · as of {when}",
            printed_by=f"Printed by {self.user.full_name} ({self.user.username}), {self.user.role_label}",
            moment=moment,
            note=PAST_NOTE if self.content.is_past else "",
            facts=list(self._facts(patient)),
            manifest=list_manifest(self.protocol, self.user, moment, words="As of"),
            grid=self._casebook(),
            parts=list(self._parts()),
            signatures=[SignatureLine(one, end) for one, end in self.content.signatures],
            queries=list(self._queries()) if with_queries else None,
            events=self._events() if with_audit else None,
        )

    def _facts(self, patient: Patient) -> Iterator[tuple[str, str]]:
        phase = self.protocol.phase(patient.phase_number)
        yield "Patient number", patient.number
        yield "Site", f"{self.protocol.site(patient.site_code).name} ({patient.site_code})"
        yield "Phase", phase.label
        yield "Protocol version", self.protocol.version
        yield "Status", patient.get_status_display()
        yield "Registered", str(patient.registered_on)
        days = (
            ("Randomized" if phase.is_randomized else "Enrolled", patient.entered_on),
            ("Procedure (day 0)", patient.procedure_on),
            ("Screening failure", patient.screen_failed_on),
            ("Withdrawn", patient.withdrawn_on),
            ("Died", patient.died_on),
            ("Ended", patient.ended_on),
        )
        yield from ((label, str(day)) for label, day in days if day)
        if patient.randomization_code:
            yield "Randomization code", patient.randomization_code

    def _casebook(self) -> Casebook:
        content = self.content
        states = [self._form_state(form) for form in content.forms]
        zone = ZoneInfo(self.protocol.site(content.patient.site_code).time_zone)
        conditions = self._conditions()
        schedule = schedule_of(
            content.patient, content.visits, self.protocol, content.moment.astimezone(zone).date(), conditions
        )
        return present_casebook(
            content.patient,
            schedule,
            list(content.visits),
            [replace(state, status=self._state(state)) for state in states],
            list(content.definitions),
            conditions,
            {},
        )

    def _conditions(self) -> frozenset[str]:
        if not self.content.is_past:
            return get_conditions([self.content.patient], self.protocol)[self.content.patient.pk]
        about = [form.record for form in self.content.forms if form.definition.key == "demographics"]
        is_childbearing = any(record.get_value("has_childbearing_potential") is True for record in about)
        return conditions_when(self.content.patient, self.protocol, is_childbearing=is_childbearing)

    def _state(self, form: FormState) -> str:
        return self.states.state_of(form, self.content.patient.pk).value

    def _form_state(self, form: StoredForm) -> FormState:
        return FormState(form.definition.key, form.record.pk, form.visit_id, form.record.status)

    def _parts(self) -> Iterator[PaperPart]:
        of_patient = [form for form in self.content.forms if form.visit_id is None]
        yield PaperPart(
            anchor="patient",
            title="Forms of the patient",
            facts=(),
            forms=self._forms(of_patient),
            signatures=self._signatures_of(self.content.patient.pk),
        )
        for visit in self.content.visits:
            yield PaperPart(
                anchor=f"visit-{visit.pk}",
                title=self.visit_words[visit.pk],
                facts=list(_visit_facts(visit)),
                forms=self._forms([form for form in self.content.forms if form.visit_id == visit.pk]),
                signatures=self._signatures_of(visit.pk),
            )

    def _visit_title(self, visit: Visit) -> str:
        label = self.protocol.visit(visit.planned_key).label
        return f"{label} {visit.occasion}" if visit.occasion > 1 else label

    def _forms(self, forms: Sequence[StoredForm]) -> list[PaperForm]:
        order = {definition.key: place for place, definition in enumerate(self.content.definitions)}
        ordered = sorted(forms, key=lambda form: order[form.definition.key])
        return [
            self._form(form, number if len(entries) > 1 else 0)
            for _, group in groupby(ordered, key=lambda form: form.definition.key)
            for entries in [list(group)]
            for number, form in enumerate(entries, 1)
        ]

    def _form(self, form: StoredForm, number: int) -> PaperForm:
        record, definition = form.record, form.definition
        self.on_form(self.done, len(self.content.forms), f"Form {definition.title}")
        self.done += 1
        verified = self.content.marks.verified_fields(record.pk)
        printer = FormPrinter(form, self.protocol, verified, with_computed=not self.content.is_past)
        return PaperForm(
            anchor=f"form-{record.pk}",
            title=f"{definition.title} {number}" if number else definition.title,
            state=self._state(self._form_state(form)),
            is_verified="" in verified,
            history=_history(form),
            is_restricted=definition.is_restricted,
            body=printer.print(),
            signatures=self._signatures_of(record.pk),
        )

    def _signatures_of(self, record_id: UUID) -> list[SignatureLine]:
        return [
            SignatureLine(one, end)
            for one, end in self.content.signatures
            if one.record_id == record_id and one.scope != ELIGIBILITY
        ]

    def _queries(self) -> Iterator[PaperQuery]:
        titles = {definition.key: definition.title for definition in self.content.definitions}
        for query, thread in self.content.queries:
            where = self.visit_words.get(query.visit_id, "") if query.visit_id else ""
            yield PaperQuery(
                where=", ".join(part for part in (where, titles[query.form_key]) if part),
                item=query.field_label,
                state=QueryState(query.state).label,
                messages=[
                    (f"{one.appended_at:%Y-%m-%d %H:%M} UTC", f"{one.author_name} {_ACT_WORDS[Act(one.act)]}", one.text)
                    for one in thread
                ],
            )

    def _events(self) -> list[PaperEvent]:
        return [_event(line) for line in present_events(self.content.events, self.protocol)]


def _visit_facts(visit: Visit) -> Iterator[tuple[str, str]]:
    yield "Visit", visit.get_status_display()
    if visit.visited_on:
        yield "Date", str(visit.visited_on)
    if visit.status == VisitStatus.MISSED:
        yield "Why it was missed", visit.missed_reason
    if visit.unscheduled_reason:
        yield "Why the patient was seen", visit.unscheduled_reason


def _history(form: StoredForm) -> str:
    record = form.record
    said = f"Revision {record.revision}, first entered {_at(record.recorded_at)} by {record.recorded_by}"
    return said if record.revision == 1 else f"{said}, last changed {_at(record.changed_at)} by {record.changed_by}"


def _at(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _event(line: EventLine) -> PaperEvent:
    return PaperEvent(
        at=line.at,
        headline=line.headline + (f" ({line.where})" if line.where else ""),
        words=[change.words for change in line.changes] or ([line.detail] if line.detail else []),
        reason=line.reason,
        by=f"{line.by or line.username}{f' ({line.roles})' if line.roles else ''}",
    )
