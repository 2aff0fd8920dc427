"""Comparing records with their source: many items ticked, one submit."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from trialsite.accounts.access import SignedInRequest, requires
from trialsite.accounts.actor import actor_of
from trialsite.accounts.roles import Permission
from trialsite.marks.actions import Item, MarkRefusedError
from trialsite.marks.models import Verification
from trialsite.marks.selectors import get_ended_verifications, get_marks, get_verifications
from trialsite.marks.states import Act, is_possible, state_of
from trialsite.marks.still import TooBusyError
from trialsite.protocol.current import get_protocol
from trialsite.records.critical import critical_items, value_of
from trialsite.records.wording import word_value
from visits.actions.marks import STALE, WHOLE_FORM, Claim, take_back, verifiable_items, verify_reach
from visits.forms import TakeBackForm
from visits.reach import Reach, StoredForm, read_content
from visits.shown_states import StateReader
from visits.views.loaders import load_reach, visible_definitions
from visits.views.reaches import back_url, trail_of, url_of_form


@dataclass(frozen=True, slots=True)
class Line:
    """One item: what it is, what is stored, the mark it has, or why it lost the last one; `claim` is what its box sends."""

    label: str
    value: str
    claim: str
    mark: Verification | None
    ended: Verification | None


@requires(Permission.VERIFY_DATA)
def verify_form(request: SignedInRequest, key: str, record_id: UUID) -> HttpResponse:
    return _verify(request, load_reach(request.user, key=key, record_id=record_id))


@requires(Permission.VERIFY_DATA)
def verify_visit(request: SignedInRequest, visit_id: UUID) -> HttpResponse:
    return _verify(request, load_reach(request.user, visit_id=visit_id))


@requires(Permission.VERIFY_DATA)
def verify_casebook(request: SignedInRequest, patient_id: UUID) -> HttpResponse:
    return _verify(request, load_reach(request.user, patient_id=patient_id))


def _verify(request: SignedInRequest, reach: Reach) -> HttpResponse:
    if request.method != "POST":
        return _page(request, reach, TakeBackForm())
    if "take_back" in request.POST:
        return _take_back(request, reach)
    try:
        claims = [_read_claim(text) for text in request.POST.getlist("claim")]
        made = verify_reach(
            reach,
            visible_definitions(request.user),
            claims,
            protocol=get_protocol(),
            actor=actor_of(request.user),
        )
    except (MarkRefusedError, TooBusyError) as refused:
        messages.error(request, f"Nothing was marked. {refused}")
        return _page(request, reach, TakeBackForm(), status=409)
    messages.success(request, f"{made} marked as verified." if made else "Nothing was ticked, so nothing was marked.")
    return redirect(request.path)


def _read_claim(text: str) -> Claim:
    """What a box sends: the form's id, the digest of the value, and the item. Anything else did not come from the page."""
    record_id, _, rest = text.partition("/")
    digest, _, field = rest.partition("/")
    try:
        return Claim(UUID(record_id), field, digest)
    except ValueError:
        raise MarkRefusedError(STALE) from None


def _take_back(request: SignedInRequest, reach: Reach) -> HttpResponse:
    form = TakeBackForm(request.POST)
    ids = set(request.POST.getlist("mark"))
    if form.is_valid():
        try:
            wanted = {UUID(text) for text in ids}
        except ValueError:
            wanted = set()
        ended = take_back(
            reach,
            visible_definitions(request.user),
            wanted,
            reason=form.cleaned_data["reason"],
            actor=actor_of(request.user),
        )
        messages.success(request, f"{ended} taken back." if ended else "Nothing was ticked, so nothing was taken back.")
        return redirect(request.path)
    return _page(request, reach, form, ticked=ids, status=422)


def _page(
    request: SignedInRequest, reach: Reach, form: TakeBackForm, *, ticked: set[str] | None = None, status: int = 200
) -> HttpResponse:
    definitions = visible_definitions(request.user)
    content = read_content(reach, definitions)
    ids = [one.record.pk for one in content.forms]
    held = {(mark.record_id, mark.field): mark for mark in get_verifications(ids)}
    ended = {(mark.record_id, mark.field): mark for mark in get_ended_verifications(ids)}
    patient_id = reach.owner.pk
    states = StateReader(get_marks([patient_id]), definitions, get_protocol())
    page = {
        "reach": reach,
        "form": form,
        "ticked": ticked or set(),
        "groups": [_group(one, states, patient_id, held, ended) for one in content.forms],
        "has_marks": bool(held),
        "back_url": back_url(reach),
        "trail": trail_of(reach, "Verify"),
    }
    return render(request, "visits/verify.html", page, status=status)


_Marks = dict[tuple[UUID, str], Verification]


def _group(form: StoredForm, states: StateReader, patient_id: UUID, held: _Marks, ended: _Marks) -> dict[str, Any]:
    facts = states.facts_of_stored(form, patient_id)
    visit = getattr(form.record, "visit", None)
    return {
        "title": form.definition.title,
        "where": get_protocol().visit(visit.planned_key).label if visit else _entry_of_log(form),
        "url": url_of_form(form.definition, form.record),
        "state": state_of(facts).value,
        "is_open": is_possible(Act.VERIFY, facts),
        "lines": _lines(form, held, ended),
    }


def _entry_of_log(form: StoredForm) -> str:
    """Which entry of a log this is; a form that a patient has once needs no more than its title."""
    return form.definition.summary(form.record) if form.definition.kind == "log" else ""


def _lines(form: StoredForm, held: _Marks, ended: _Marks) -> Sequence[Line]:
    items = verifiable_items(form, get_protocol())
    values = {
        item.field: word_value(form.definition, item.column, value_of(item, form.record, form.rows))
        for item in critical_items(form.definition, get_protocol())
    }
    return [_line(form, item, values.get(name, ""), held, ended) for name, item in items.items()]


def _line(form: StoredForm, item: Item, value: str, held: _Marks, ended: _Marks) -> Line:
    label = "Whole form" if item.field == WHOLE_FORM else item.label.removeprefix(f"{form.definition.title}, ")
    where = (form.record.pk, item.field)
    mark = held.get(where)
    return Line(
        label=label,
        value=value,
        claim=f"{form.record.pk}/{item.digest}/{item.field}",
        mark=mark,
        ended=None if mark else ended.get(where),
    )
