"""Looking back: the casebook and a form as they stood at a moment. Read only, and marked as past."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from trialsite.accounts.access import SignedInRequest, requires
from trialsite.accounts.roles import Permission
from trialsite.lib import clock
from trialsite.marks.past import get_past_marks
from trialsite.protocol.current import get_protocol
from trialsite.records.crf import CrfDefinition
from trialsite.records.links import name_links
from trialsite.records.wording import Plainly, Worded, label_of, word_value
from trialsite.trail.forms import MomentForm
from trialsite.trail.past import Past, get_record_values
from visits.actions.outflow import note_records
from visits.conditions import conditions_when
from visits.mark_panel import SignatureLine
from visits.outflow import EXAMINATION
from visits.presenters import Casebook, present_casebook
from visits.selectors import FormState, find_grid_rows, find_record, schedule_of
from visits.shown_states import StateReader
from visits.views.loaders import load_definition, load_patient, visible_definitions


@dataclass(frozen=True, slots=True)
class ItemThen:
    """One item: what stood there, and what stands there now, where it differs."""

    label: str
    then: str
    now: str


@requires(Permission.VIEW_PATIENTS)
def casebook_as_of(request: SignedInRequest, patient_id: UUID) -> HttpResponse:
    current = load_patient(request.user, patient_id)
    form, moment = read_moment(request)
    page: dict[str, Any] = {
        "title": f"{current.number}: casebook",
        "form": form,
        "moment": moment,
        "trail": [
            ("Patients", reverse("patients")),
            (current.number, reverse("casebook", args=(current.pk,))),
            ("As of", ""),
        ],
    }
    if moment is not None:
        page |= _describe_casebook(request, Past(request.user, current.pk, moment), moment)
    return render(request, "trail/casebook_as_of.html", page, status=422 if moment is None else 200)


def _describe_casebook(request: SignedInRequest, past: Past, moment: datetime) -> dict[str, Any]:
    patient, protocol = past.patient(), get_protocol()
    if patient is None:
        return {"patient": None}
    visits, definitions = past.visits(), visible_definitions(request.user)
    marks = get_past_marks(patient.pk, moment)
    states = StateReader(marks.marks, definitions, protocol).shown(past.states(definitions), patient.pk)
    conditions = conditions_when(patient, protocol, is_childbearing=past.is_childbearing)
    today = moment.astimezone(ZoneInfo(protocol.site(patient.site_code).time_zone)).date()
    schedule = schedule_of(patient, visits, protocol, today, conditions)
    casebook = present_casebook(patient, schedule, visits, states, definitions, conditions, {})
    others = [definition for definition in definitions if definition.kind != "visit"]
    return {
        "patient": patient,
        "signatures": [SignatureLine(one, end) for one, end in marks.signatures_on(patient.pk, *_ids(states))],
        "holds": marks.locks_on(patient.pk, *_ids(states)),
        "casebook": _link_to_past(casebook, states, {item.title: item.key for item in definitions}, moment),
        "others": [
            (item.title, [_link(state, moment) for state in states if state.form_key == item.key]) for item in others
        ],
    }


def _ids(states: list[FormState]) -> set[UUID | None]:
    """The forms a person may read, and their visits: whose signatures and locks they may see."""
    return {one for state in states for one in (state.record_id, state.visit_id)}


def _link_to_past(casebook: Casebook, states: list[FormState], keys: dict[str, str], moment: datetime) -> Casebook:
    """Every stored form leads to its values at the same moment; nothing leads to a page where one enters."""
    links = {(state.form_key, state.visit_id): _link(state, moment)[0] for state in states}
    rows = [
        replace(
            row,
            cells=tuple(
                replace(cell, url=links.get((keys[row.title], column.visit_id), "") if column.visit_id else "")
                for cell, column in zip(row.cells, casebook.columns, strict=True)
            ),
        )
        for row in casebook.rows
    ]
    return replace(casebook, rows=tuple(rows), columns=tuple(replace(column, url="") for column in casebook.columns))


def _link(state: FormState, moment: datetime) -> tuple[str, str]:
    url = reverse("form_as_of", args=(state.form_key, state.record_id))
    return f"{url}?{urlencode({'as_of': moment.isoformat()})}", state.status


@requires(Permission.VIEW_PATIENTS)
def form_as_of(request: SignedInRequest, key: str, record_id: UUID) -> HttpResponse:
    definition = load_definition(request.user, key)
    record: Any = find_record(definition, record_id)
    if record is None or not request.user.may_see_site(record.patient.site_code):
        raise Http404
    form, moment = read_moment(request)
    casebook = reverse("casebook_as_of", args=(record.patient_id,))
    page: dict[str, Any] = {
        "title": f"{record.patient.number}, {definition.title}",
        "form": form,
        "moment": moment,
        "trail": [
            ("Patients", reverse("patients")),
            (record.patient.number, f"{casebook}?{urlencode({'as_of': moment.isoformat()})}" if moment else casebook),
            (definition.title, ""),
        ],
    }
    if moment is not None:
        if record._meta.label_lower == EXAMINATION:
            note_records(request.user, [record.pk], get_protocol())
        page |= _describe_form(request, definition, record, moment)
    return render(request, "trail/form_as_of.html", page, status=422 if moment is None else 200)


def _describe_form(
    request: SignedInRequest, definition: CrfDefinition, record: Any, moment: datetime
) -> dict[str, Any]:
    labels = find_grid_rows(definition, record)
    values = get_record_values(request.user, [record.pk, *labels], moment)
    then, grid = values.get(record.pk), definition.grid
    if then is None:
        return {"was_there": False}
    now = record.plain_values()
    linked = name_links(definition, [then, now])
    sections = [
        (section.title, [_item(definition, name, then.get(name), now.get(name), linked) for name in section.fields])
        for section in definition.sections
    ]
    rows = {row.pk: row.plain_values() for row in grid.stored_rows.filter(pk__in=list(labels))} if grid else {}
    for row_id, label in labels.items():
        if grid and row_id in values:
            words = Plainly(grid.model)
            items = [_item(words, name, values[row_id].get(name), rows[row_id].get(name)) for name in grid.fields]
            sections.append((f"{grid.title}: {label}", items))
    covering = (record.pk, getattr(record, "visit_id", None), record.patient_id)
    marks = get_past_marks(record.patient_id, moment)
    state = FormState(definition.key, record.pk, covering[1], str(then.get("status", "")))
    reader = StateReader(marks.marks, [definition], get_protocol())
    return {
        "was_there": True,
        "state": reader.state_of(state, record.patient_id).value,
        "signatures": [SignatureLine(one, end) for one, end in marks.signatures_on(*covering)],
        "holds": marks.locks_on(*covering),
        "status": word_value(definition, "status", then.get("status")),
        "absent": word_value(definition, "absent", then["absent"]) if then.get("absent") else "",
        "sections": sections,
    }


def _item(words: Worded, name: str, then: Any, now: Any, linked: Mapping[str, str] | None = None) -> ItemThen:
    before, after = word_value(words, name, then, linked), word_value(words, name, now, linked)
    return ItemThen(label_of(words, name), before, after if after != before else "")


def read_moment(request: SignedInRequest) -> tuple[MomentForm, datetime | None]:
    """The moment asked for; the present, when none is."""
    asked = request.GET.get("as_of")
    if asked is None:
        now = clock.now().replace(microsecond=0)
        return MomentForm(initial={"as_of": f"{now:%Y-%m-%dT%H:%M:%S}"}), clock.now()
    form = MomentForm({"as_of": asked})
    if not form.is_valid():
        return form, None
    moment: datetime = form.cleaned_data["as_of"]
    # The browser's input shows no zone; what it shows is UTC.
    return MomentForm(initial={"as_of": f"{moment:%Y-%m-%dT%H:%M:%S}"}), moment
