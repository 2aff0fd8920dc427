"""The page on which a case report form is entered: showing it, judging what was typed, storing it, and saying what happened."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.db import Error
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from trialsite.accounts.access import SignedInRequest
from trialsite.accounts.actor import actor_of
from trialsite.accounts.training import say_lacking
from trialsite.lib.keep import kept_key, kept_secret
from trialsite.lib.trouble import Kind, trouble_of
from trialsite.protocol.model import Protocol
from trialsite.records.actions import LockedError
from trialsite.records.crf import Computed, CrfDefinition
from trialsite.records.forms import COMPLETE, COMPUTE, CrfForm
from trialsite.records.models import CaseReportForm
from trialsite.records.saving import Saved, get_row_values, get_rows, save_crf

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryMarks:
    """What people attested of the form, asked for when it is shown: `closed_because` is a sentence where it is frozen or locked,
    `of_items` says by input name what holds of an item, `page` goes to the template.
    """

    closed_because: str = ""
    of_items: Mapping[str, str] = field(default_factory=dict)
    page: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Justify:
    """The account was shown the patient's arm at `shown_at`; `keep` stores why it changes a form all the same, in the transaction of the save."""

    shown_at: datetime
    keep: Callable[[CaseReportForm, str], None]


@dataclass(frozen=True, slots=True)
class Think:
    """Blinded people read the form; `keep` notes the telling words that were left in it, and stores what is for the unblinded alone."""

    keep: Callable[[CaseReportForm, Sequence[str], str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One form opened by one person. `record` may be new; `context` is what its checks may look at besides the form itself.

    `also` runs in the transaction of a save, `justify` asks for one more reason there, `on_refusal` after a form was sent back. `annotate`
    gives what stands around the inputs; it is asked only when the page is shown.
    """

    definition: CrfDefinition
    record: CaseReportForm
    context: Any
    protocol: Protocol
    time_zone: str
    done_url: str
    history_url: str = ""
    template: str = "crf/entry.html"
    page: Mapping[str, Any] = field(default_factory=dict)
    read_marks: Callable[[], EntryMarks] = EntryMarks
    also: Callable[[CaseReportForm], None] | None = None
    justify: Justify | None = None
    think: Think | None = None
    on_refusal: Callable[[CrfForm], None] | None = None
    annotate: Callable[[CrfForm, CaseReportForm], Mapping[str, Any]] | None = None


def handle_entry(request: SignedInRequest, entry: Entry) -> HttpResponse:
    """GET shows the form (read only to who may not enter); POST computes, saves or completes it."""
    with timezone.override(ZoneInfo(entry.time_zone)):
        if request.method != "POST":
            return _show(request, entry, _open(entry))
        if not entry.definition.may_enter(request.user):
            return _show(request, entry, _open(entry), status=403)
        form = _open(entry, request.POST)
        if form.intent == COMPUTE:
            form.is_valid()
            return render(request, "crf/_computed.html", {"computed": _compute(entry, form.cleaned_data), "form": form})
        return _store(request, entry, form)


def hold_unfinished(request: SignedInRequest, entry: Entry) -> HttpResponse | None:
    """The page that asks for what is wrong, or for what completing needs, with nothing stored; None where the form can be stored as it was sent.

    For a form of which each save has to count alike, whatever its checks ask. What a colleague stored meanwhile is merged and judged later.
    """
    with timezone.override(ZoneInfo(entry.time_zone)):
        form = _open(entry, request.POST)
        if (held := _hold_before_save(request, entry, form)) is not None:
            return held
        is_ahead = form.base_revision == entry.record.revision
        if form.intent != COMPLETE or not is_ahead or not _count_asked(form):
            return None
        _mark_asked(form)
        without = "" if entry.record.is_complete else " To store it as it is, save a draft."
        messages.warning(request, f"Not saved yet. What you typed is still here. {_say_asked(entry, form)}{without}")
        return _show(request, entry, form, status=422)


def _open(entry: Entry, data: Mapping[str, Any] | None = None) -> CrfForm:
    rows = get_row_values(entry.definition.grid, get_rows(entry.definition.grid, entry.record))
    knows_since = entry.justify.shown_at if entry.justify else None
    return CrfForm(
        entry.definition, entry.record, entry.context, entry.protocol, data=data, rows=rows, knows_since=knows_since
    )


def _follow(entry: Entry, form: CrfForm, record: CaseReportForm) -> None:
    """What is stored with a changed form, or not at all."""
    if entry.also is not None:
        entry.also(record)
    if entry.justify is not None:
        entry.justify.keep(record, form.justification)
    if entry.think is not None and (form.left_words or form.to_unblinded):
        entry.think.keep(record, form.left_words, form.to_unblinded)


def _store(request: SignedInRequest, entry: Entry, form: CrfForm) -> HttpResponse:
    as_opened = dict(vars(entry.record))
    try:
        if (held := _hold_before_save(request, entry, form)) is not None:
            return held
        saved = save_crf(form, actor=actor_of(request.user), also=partial(_follow, entry, form))
    except LockedError as locked:
        return _refuse(request, entry, form, str(locked))
    except Error as error:
        vars(entry.record).update(as_opened)  # the attempt has left its marks on it
        return _show_trouble(request, entry, form, error)
    if saved.is_held_back:
        return _show_held_back(request, entry, saved)
    if form.intent == COMPLETE and not saved.record.is_complete:
        return _show_what_is_missing(request, entry, saved)
    _keep_message(entry, saved)
    messages.success(request, _said(entry, saved), extra_tags=kept_key(request))
    return redirect(entry.done_url)


def _hold_before_save(request: SignedInRequest, entry: Entry, form: CrfForm) -> HttpResponse | None:
    """The page that asks for something first; None where the form can be stored."""
    if not form.is_valid() or form.is_untouched():
        return _send_back(request, entry, form) if form.errors else _send_back_empty(request, entry, form)
    if entry.think is not None and not form.thought_about.issuperset(form.telling_words):
        return _ask_to_think(request, entry, form)
    return None


def _ask_to_think(request: SignedInRequest, entry: Entry, form: CrfForm) -> HttpResponse:
    """The form once more before anything is stored: saving again stores it as it is, or as it was changed meanwhile."""
    words = ", ".join(form.telling_words)
    said = f"Not saved yet, for these words may tell a treatment: {words}. What you typed is still here: read the note at the end of the form."
    messages.warning(request, said)
    return _show(request, entry, form, status=422)


def _send_back(request: SignedInRequest, entry: Entry, form: CrfForm) -> HttpResponse:
    if entry.on_refusal is not None:
        entry.on_refusal(form)
    messages.error(request, "Not saved. What you typed is still here: correct the marked items and save again.")
    return _show(request, entry, form, status=422)


def _send_back_empty(request: SignedInRequest, entry: Entry, form: CrfForm) -> HttpResponse:
    """Nothing stored can be deleted, so a form in which nothing stands does not come to be."""
    messages.error(request, "Nothing was entered yet, so nothing was stored. Fill in the form, or leave the page.")
    if form.intent == COMPLETE:
        _mark_missing(form)
    return _show(request, entry, form, status=422)


def _show_trouble(request: SignedInRequest, entry: Entry, form: CrfForm, error: Error) -> HttpResponse:
    """The form once more with what was typed. From a database that is away nothing can be shown: the page for every error answers."""
    trouble = trouble_of(error)
    if trouble.kind is Kind.AWAY:
        raise error
    logger.error("A form was not stored: %s", trouble.title, exc_info=error)
    messages.error(request, f"Not saved. What you typed is still here. {trouble.sentence}")
    answer = _show(request, entry, form, status=trouble.status)
    for name, value in trouble.headers.items():
        answer[name] = value
    return answer


def _refuse(request: SignedInRequest, entry: Entry, form: CrfForm, sentence: str) -> HttpResponse:
    messages.error(request, f"Not saved. What you typed is still here. {sentence}")
    return _show(request, entry, form, status=409)


def _keep_message(entry: Entry, saved: Saved) -> None:
    """What is for the unblinded alone is kept also where nothing in the form itself had changed."""
    if not saved.has_changed and entry.think is not None and saved.form.to_unblinded and saved.record.is_stored:
        entry.think.keep(saved.record, (), saved.form.to_unblinded)


def _said(entry: Entry, saved: Saved) -> str:
    title = entry.definition.title
    if not saved.has_changed:
        return f"{title}: nothing had changed, so nothing new was stored."
    merged = " A colleague's changes to other items were kept." if saved.took_theirs else ""
    became = "completed" if saved.record.is_complete else "saved as draft"
    return f"{title} {'corrected' if saved.is_correction else became}.{merged}"


def _show_held_back(request: SignedInRequest, entry: Entry, saved: Saved) -> HttpResponse:
    form, who, when = saved.form, saved.record.changed_by, timezone.localtime(saved.record.changed_at)
    for clash in saved.clashes:
        name = clash.field.partition(".")[2] if clash.field.startswith(("absent.", "confirmed.")) else clash.field
        sentence = (
            f"While you were editing, {who} stored {_worded(clash.theirs)} here ({when:%H:%M}). "
            "Yours is not stored yet: save again to replace theirs, or type theirs."
        )
        form.add_error(name if name in form.fields else None, sentence)
    said = (
        "somebody else changed the same items"
        if saved.clashes
        else f"together with what {who} stored meanwhile, the marked items do not fit"
    )
    messages.error(request, f"Not saved: {said}. What you typed is still here.")
    return _show(request, entry, form, status=409, record=saved.record)


def _worded(value: Any) -> str:
    if value in (None, "", [], {}):
        return "no value"
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _show_what_is_missing(request: SignedInRequest, entry: Entry, saved: Saved) -> HttpResponse:
    form = saved.form
    _mark_asked(form)
    form.base_revision = saved.record.revision
    messages.warning(request, f"Saved as a draft. {_say_asked(entry, form)}", extra_tags=kept_key(request))
    return _show(request, entry, form, record=saved.record)


def _mark_asked(form: CrfForm) -> None:
    _mark_missing(form)
    for name in dict.fromkeys(finding.field for finding in form.unanswered):
        form.add_error(name if name in form.fields else None, "Answer the question, or correct the value.")


def _count_asked(form: CrfForm) -> int:
    return len(form.missing) + len(form.unanswered)


def _say_asked(entry: Entry, form: CrfForm) -> str:
    count = _count_asked(form)
    items = "item needs" if count == 1 else "items need"
    return f"{count} {items} your attention before {entry.definition.title} is complete."


def _mark_missing(form: CrfForm) -> None:
    for name in form.missing:
        form.add_error(name, "Needed to complete the form: enter a value, or say why there is none.")


def _show(
    request: SignedInRequest, entry: Entry, form: CrfForm, *, status: int = 200, record: CaseReportForm | None = None
) -> HttpResponse:
    shown = record or entry.record
    values = form.entered if form.is_bound else _stored_values(form)
    marks = entry.read_marks()
    closed_because = marks.closed_because or _say_untrained(request, entry)
    for name, words in marks.of_items.items():
        form.extras[name].mark = words
    page = {
        **entry.page,
        "asks_to_think": entry.think is not None and form.shows_thinking,
        **marks.page,
        "definition": entry.definition,
        "record": shown,
        "form": form,
        "computed": _compute(entry, values),
        "may_enter": entry.definition.may_enter(request.user) and not closed_because,
        "closed_because": closed_because,
        "needs_reason": shown.needs_reason and not closed_because,
        "history_url": entry.history_url if shown.is_stored else "",
        "done_url": entry.done_url,
        "storage_key": kept_key(request),
        "storage_secret": kept_secret(request) if entry.definition.is_restricted else "",
        **(entry.annotate(form, shown) if entry.annotate else {}),
    }
    return render(request, entry.template, page, status=status)


def _say_untrained(request: SignedInRequest, entry: Entry) -> str:
    """Why a person whose role enters this form cannot: it is shown, and stores nothing."""
    return " ".join(say_lacking(request.user)) if entry.definition.may_enter(request.user) else ""


def _stored_values(form: CrfForm) -> dict[str, Any]:
    return {name: form.record.get_value(name) for name in form.definition.field_names} | form.rows


def _compute(entry: Entry, values: Mapping[str, Any]) -> list[Computed]:
    return list(entry.definition.compute(values, entry.context)) if entry.definition.compute else []
