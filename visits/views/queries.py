"""Data queries: the list, one thread, a new question; and what the edit checks are worth."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from trialsite.accounts.access import SignedInRequest, requires
from trialsite.accounts.actor import actor_of
from trialsite.accounts.roles import Permission
from trialsite.lib.keep import kept_key, kept_secret
from trialsite.protocol.current import get_protocol
from trialsite.queries.actions import QueryRefusedError, act_on_query, open_query
from trialsite.queries.models import DataQuery
from trialsite.queries.rules import Act
from trialsite.queries.selectors import (
    Position,
    QueryFilter,
    count_firings,
    count_open_by_check,
    find_query,
    get_messages,
    list_queries,
)
from trialsite.records.crf import CrfDefinition
from trialsite.records.models import CaseReportForm
from visits.actions.questions import target_of
from visits.context import context_of
from visits.crfs.edit_checks import EDIT_CHECKS
from visits.query_forms import MessageForm, NewQueryForm, QueryFilterForm
from visits.selectors import find_record
from visits.threads import acts_open_to, present_line, present_thread, scope_of
from visits.track_record import pick_busiest, present_checks
from visits.views.loaders import load_definition

_READERS = (Permission.VIEW_PATIENTS, Permission.VIEW_WORKLIST)
LINES_PER_PAGE = 25
_SAID = {Act.ANSWER: "Answer sent.", Act.CLOSE: "Query closed.", Act.REOPEN: "Asked again."}


@requires(*_READERS)
@require_safe
def queries(request: SignedInRequest) -> HttpResponse:
    """All queries the person may see, oldest first."""
    scope = scope_of(request.user)
    form = QueryFilterForm(request.GET or None, scope=scope)
    wanted = form.wanted if form.is_valid() else QueryFilter()
    after = Position.read(request.GET.get("after", ""))
    found = list_queries(scope, wanted, after, LINES_PER_PAGE + 1)
    typed = {name: str(value) for name, value in request.GET.items() if name in form.fields and value}
    page = {
        "form": form,
        "query": urlencode(typed),
        "lines": [present_line(query) for query in found[:LINES_PER_PAGE]],
        "is_first": after is None,
        "next": _next(found, typed),
        "reads_checks": request.user.may(Permission.VIEW_TRIAL_AUDIT),
    }
    return render(request, "visits/queries.html", page)


def _next(found: list[DataQuery], typed: dict[str, str]) -> str:
    """The address of the page after this one; "" on the last."""
    if len(found) <= LINES_PER_PAGE:
        return ""
    last = found[LINES_PER_PAGE - 1]
    return urlencode({**typed, "after": str(Position(last.opened_at, last.pk))})


@requires(*_READERS)
@require_http_methods(["GET", "HEAD", "POST"])
def query(request: SignedInRequest, query_id: UUID) -> HttpResponse:
    """One thread. POST adds a message at once, whatever becomes of the form it is about."""
    found = find_query(scope_of(request.user), query_id)
    if found is None:
        raise Http404
    if request.method != "POST":
        return _page(request, found)
    form = MessageForm(request.POST, is_restricted=found.is_restricted)
    if not form.is_valid():
        return _page(request, found, form)
    act = Act(form.cleaned_data["act"])
    if act not in acts_open_to(request.user, found):
        form.add_error(None, "The query has been closed meanwhile, or your role does not do this.")
        return _page(request, found, form, status=403)
    return _act(request, found, act, form)


def _act(request: SignedInRequest, found: DataQuery, act: Act, form: MessageForm) -> HttpResponse:
    text, message_id = form.cleaned_data["text"], form.cleaned_data["message_id"]
    try:
        moved = act_on_query(found.pk, act, text, actor=actor_of(request.user), message_id=message_id)
    except QueryRefusedError as refused:
        form.add_error(None, str(refused))
        return _page(request, found, form, status=409)
    if _is_fragment(request):
        return _page(request, moved)
    messages.success(request, _SAID[act], extra_tags=kept_key(request))
    return redirect("query", found.pk)


def _is_fragment(request: SignedInRequest) -> bool:
    return request.headers.get("HX-Request") == "true"


def _page(
    request: SignedInRequest, found: DataQuery, form: MessageForm | None = None, *, status: int = 422
) -> HttpResponse:
    returned = {"typed": form.typed, "errors": form.sentences, "asks_if_sure": form.asks_if_sure} if form else {}
    thread = present_thread(found, get_messages([found.pk])[found.pk], request.user, **returned)
    if _is_fragment(request):
        # The browser puts in only what came back well; the sentence in it says what went wrong.
        return render(request, thread.template, {"thread": thread, "may_enter": True})
    page = {
        "thread": thread,
        "line": present_line(found),
        "storage_key": kept_key(request),
        "storage_secret": kept_secret(request) if found.is_restricted else "",
        "trail": [("Data queries", reverse("queries")), (found.patient_number, "")],
    }
    return render(request, "visits/query.html", page, status=status if form else 200)


@requires(Permission.OPEN_QUERIES)
@require_http_methods(["GET", "HEAD", "POST"])
def new_query(request: SignedInRequest, key: str, record_id: UUID, field: str = "") -> HttpResponse:
    """Ask about an item of a stored form. The question is named by the id it will have, so sending it twice asks once."""
    definition, record = _load(request, key, record_id)
    labels = definition.labels
    if field and field not in labels:
        raise Http404
    form = NewQueryForm(
        request.POST if request.method == "POST" else None,
        labels={"": "The whole form", **labels},
        is_restricted=definition.is_restricted,
        initial={"field": field, "query_id": uuid4()},
    )
    if request.method == "POST" and form.is_valid():
        asked = open_query(
            target_of(definition, record, form.cleaned_data["field"]),
            form.cleaned_data["text"],
            actor=actor_of(request.user),
            query_id=form.cleaned_data["query_id"],
        )
        messages.success(request, "Asked. The site finds it among its queries.", extra_tags=kept_key(request))
        return redirect("query", asked.pk)
    page = {
        "form": form,
        "definition": definition,
        "record": record,
        "storage_key": kept_key(request),
        "storage_secret": kept_secret(request) if definition.is_restricted else "",
        "trail": [("Data queries", reverse("queries")), ("New", "")],
    }
    return render(request, "visits/new_query.html", page, status=422 if form.errors else 200)


def _load(request: SignedInRequest, key: str, record_id: UUID) -> tuple[CrfDefinition, CaseReportForm]:
    """The form as its patient's phase shapes it, and the record."""
    definition = load_definition(request.user, key)
    record: Any = find_record(definition, record_id)
    if record is None or not request.user.may_see_site(record.patient.site_code):
        raise Http404
    shaped, _ = context_of(definition, record, get_protocol())
    return shaped.for_protocol(get_protocol()), record


@requires(Permission.VIEW_TRIAL_AUDIT)
@require_safe
def edit_checks(request: SignedInRequest) -> HttpResponse:
    """Every edit check with its track record: which earn their keep."""
    scope = scope_of(request.user)
    groups = present_checks(EDIT_CHECKS, scope.form_keys, count_firings(scope), count_open_by_check(scope))
    return render(request, "visits/edit_checks.html", {"busiest": pick_busiest(groups), "groups": groups})
