"""One visit: when it took place, and the forms that belong to it."""

import uuid
from uuid import UUID

from django.contrib import messages
from django.db import IntegrityError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from enrollment.models import Patient
from trialsite.accounts.access import SignedInRequest, requires
from trialsite.accounts.actor import actor_of
from trialsite.accounts.roles import Permission
from trialsite.lib.keep import kept_key
from trialsite.marks.actions import say_closed
from trialsite.marks.selectors import get_marks
from trialsite.protocol.current import get_protocol
from trialsite.protocol.model import PlannedVisit
from trialsite.queries.selectors import count_by_form
from trialsite.records.actions import StaleRecordError
from visits.actions.visit import VisitRefusedError, correct_visit, record_visit
from visits.conditions import conditions_of
from visits.forms import AttendanceForm, UnscheduledForm
from visits.mark_panel import make_panel
from visits.presenters import present_visit_forms
from visits.schedule import window_of
from visits.selectors import find_planned_visit, find_visit, get_form_states
from visits.shown_states import StateReader
from visits.threads import scope_of
from visits.views.consent_first import consent_first
from visits.views.loaders import load_patient, load_planned, load_visit, make_visit_reach, visible_definitions
from visits.visit import Visit, VisitStatus

_RECORDERS = (Permission.ENTER_DATA, Permission.ENTER_PROCEDURE, Permission.ENTER_ASSESSMENTS)


@requires(Permission.VIEW_PATIENTS)
def planned_visit(request: SignedInRequest, patient_id: UUID, key: str) -> HttpResponse:
    """A visit of the protocol that has no record yet: enter when it took place."""
    patient = load_patient(request.user, patient_id)
    planned = load_planned(patient, key)
    stored = find_planned_visit(patient, key)
    if stored is not None:
        return _show_stored(request, stored)
    if refused := consent_first(request, patient):
        return refused
    form = _attendance(request)
    if request.method == "POST" and _may_record(request) and form.is_valid():
        return _record(request, patient, planned, form)
    return _page(request, patient, planned, None, form)


@requires(Permission.ENTER_DATA)
def unscheduled_visit(request: SignedInRequest, patient_id: UUID, visit_id: UUID | None = None) -> HttpResponse:
    """Enter a visit between the planned ones. It is named by the id it will have, so sending it twice stores it once."""
    patient = load_patient(request.user, patient_id)
    planned = _load_unscheduled(patient)
    if refused := consent_first(request, patient):
        return refused
    if visit_id is None:
        return redirect("new_unscheduled_visit", patient.pk, uuid.uuid4())
    if (stored := find_visit(request.user, visit_id)) is not None:
        return _show_stored(request, stored)
    form = UnscheduledForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        return _record(request, patient, planned, form, visit_id=visit_id)
    return _page(request, patient, planned, None, form)


def _show_stored(request: SignedInRequest, stored: Visit) -> HttpResponse:
    """A page that was sent again, or left open while the visit was recorded: nothing is stored, and the page says so."""
    if request.method == "POST":
        said = f"This visit is recorded already: {_words(stored)}. Nothing new was stored. Correct it below if need be."
        messages.warning(request, said)
    return redirect("visit", stored.pk)


def _load_unscheduled(patient: Patient) -> PlannedVisit:
    """What the protocol says of visits between the planned ones; a protocol may know none."""
    found = get_protocol().visits_of_kind(patient.phase_number, "unscheduled")
    if not found:
        raise Http404
    return found[0]


@requires(Permission.VIEW_PATIENTS)
def visit(request: SignedInRequest, visit_id: UUID) -> HttpResponse:
    """A recorded visit: its forms, and a way to correct its date."""
    stored = load_visit(request.user, visit_id)
    planned = load_planned(stored.patient, stored.planned_key)
    form = _attendance(request, stored)
    if request.method == "POST" and _may_record(request) and form.is_valid():
        return _correct(request, stored, planned, form)
    return _page(request, stored.patient, planned, stored, form)


def _may_record(request: SignedInRequest) -> bool:
    return any(request.user.may(permission) for permission in _RECORDERS)


def _attendance(request: SignedInRequest, stored: Visit | None = None) -> AttendanceForm:
    names = ("status", "visited_on", "missed_reason", "unscheduled_reason")
    initial = {name: getattr(stored, name) for name in names} if stored else {}
    kind = UnscheduledForm if stored is not None and stored.unscheduled_reason else AttendanceForm
    return kind(request.POST if request.method == "POST" else None, visit=stored, initial=initial)


def _record(
    request: SignedInRequest,
    patient: Patient,
    planned: PlannedVisit,
    form: AttendanceForm,
    *,
    visit_id: UUID | None = None,
) -> HttpResponse:
    try:
        stored = record_visit(
            patient,
            planned,
            form.visit_values,
            protocol=get_protocol(),
            actor=actor_of(request.user),
            visit_id=visit_id,
        )
    except VisitRefusedError as refused:
        return _refuse(request, patient, planned, None, form, refused)
    except IntegrityError:
        found = find_visit(request.user, visit_id) if visit_id else find_planned_visit(patient, planned.key)
        if found is None:
            raise
        messages.warning(
            request, f"A colleague has just recorded this visit: {_words(found)}. Correct it below if need be."
        )
        return redirect("visit", found.pk)
    messages.success(request, f"{planned.label} recorded.", extra_tags=kept_key(request))
    return redirect("visit", stored.pk)


def _correct(request: SignedInRequest, stored: Visit, planned: PlannedVisit, form: AttendanceForm) -> HttpResponse:
    base = request.POST.get("base_revision", "")
    try:
        correct_visit(
            stored,
            planned,
            form.visit_values,
            protocol=get_protocol(),
            actor=actor_of(request.user),
            base_revision=int(base) if base.isascii() and base.isdigit() and len(base) < 9 else 0,
            reason=form.change_reason,
        )
    except VisitRefusedError as refused:
        return _refuse(request, stored.patient, planned, stored, form, refused)
    except StaleRecordError:
        theirs = load_visit(request.user, stored.pk)
        sentence = f"{theirs.changed_by} has changed this visit meanwhile: {_words(theirs)}. Save again to replace it."
        form.add_error(None, sentence)
        return _page(request, stored.patient, planned, theirs, form)
    messages.success(request, f"{planned.label} corrected.", extra_tags=kept_key(request))
    return redirect("visit", stored.pk)


def _words(visit: Visit) -> str:
    return f"missed, {visit.missed_reason}" if visit.status == VisitStatus.MISSED else f"{visit.visited_on}"


def _refuse(
    request: SignedInRequest,
    patient: Patient,
    planned: PlannedVisit,
    stored: Visit | None,
    form: AttendanceForm,
    refused: VisitRefusedError,
) -> HttpResponse:
    for finding in refused.findings:
        form.add_error(finding.field, finding.message)
    return _page(request, patient, planned, stored, form)


def _page(
    request: SignedInRequest, patient: Patient, planned: PlannedVisit, stored: Visit | None, form: AttendanceForm
) -> HttpResponse:
    definitions = visible_definitions(request.user)
    conditions = conditions_of(patient, get_protocol())
    states = get_form_states([patient.pk], definitions)[patient.pk] if stored else []
    marks = get_marks([patient.pk])
    shown = StateReader(marks, definitions, get_protocol()).shown(states, patient.pk)
    panel = make_panel(make_visit_reach(stored), marks, request.user) if stored else None
    closed = next((mark for mark in marks.on(stored.pk if stored else None, patient.pk) if mark.is_hold), None)
    page = {
        "marks_panel": panel,
        "closed_because": say_closed(closed.what, closed.label) if closed else "",
        "patient": patient,
        "planned": planned,
        "visit": stored,
        "form": form,
        "window": window_of(planned, patient.anchor_on),
        "lines": present_visit_forms(
            stored, planned, conditions, shown, definitions, count_by_form(scope_of(request.user), patient.pk)
        )
        if stored
        else [],
        "may_record": _may_record(request) and closed is None,
        "trail": [
            ("Patients", reverse("patients")),
            (patient.number, reverse("casebook", args=(patient.pk,))),
            (planned.label, ""),
        ],
    }
    return render(request, "visits/visit.html", page, status=422 if form.errors else 200)
