"""Freezing, locking and opening again: a form, a visit, a patient, the whole trial."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from trialsite.accounts.access import SignedInRequest, requires
from trialsite.accounts.actor import actor_of
from trialsite.accounts.attempts import confirm_password
from trialsite.accounts.roles import Permission
from trialsite.marks.actions import MarkRefusedError, ask_unlock, decline_unlock, put_lock, thaw, unlock
from trialsite.marks.models import Lock, LockKind
from trialsite.marks.selectors import find_lock, get_all_locks, get_holds
from trialsite.marks.still import TooBusyError
from trialsite.protocol.current import get_protocol
from visits.forms import ApproveForm, DeclineForm, LockForm, OpenForm
from visits.lock_report import LockReport, report_before_lock
from visits.reach import Reach
from visits.views.loaders import load_reach, visible_definitions
from visits.views.reaches import back_url, trail_of

_CLOSERS = (Permission.FREEZE_DATA, Permission.LOCK_DATA)
_SHOWN = 300


@requires(*_CLOSERS)
def locks(request: SignedInRequest) -> HttpResponse:
    """Everything that is frozen or locked now, and what was opened again."""
    found = get_all_locks()
    page = {
        "holds": [lock for lock in found if not hasattr(lock, "end")],
        "opened": [lock for lock in found if hasattr(lock, "end")],
        "trail": [("Locks", "")],
    }
    return render(request, "visits/locks.html", page)


@requires(*_CLOSERS)
def lock_form(request: SignedInRequest, key: str, record_id: UUID) -> HttpResponse:
    return _lock(request, load_reach(request.user, key=key, record_id=record_id))


@requires(*_CLOSERS)
def lock_visit(request: SignedInRequest, visit_id: UUID) -> HttpResponse:
    return _lock(request, load_reach(request.user, visit_id=visit_id))


@requires(*_CLOSERS)
def lock_casebook(request: SignedInRequest, patient_id: UUID) -> HttpResponse:
    return _lock(request, load_reach(request.user, patient_id=patient_id))


@requires(*_CLOSERS)
def lock_trial(request: SignedInRequest) -> HttpResponse:
    return _lock(request, load_reach(request.user))


def _lock(request: SignedInRequest, reach: Reach) -> HttpResponse:
    report = report_before_lock(reach, visible_definitions(request.user), get_protocol())
    if request.method != "POST":
        return _page(request, reach, report, LockForm())
    form = LockForm(request.POST)
    if form.is_valid():
        _judge(request, form, report)
    if form.is_valid():
        kind, reason = LockKind(form.cleaned_data["kind"]), form.cleaned_data["reason"].strip()
        stated = f"{reason.rstrip('.')}. " if reason else ""
        left = f"{stated}Unfinished: {report.in_words}." if report.obstacles else reason
        try:
            put_lock(reach.target, kind, reason=left.strip(), actor=actor_of(request.user))
        except (MarkRefusedError, TooBusyError) as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, f"{kind.label}: {reach.label}.")
            return redirect(back_url(reach))
    return _page(request, reach, report, form, status=422)


def _judge(request: SignedInRequest, form: LockForm, report: LockReport) -> None:
    kind = form.cleaned_data["kind"]
    needed = Permission.LOCK_DATA if kind == LockKind.LOCK else Permission.FREEZE_DATA
    if not request.user.may(needed):
        raise Http404
    if kind == LockKind.LOCK and report.obstacles and not form.cleaned_data["reason"].strip():
        form.add_error("reason", "Something is unfinished. Say why it is locked nonetheless.")


def _page(
    request: SignedInRequest, reach: Reach, report: LockReport, form: LockForm, status: int = 200
) -> HttpResponse:
    kind = request.GET.get("kind", "")
    page = {
        "reach": reach,
        "report": report,
        "kind": kind,
        "obstacles": Paginator(report.of_kind(kind), _SHOWN).get_page(request.GET.get("page")),
        "holds": get_holds(reach.covering_ids),
        "form": form,
        "may_lock": request.user.may(Permission.LOCK_DATA),
        "may_freeze": request.user.may(Permission.FREEZE_DATA),
        "back_url": back_url(reach),
        "trail": trail_of(reach, "Freeze or lock"),
    }
    return render(request, "visits/lock.html", page, status=status)


@requires(*_CLOSERS)
def hold(request: SignedInRequest, lock_id: UUID) -> HttpResponse:
    """One freeze or lock: what it closes, and the way to open it."""
    lock = find_lock(lock_id)
    if lock is None:
        raise Http404
    opening, approval, declining = OpenForm(), ApproveForm(), DeclineForm()
    if request.method == "POST" and "approve" in request.POST:
        approval = ApproveForm(request.POST)
        if _approve(request, lock, approval):
            return redirect("hold", lock.pk)
    elif request.method == "POST" and "decline" in request.POST:
        declining = DeclineForm(request.POST)
        if _decline(request, lock, declining):
            return redirect("hold", lock.pk)
    elif request.method == "POST":
        opening = OpenForm(request.POST)
        if _open(request, lock, opening):
            return redirect("hold", lock.pk)
    page = {
        "lock": lock,
        "end": getattr(lock, "end", None),
        "asked": lock.requests.filter(refusal=None).first(),
        "declined": lock.requests.exclude(refusal=None).select_related("refusal"),
        "is_freeze": lock.kind == LockKind.FREEZE,
        "may_open": request.user.may(Permission.FREEZE_DATA if lock.kind == LockKind.FREEZE else Permission.LOCK_DATA),
        "user_id": str(request.user.pk),
        "opening": opening,
        "approval": approval,
        "declining": declining,
        "trail": [("Locks", reverse("locks")), (lock.label, "")],
    }
    refused = opening.errors or approval.errors or declining.errors
    return render(request, "visits/hold.html", page, status=422 if refused else 200)


def _open(request: SignedInRequest, lock: Lock, form: OpenForm) -> bool:
    """End a freeze, or ask for the unlock of a lock."""
    is_freeze = lock.kind == LockKind.FREEZE
    if not request.user.may(Permission.FREEZE_DATA if is_freeze else Permission.LOCK_DATA):
        raise Http404
    if not form.is_valid():
        return False
    act = thaw if is_freeze else ask_unlock
    try:
        act(lock, reason=form.cleaned_data["reason"], actor=actor_of(request.user))
    except MarkRefusedError as refused:
        form.add_error(None, str(refused))
        return False
    messages.success(request, "Opened again." if is_freeze else "Asked for. Another person has to approve it.")
    return True


def _decline(request: SignedInRequest, lock: Lock, form: DeclineForm) -> bool:
    if not request.user.may(Permission.LOCK_DATA):
        raise Http404
    if not form.is_valid():
        return False
    try:
        decline_unlock(lock, reason=form.cleaned_data["no_because"], actor=actor_of(request.user))
    except MarkRefusedError as refused:
        form.add_error(None, str(refused))
        return False
    messages.success(request, "Declined. It stays locked.")
    return True


def _approve(request: SignedInRequest, lock: Lock, form: ApproveForm) -> bool:
    if not request.user.may(Permission.LOCK_DATA):
        raise Http404
    if not form.is_valid():
        return False
    if not confirm_password(request, request.user, form.cleaned_data["password"]):
        form.add_error("password", "This is not your password. After too many failures the account is locked.")
        return False
    try:
        unlock(lock, actor=actor_of(request.user))
    except MarkRefusedError as refused:
        form.add_error(None, str(refused))
        return False
    messages.success(request, f"Unlocked: {lock.label}.")
    return True
