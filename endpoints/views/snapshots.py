"""Snapshots, for the statistician alone: freezing, reading, comparing."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from endpoints.actions.snapshot import make_snapshot
from endpoints.catalog import REPORTS, ReportKind
from endpoints.differences import MovedNumber, compare_data, compare_numbers, say_change, say_move
from endpoints.engine import start_engine
from endpoints.forms.snapshot import SnapshotForm
from endpoints.frozen import WHOLE_TRIAL
from endpoints.kept import Computed, recall
from endpoints.layout import ReportInput, Table
from endpoints.presenters import group_reports
from endpoints.selectors.snapshots import OpenedSnapshot, list_snapshots
from endpoints.views.desk import (
    DUMMY,
    REAL,
    choose_arms,
    chooses_dummy,
    deal_input,
    load_snapshot,
    make_query,
    may_show_real,
)
from endpoints.views.marking import name_taken
from enrollment.vault.refusal import VaultRefusedError
from trialsite.accounts.access import SignedInRequest, requires
from trialsite.accounts.roles import Permission
from trialsite.lib import clock

SHOWN = 300
"""So many lines of a comparison are printed; the page says how many more there are."""


@requires(Permission.VIEW_ARM_REPORTS)
def snapshots(request: SignedInRequest) -> HttpResponse:
    """All snapshots; sending the form makes one."""
    form = SnapshotForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = make_snapshot(request.user, form.cleaned_data["note"])
        except VaultRefusedError as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, f"Snapshot {made.serial} was made.")
            return redirect("snapshot", made.id)
    page = {
        "form": form,
        "snapshots": list_snapshots(user=request.user),
        "trail": [("Reports", reverse("reports")), ("Snapshots", "")],
    }
    return render(request, "endpoints/snapshots.html", page, status=422 if form.errors else 200)


@requires(Permission.VIEW_ARM_REPORTS)
def snapshot(request: SignedInRequest, snapshot_id: UUID) -> HttpResponse:
    """One snapshot: what it is, its reports, its data, and the others to compare it with."""
    every = list_snapshots(user=request.user)
    found = next((one for one in every if one.row.id == snapshot_id), None)
    if found is None:
        raise Http404
    page = {
        "found": found,
        "families": group_reports(query=make_query("", str(snapshot_id)), by_arm=True),
        "tables": [(words, reverse("snapshot_facts", args=[snapshot_id, key])) for key, words in _TABLES.items()],
        "facts_are_dummy": not may_show_real(""),
        "earlier": [one for one in every if one.row.serial < found.row.serial],
        "trail": [("Reports", reverse("reports")), ("Snapshots", reverse("snapshots")), (str(found.row), "")],
    }
    return render(request, "endpoints/snapshot.html", page)


_TABLES = {"visits": "Visits", "adverse-events": "Adverse events", "relapses": "Relapses"}
_SUFFIXES = {"visits": "", "adverse-events": "_ae", "relapses": "_relapses"}


@requires(Permission.VIEW_ARM_REPORTS)
def snapshot_facts(request: SignedInRequest, snapshot_id: UUID, table_key: str) -> HttpResponse:
    """One table of the frozen facts as tidy CSV with arms, as the command for endpoints reads it."""
    if table_key not in _TABLES:
        raise Http404
    opened = load_snapshot(request.user, str(snapshot_id), f"Facts as CSV, {_TABLES[table_key].lower()}")
    is_dummy = not may_show_real("")
    tables = _write_tidy(opened, is_dummy=is_dummy)
    answer = HttpResponse(tables[table_key.replace("-", "_")], content_type="text/csv; charset=utf-8")
    dummy = "-dummy-arms" if is_dummy else ""
    name = f"{opened.trial.protocol.key}-snapshot-{opened.serial}{dummy}{_SUFFIXES[table_key]}{name_taken(request.user, clock.now())}.csv"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@requires(Permission.VIEW_ARM_REPORTS)
def compare(request: SignedInRequest, snapshot_id: UUID, later_id: UUID) -> HttpResponse:
    """What differs between two snapshots: data, which reports moved, and the numbers of one of them, old beside new."""
    before, after = (
        load_snapshot(request.user, str(one), f"Compared, {what}")
        for one, what in ((snapshot_id, "the earlier"), (later_id, "the later"))
    )
    asked = request.GET.get("arms", "")
    found = [_compare_report(before, after, kind, asked) for kind in _list_comparable()]
    chosen = _choose(found, request.GET.get("report", ""))
    kind, moved, is_dummy = chosen.kind, chosen.moved, chosen.is_dummy
    changes = compare_data(_write_tidy(before, is_dummy=True), _write_tidy(after, is_dummy=True))
    terms = start_engine().name_terms(after.trial.protocol)
    page = {
        "before": before,
        "after": after,
        "kind": kind,
        "with_moves": [one for one in found if one.moved],
        "without_moves": [one for one in found if not one.moved],
        "changes": [say_change(one, terms) for one in changes[:SHOWN]],
        "more_changes": max(0, len(changes) - SHOWN),
        "moved": [say_move(one, terms) for one in moved[:SHOWN]],
        "more_moved": max(0, len(moved) - SHOWN),
        "number_of_changes": len(changes),
        "number_moved": len(moved),
        "shows_arms": kind.is_divided,
        "has_dummy_arms": is_dummy,
        "is_closed": not may_show_real(kind.key),
        "other_arms": f"{make_query(REAL if is_dummy else DUMMY)}&report={kind.key}",
        "arms": asked if asked in (REAL, DUMMY) else "",
        "trail": [("Reports", reverse("reports")), ("Snapshots", reverse("snapshots")), ("Compare", "")],
    }
    return render(request, "endpoints/compare.html", page)


@dataclass(frozen=True, slots=True)
class ComparedReport:
    """A report, and its numbers that are not the same in two snapshots."""

    kind: ReportKind
    is_dummy: bool
    moved: list[MovedNumber]


def _list_comparable() -> list[ReportKind]:
    return [kind for kind in REPORTS.values() if kind.forms]


def _compare_report(before: OpenedSnapshot, after: OpenedSnapshot, kind: ReportKind, asked: str) -> ComparedReport:
    """Nothing is computed where both were computed from the same."""
    is_dummy = chooses_dummy(kind, asked)
    old, new = (choose_arms(kind, one.trial.input_of(kind.key), is_dummy=is_dummy) for one in (before, after))
    if old == new:
        return ComparedReport(kind, is_dummy, [])
    return ComparedReport(kind, is_dummy, compare_numbers(_list_rows(before, kind, old), _list_rows(after, kind, new)))


def _choose(found: Sequence[ComparedReport], key: str) -> ComparedReport:
    """The report that was asked for; otherwise the first of which a number moved."""
    if not key:
        return next((one for one in found if one.moved), found[0])
    chosen = next((one for one in found if one.kind.key == key), None)
    if chosen is None:
        raise Http404
    return chosen


def _write_tidy(opened: OpenedSnapshot, *, is_dummy: bool) -> dict[str, str]:
    given = opened.trial.input_of(WHOLE_TRIAL)
    given = deal_input(given) if is_dummy else given
    return recall(Computed(opened.sha256, "", "tidy", is_dummy), lambda: start_engine().write_tidy(given))


def _list_rows(opened: OpenedSnapshot, kind: ReportKind, given: ReportInput) -> Table | None:
    one = Computed(opened.sha256, kind.key, "rows", given.has_dummy_arms, given.population)
    return recall(one, lambda: start_engine().list_rows(kind, given))
