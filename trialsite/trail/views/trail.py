"""The audit trail as a story: of the whole trial, of a patient, of a visit, of a form."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from trialsite.accounts.access import SignedInRequest, requires
from trialsite.accounts.roles import Permission
from trialsite.audit.models import AuditEvent
from trialsite.protocol.current import get_protocol
from trialsite.trail.forms import TrailForm
from trialsite.trail.presenters import present_events
from trialsite.trail.selectors import (
    TrailPage,
    get_page,
    get_patient_events,
    get_record_events,
    get_visit_record_ids,
    narrow_events,
    search_page,
)
from visits.actions.outflow import KINDS, note_records
from visits.selectors import find_grid_rows, find_record
from visits.views.loaders import load_definition, load_patient, load_visit, visible_definitions


@requires(Permission.VIEW_TRIAL_AUDIT)
@require_safe
def trail(request: SignedInRequest) -> HttpResponse:
    """Every event the person may know of: the latest first, narrowed by a filter."""
    form = TrailForm(request.user, request.GET or None)
    wanted = form.wanted
    page = {"title": "Audit trail", "form": form, "asked": wanted.told(), "may_export": not form.errors}
    before = request.GET.get("before", "")
    if wanted.text:
        return _show(request, search_page(request.user, wanted, before), page)
    return _show(request, get_page(narrow_events(request.user, wanted), before), page)


@requires(Permission.VIEW_PATIENTS)
@require_safe
def patient_trail(request: SignedInRequest, patient_id: UUID) -> HttpResponse:
    patient = load_patient(request.user, patient_id)
    page = {
        "title": f"{patient.number}: audit trail",
        "trail": [*_head(patient), ("Audit trail", "")],
        "past_url": reverse("casebook_as_of", args=(patient.pk,)),
        "past_words": "The casebook at an earlier moment",
    }
    return _show(request, _page_of(request, get_patient_events(request.user, patient.pk)), page)


@requires(Permission.VIEW_PATIENTS)
@require_safe
def visit_trail(request: SignedInRequest, visit_id: UUID) -> HttpResponse:
    """The visit and every form stored at it."""
    visit = load_visit(request.user, visit_id)
    label = next((item.label for item in get_protocol().visits if item.key == visit.planned_key), visit.planned_key)
    ids = get_visit_record_ids(visit, visible_definitions(request.user))
    trail = [*_head(visit.patient), (label, reverse("visit", args=(visit.pk,))), ("Audit trail", "")]
    return _show(
        request,
        _page_of(request, get_record_events(request.user, ids)),
        {"title": f"{visit.patient.number}, {label}: audit trail", "trail": trail},
    )


@requires(Permission.VIEW_PATIENTS)
def form_trail(request: SignedInRequest, key: str, record_id: UUID) -> HttpResponse:
    """One form with its rows."""
    definition = load_definition(request.user, key)
    record: Any = find_record(definition, record_id)
    if record is None or not request.user.may_see_site(record.patient.site_code):
        raise Http404
    events = get_record_events(request.user, [record.pk, *find_grid_rows(definition, record)])
    history = reverse("record_history", args=(key, record.pk))
    trail = [*_head(record.patient), (definition.title, history), ("Audit trail", "")]
    return _show(
        request,
        _page_of(request, events),
        {"title": f"{record.patient.number}, {definition.title}: audit trail", "trail": trail},
    )


def _head(patient: Any) -> list[tuple[str, str]]:
    return [("Patients", reverse("patients")), (patient.number, reverse("casebook", args=(patient.pk,)))]


def _page_of(request: SignedInRequest, events: "QuerySet[AuditEvent]") -> TrailPage:
    return get_page(events, request.GET.get("before", ""))


def _show(request: SignedInRequest, found: TrailPage, page: dict[str, Any]) -> HttpResponse:
    examined = {event.record_id for event in found.events if event.record_kind in KINDS and event.record_id}
    note_records(request.user, examined, get_protocol())
    more = {
        "lines": present_events(found.events, get_protocol(), request.user),
        "older": found.older,
        "searched_to": found.searched_to,
        "is_first": "before" not in request.GET,
        "query": _query(request),
        "sees_trial_audit": request.user.may(Permission.VIEW_TRIAL_AUDIT),
        "may_remark": request.user.may(Permission.REMARK_ON_TRAIL),
        "remarks_on_restricted": request.user.may(Permission.VIEW_RESTRICTED_RECORDS),
    }
    status = 422 if "form" in page and page["form"].errors else 200
    return render(request, "trail/trail.html", {**page, **more}, status=status)


def _query(request: HttpRequest) -> str:
    """What was asked for, for the link to older events."""
    asked = request.GET.copy()
    asked.pop("before", None)
    return asked.urlencode()
