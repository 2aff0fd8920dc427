"""Entering the forms of a visit, and the logs and single forms of a patient."""

import uuid
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any, cast
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from enrollment.context import PatientContext, PatientFacts
from enrollment.crfs.consent.form import CONSENT
from enrollment.crfs.registry import ENROLLMENT_CRFS, definition_for
from enrollment.models import Patient
from enrollment.selectors.facts import get_form_context
from trialsite.accounts.access import SignedInRequest, requires
from trialsite.accounts.actor import actor_of
from trialsite.accounts.models import User
from trialsite.accounts.roles import Permission
from trialsite.marks.selectors import get_marks
from trialsite.protocol.current import get_protocol
from trialsite.records.crf import CrfDefinition
from trialsite.records.entry import Entry, handle_entry
from trialsite.records.forms import CrfForm
from trialsite.records.models import CaseReportForm
from visits.actions.justification import ask_justification
from visits.actions.outflow import note_patient
from visits.actions.questions import follow_refusal, prepare_save
from visits.actions.telling import ask_to_think
from visits.context import build_context
from visits.crfs.context import VisitContext
from visits.crfs.doppler.form import DOPPLER
from visits.outflow import find_outflow_moment
from visits.selectors import FormState, find_neighbors
from visits.shown_states import StateReader
from visits.threads import annotate
from visits.views.consent_first import consent_first, withdrawn_use
from visits.views.entry_marks import read_entry_marks
from visits.views.loaders import (
    load_definition,
    load_patient,
    load_patient_with_facts,
    load_planned,
    load_visit_with_facts,
)
from visits.visit import Visit, VisitStatus

_READERS = (Permission.VIEW_PATIENTS, Permission.VIEW_WORKLIST)


@requires(*_READERS)
def visit_form(request: SignedInRequest, visit_id: UUID, key: str) -> HttpResponse:
    """One form of one visit."""
    visit, facts = load_visit_with_facts(request.user, visit_id)
    definition = load_definition(request.user, key)
    if definition.kind != "visit" or definition.is_restricted or visit.status == VisitStatus.MISSED:
        raise Http404
    if refused := consent_first(request, visit.patient, facts):
        return refused
    record, context = open_visit_form(definition, visit, facts)
    if refused := withdrawn_use(request, visit.patient, key, is_new=not record.is_stored):
        return refused
    if key == DOPPLER.key and request.method == "GET":
        note_patient(request.user, visit.patient_id, get_protocol())  # it shows what other visits gave, too
    return handle_entry(request, make_visit_entry(request.user, definition, record, visit, context))


def open_visit_form(
    definition: CrfDefinition, visit: Visit, facts: PatientFacts
) -> tuple[CaseReportForm, VisitContext]:
    """The form as stored, or a new one, and everything around it."""
    neighbors = find_neighbors(definition, visit, get_protocol())
    record = neighbors.own or new_visit_form(definition, visit)
    context = build_context(
        definition,
        visit.patient,
        get_protocol(),
        visit=visit,
        record_id=record.pk,
        facts=facts,
        neighbors=neighbors,
    )
    return record, context


def new_visit_form(definition: CrfDefinition, visit: Visit) -> CaseReportForm:
    """A form a visit has once has one possible id, so that two people who open it at once open the same."""
    made = definition.new(
        id=uuid.uuid5(visit.pk, definition.key), patient=visit.patient, visit=visit, assessed_on=visit.visited_on
    )
    return cast(CaseReportForm, made)


def make_visit_entry(
    user: User, definition: CrfDefinition, record: CaseReportForm, visit: Visit, context: VisitContext
) -> Entry:
    """The entry page of a visit's form. Who has no patient list comes from the worklist, and goes back there."""
    planned = load_planned(visit.patient, visit.planned_key)
    sees_patients = user.may(Permission.VIEW_PATIENTS)
    back = reverse("visit", args=(visit.pk,)) if sees_patients else reverse("worklist")
    head = [
        ("Patients", reverse("patients")),
        (visit.patient.number, reverse("casebook", args=(visit.patient_id,))),
        (planned.label, back),
    ]
    return _entry(
        user,
        definition,
        record,
        visit.patient,
        done_url=back,
        context=context,
        page={
            "trail": [
                *(head if sees_patients else [("Worklist", back), (visit.patient.number, "")]),
                (definition.title, ""),
            ],
            "patient": visit.patient,
            "subtitle": f"{visit.patient.number} · {planned.label} · {visit.visited_on}",
        },
    )


@requires(*_READERS)
def patient_log(request: SignedInRequest, patient_id: UUID, key: str) -> HttpResponse:
    """The list of a log, such as adverse events; a single form opens at once, unless there is none yet and the person only reads."""
    patient = load_patient(request.user, patient_id)
    definition = load_definition(request.user, key)
    if definition.kind == "visit":
        raise Http404
    records = list(definition.rows.filter(patient=patient).select_related("patient").order_by("recorded_at"))
    if definition.kind == "single" and (records or definition.may_enter(request.user)):
        return redirect("patient_record", patient.pk, key, records[0].pk if records else _single_id(patient, key))
    page = {
        "patient": patient,
        "definition": definition,
        "lines": [
            (record, definition.summary(record), _record_url(patient, definition, record.pk), state)
            for record, state in zip(records, _shown_states(definition, patient, records), strict=True)
        ],
        "new_url": _record_url(patient, definition, uuid.uuid4()),
        "may_enter": definition.may_enter(request.user),
        "time_zone": get_protocol().site(patient.site_code).time_zone,
        "trail": [*_log_trail(patient, definition)[:2], (definition.title, "")],
    }
    return render(request, "visits/log.html", page)


def _shown_states(definition: CrfDefinition, patient: Patient, records: Iterable[CaseReportForm]) -> list[str]:
    states = StateReader(get_marks([patient.pk]), [definition], get_protocol())
    forms = [FormState(definition.key, record.pk, None, record.status) for record in records]
    return [form.status for form in states.shown(forms, patient.pk)]


@requires(*_READERS)
def patient_record(request: SignedInRequest, patient_id: UUID, key: str, record_id: UUID) -> HttpResponse:
    """One entry of a log, or a single form. A new one is named by the id it will have, so sending it twice stores it once."""
    patient, facts = load_patient_with_facts(request.user, patient_id)
    definition = load_definition(request.user, key)
    if definition.kind == "visit":
        raise Http404
    if key != CONSENT.key and (refused := consent_first(request, patient, facts)):
        return refused
    record = _find_or_new(request, definition, patient, record_id)
    if refused := withdrawn_use(request, patient, key, is_new=not record.is_stored):
        return refused
    context = _patient_context(definition, patient, record.pk, facts)
    if isinstance(context, PatientContext):
        definition = definition_for(definition, context)
    done = "casebook" if definition.kind == "single" else "patient_log"
    entry = _entry(
        request.user,
        definition,
        record,
        patient,
        done_url=reverse(done, args=(patient.pk,) if definition.kind == "single" else (patient.pk, key)),
        context=context,
        page={"trail": _log_trail(patient, definition), "patient": patient, "subtitle": patient.number},
    )
    return handle_entry(request, entry)


def _patient_context(
    definition: CrfDefinition, patient: Patient, record_id: UUID, facts: PatientFacts
) -> PatientContext | VisitContext:
    if definition.key in ENROLLMENT_CRFS:
        return get_form_context(definition.key, patient, get_protocol(), record_id, facts)
    return build_context(definition, patient, get_protocol(), record_id=record_id, facts=facts)


def _single_id(patient: Patient, key: str) -> UUID:
    """A form a patient has once has one possible id, so that two people who open it at once open the same."""
    return uuid.uuid5(patient.pk, key)


def _find_or_new(
    request: SignedInRequest, definition: CrfDefinition, patient: Patient, record_id: UUID
) -> CaseReportForm:
    manager = definition.rows.select_related("patient")
    found = manager.filter(pk=record_id).first()
    if found is None and definition.kind == "single":
        found = manager.filter(patient=patient).first()
    if found is not None and found.patient_id != patient.pk:
        raise Http404
    if found is None and not definition.may_enter(request.user):
        raise Http404
    return cast(CaseReportForm, found or definition.new(id=record_id, patient=patient))


def _record_url(patient: Patient, definition: CrfDefinition, record_id: UUID) -> str:
    return reverse("patient_record", args=(patient.pk, definition.key, record_id))


def _log_trail(patient: Patient, definition: CrfDefinition) -> list[tuple[str, str]]:
    log = reverse("patient_log", args=(patient.pk, definition.key)) if definition.kind == "log" else ""
    head = [
        ("Patients", reverse("patients")),
        (patient.number, reverse("casebook", args=(patient.pk,))),
        (definition.title, log),
    ]
    return [*head, ("Entry", "")] if log else head


def _annotate(form: CrfForm, record: CaseReportForm, *, patient: Patient, user: User) -> Mapping[str, Any]:
    """The queries of the form, and whether the person rates knowing the outflow."""
    since = find_outflow_moment(form.definition, patient, user, get_protocol())
    return {**annotate(form, record, user=user), "knows_outflow_since": since}


def _entry(
    user: User,
    definition: CrfDefinition,
    record: CaseReportForm,
    patient: Patient,
    *,
    done_url: str,
    context: Any,
    page: dict[str, Any],
) -> Entry:
    protocol = get_protocol()
    return Entry(
        definition=definition,
        record=record,
        context=context,
        protocol=protocol,
        time_zone=protocol.site(patient.site_code).time_zone,
        done_url=done_url,
        history_url=reverse("record_history", args=(definition.key, record.pk)),
        page=page,
        also=prepare_save(definition, record, context, protocol, actor_of(user)),
        justify=ask_justification(definition, patient, user),
        think=ask_to_think(definition, patient, user),
        on_refusal=partial(follow_refusal, actor=actor_of(user)),
        annotate=partial(_annotate, patient=patient, user=user),
        read_marks=partial(read_entry_marks, definition, record, user),
    )
