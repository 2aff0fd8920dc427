"""Signing a form, a visit or a casebook: what is inside, what the signature means, and the password again."""

from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render

from trialsite.accounts.access import SignedInRequest, requires
from trialsite.accounts.actor import actor_of
from trialsite.accounts.attempts import confirm_password
from trialsite.accounts.roles import Permission
from trialsite.marks.actions import MarkRefusedError
from trialsite.marks.models import Scope
from trialsite.marks.selectors import get_marks
from trialsite.marks.states import state_of
from trialsite.marks.still import TooBusyError
from trialsite.protocol.current import get_protocol
from trialsite.records.crf import CrfDefinition
from trialsite.records.links import name_links
from trialsite.records.wording import word_value
from trialsite.signatures.selectors import get_manifest
from visits.actions.marks import MEANINGS, find_obstacles, sign_reach
from visits.actions.outflow import note_records, note_visit
from visits.crfs.doppler.form import DOPPLER
from visits.forms import SignRecordsForm
from visits.lock_report import find_missing_forms, look_at
from visits.mark_panel import present_signatures
from visits.reach import Content, Reach, StoredForm, read_content
from visits.shown_states import StateReader
from visits.views.loaders import load_reach, visible_definitions
from visits.views.reaches import back_url, trail_of, url_of_form

# Values stand on the page itself where they are few; a casebook names its forms, each a link to its page.
_SHOWS_VALUES = (Scope.FORM, Scope.VISIT)


@requires(Permission.SIGN_RECORDS)
def sign_form(request: SignedInRequest, key: str, record_id: UUID) -> HttpResponse:
    return _sign(request, load_reach(request.user, key=key, record_id=record_id))


@requires(Permission.SIGN_RECORDS)
def sign_visit(request: SignedInRequest, visit_id: UUID) -> HttpResponse:
    return _sign(request, load_reach(request.user, visit_id=visit_id))


@requires(Permission.SIGN_RECORDS)
def sign_casebook(request: SignedInRequest, patient_id: UUID) -> HttpResponse:
    return _sign(request, load_reach(request.user, patient_id=patient_id))


def _sign(request: SignedInRequest, reach: Reach) -> HttpResponse:
    if request.method != "POST":
        return _page(request, reach, None)
    form = SignRecordsForm(request.POST)
    if form.is_valid() and not confirm_password(request, request.user, form.cleaned_data["password"]):
        form.add_error("password", "This is not your password. After too many failures the account is locked.")
    if form.is_valid():
        try:
            _store(request, reach, form)
        except (MarkRefusedError, TooBusyError) as refused:
            form.add_error(None, str(refused))
            return _page(request, reach, form, status=409)
        messages.success(request, f"Signed: {reach.label}.")
        return redirect(back_url(reach))
    return _page(request, reach, form, status=422)


def _store(request: SignedInRequest, reach: Reach, form: SignRecordsForm) -> None:
    sign_reach(
        reach,
        visible_definitions(request.user),
        shown_digest=form.cleaned_data["shown"],
        meaning=MEANINGS[form.cleaned_data["meaning"]],
        protocol=get_protocol(),
        actor=actor_of(request.user),
    )


def _page(request: SignedInRequest, reach: Reach, form: SignRecordsForm | None, status: int = 200) -> HttpResponse:
    definitions = visible_definitions(request.user)
    if reach.scope == Scope.VISIT and reach.visit is not None:
        note_visit(request.user, reach.visit.pk, get_protocol())
    elif reach.record is not None and reach.definition is not None and reach.definition.key == DOPPLER.key:
        note_records(request.user, [reach.record.pk], get_protocol())
    content = read_content(reach, definitions)
    states = StateReader(get_marks([reach.owner.pk]), definitions, get_protocol())
    page = {
        "reach": reach,
        "form": _shown_form(form, content),
        "lines": [_line(one, reach, states) for one in content.forms],
        "obstacles": find_obstacles(content, states, reach.owner.pk),
        "notes": [one.what for one in find_missing_forms(look_at(reach, definitions, get_protocol()))],
        "signatures": present_signatures(get_manifest(reach.covering_ids)),
        "digest": content.digest,
        "back_url": back_url(reach),
        "trail": trail_of(reach, "Sign"),
    }
    return render(request, "visits/sign.html", page, status=status)


def _shown_form(form: SignRecordsForm | None, content: Content) -> SignRecordsForm:
    """The form with the digest of what the page shows now: after a refusal the person has read the page again."""
    if form is None:
        return SignRecordsForm(initial={"shown": content.digest})
    renewed = cast(QueryDict, form.data).copy()
    renewed["shown"] = content.digest
    form.data = renewed
    return form


def _line(form: StoredForm, reach: Reach, states: StateReader) -> dict[str, Any]:
    visit = getattr(form.record, "visit", None)
    return {
        "title": form.definition.title,
        "where": get_protocol().visit(visit.planned_key).label if visit else "",
        "url": url_of_form(form.definition, form.record),
        "record": form.record,
        "state": state_of(states.facts_of_stored(form, form.record.patient_id)).value,  # type: ignore[attr-defined]
        "values": _values(form) if reach.scope in _SHOWS_VALUES else [],
    }


def _values(form: StoredForm) -> list[tuple[str, str]]:
    """Every item of a form in words, as it will be signed."""
    definition = form.definition.for_protocol(get_protocol())
    plain = form.record.plain_values()
    linked = name_links(definition, [plain])
    values = [
        (_call(definition, name), word_value(definition, name, plain.get(name), linked))
        for name in definition.field_names
    ]
    if form.record.absent:
        values.append(("missing items", word_value(definition, "absent", form.record.absent)))
    if definition.grid is not None:
        values += [_row_in_words(form, definition.grid.rows, key) for key in form.rows]
    return values


def _call(definition: CrfDefinition, name: str) -> str:
    return str(definition.model._meta.get_field(name).verbose_name)  # type: ignore[union-attr]  # a field of the form


def _row_in_words(form: StoredForm, rows: tuple[tuple[str, str], ...], key: str) -> tuple[str, str]:
    grid, plain = form.definition.grid, form.rows[key].plain_values()
    names = grid.fields if grid else ()
    said = [
        f"{form.rows[key]._meta.get_field(name).verbose_name} {word_value(form.definition, name, plain[name])}"  # type: ignore[union-attr]
        for name in names
        if plain[name] not in (None, "", [])
    ]
    return dict(rows).get(key, key), "; ".join(said) or "no value"
