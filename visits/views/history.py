"""The history of a form, and of one value in it: who, when, why, old and new."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from trialsite.accounts.access import SignedInRequest, requires
from trialsite.accounts.roles import Permission
from trialsite.protocol.current import get_protocol
from trialsite.records.crf import CrfDefinition
from trialsite.records.history import get_field_history, get_record_history
from trialsite.records.links import name_links
from trialsite.records.models import CaseReportForm
from trialsite.records.wording import word_change
from visits.actions.outflow import note_records
from visits.crfs.doppler.form import DOPPLER
from visits.presenters import form_url
from visits.selectors import find_grid_rows, find_record
from visits.views.loaders import load_definition

_READERS = (Permission.VIEW_PATIENTS, Permission.VIEW_WORKLIST)


@requires(*_READERS)
def record_history(request: SignedInRequest, key: str, record_id: UUID, field: str = "") -> HttpResponse:
    definition, record = _load(request, key, record_id)
    title = _label(definition, field)
    if key == DOPPLER.key:
        note_records(request.user, [record.pk], get_protocol())
    rows = {} if field else find_grid_rows(definition, record)
    changes = get_field_history(record.pk, field) if field else get_record_history([record.pk, *rows])
    linked = name_links(definition, ({change.field: value} for change in changes for value in (change.old, change.new)))
    page = {
        "definition": definition,
        "record": record,
        "title": title,
        "lines": [word_change(definition, change, rows.get(change.record_id, ""), linked) for change in changes],
        "trail": [*_trail_head(request, record), (definition.title, _form_url(definition, record)), ("History", "")],
    }
    return render(request, "visits/history.html", page)


def _load(request: SignedInRequest, key: str, record_id: UUID) -> tuple[CrfDefinition, CaseReportForm]:
    definition = load_definition(request.user, key)
    found = find_record(definition, record_id)
    if found is None or not request.user.may_see_site(found.patient.site_code):  # type: ignore[attr-defined]
        raise Http404
    return definition, found


def _label(definition: CrfDefinition, field: str) -> str:
    if not field:
        return definition.title
    if field not in definition.field_names:
        raise Http404
    return str(definition.model._meta.get_field(field).verbose_name).capitalize()  # type: ignore[union-attr]


def _form_url(definition: CrfDefinition, record: CaseReportForm) -> str:
    if definition.kind == "visit":
        return form_url(record.visit_id, definition)  # type: ignore[attr-defined]
    return reverse("patient_record", args=(record.patient_id, definition.key, record.pk))  # type: ignore[attr-defined]


def _trail_head(request: SignedInRequest, record: Any) -> list[tuple[str, str]]:
    if not request.user.may(Permission.VIEW_PATIENTS):
        return [("Worklist", reverse("worklist")), (record.patient.number, "")]
    return [("Patients", reverse("patients")), (record.patient.number, reverse("casebook", args=(record.patient_id,)))]
