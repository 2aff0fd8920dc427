"""The pages of the reports."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from endpoints.populations import FULL, POPULATIONS
from endpoints.presenters import (
    SetLink,
    group_reports,
    present_listing,
    present_problems,
    present_records,
    present_sections,
)
from endpoints.selectors.record_states import get_records_behind
from endpoints.views.asked import choose_forms, keep_at_visits, read_asked, say_asked
from endpoints.views.desk import DUMMY, REAL, Desk, make_query, may_show_real, open_desk
from endpoints.views.stamp import present_stamp
from trialsite.accounts.access import SignedInRequest, requires
from trialsite.accounts.roles import Permission
from trialsite.lib import clock


@requires(Permission.VIEW_POOLED_REPORTS)
def reports(request: SignedInRequest) -> HttpResponse:
    by_arm = request.user.may(Permission.VIEW_ARM_REPORTS)
    page = {"families": group_reports(by_arm=by_arm), "shows_arms": by_arm}
    return render(request, "endpoints/reports.html", page)


@requires(Permission.VIEW_POOLED_REPORTS)
def report(request: SignedInRequest, key: str) -> HttpResponse:
    desk = open_desk(request, key, what="page")
    made = desk.build()
    page = {
        **_frame(desk),
        "sections": present_sections(desk.kind, made, desk.query, is_linked=desk.leads_to_records),
        "notes": made.notes,
        "is_empty": made.is_empty,
        "is_set_empty": desk.given.population != FULL and not desk.given.recorded.patients,
        "warnings": _warn(desk),
    }
    return render(request, "endpoints/report.html", page)


@requires(Permission.VIEW_POOLED_REPORTS)
def report_patients(request: SignedInRequest, key: str) -> HttpResponse:
    desk = open_desk(request, key, what="patients")
    if not desk.is_listed:
        raise Http404
    numbers = {one.number: one.patient_id for one in desk.visible}
    asked = read_asked(request.GET)
    listing = desk.list_patients(asked)
    named = {row.number: numbers[row.number] for row in listing.rows}
    protocol = desk.given.protocol
    records = get_records_behind(request.user, list(named.values()), choose_forms(desk.kind, asked), protocol)
    frozen_at = desk.snapshot.frozen_at if desk.snapshot else None
    labels = {visit.key: visit.label for visit in protocol.visits}
    page = {
        **_frame(desk),
        "listing": present_listing(listing, numbers),
        "records": present_records(
            keep_at_visits(records, protocol, asked), {one: number for number, one in named.items()}, labels, frozen_at
        ),
        "asked": say_asked(listing.title, protocol, asked) if asked else "",
        "asked_query": f"?{request.GET.urlencode()}" if asked else desk.query,
        "trail": [
            ("Reports", reverse("reports")),
            (desk.kind.title, reverse("report", args=[key]) + desk.query),
            ("Patients", ""),
        ],
    }
    return render(request, "endpoints/patients.html", page)


def _frame(desk: Desk) -> dict[str, object]:
    opened_at, release = clock.now(), desk.release
    snapshot_id = str(desk.snapshot.id) if desk.snapshot else ""
    population = desk.given.population
    return {
        "opened_at": opened_at,
        "kind": desk.kind,
        "shows_arms": desk.shows_arms,
        "has_dummy_arms": desk.given.has_dummy_arms,
        "is_closed": desk.given.has_dummy_arms and not may_show_real(desk.kind.key),
        "stamp": present_stamp(release) if release else None,
        "query": desk.query,
        "snapshot": desk.snapshot,
        "other_arms": make_query(REAL if desk.given.has_dummy_arms else DUMMY, snapshot_id, population),
        "sets": _list_sets(desk, snapshot_id),
        "is_listed": desk.is_listed,
        "has_row_file": desk.has_row_file,
        "hides_vhiss": desk.kind.shows_vhiss and desk.given.hides_late_vhiss,
        "families": group_reports(desk.kind.key, desk.query, by_arm=desk.user.may(Permission.VIEW_ARM_REPORTS)),
        "manifest": desk.list_manifest(opened_at),
        "trail": [("Reports", reverse("reports")), (desk.kind.title, "")],
    }


def _list_sets(desk: Desk, snapshot_id: str) -> list[SetLink]:
    """The analysis sets that the person may choose; none where there is no choice."""
    if not (desk.kind.has_sets and desk.shows_arms) or (desk.snapshot and desk.given.sets is None):
        return []
    address, here = reverse("report", args=[desk.kind.key]), POPULATIONS[desk.given.population]
    return [
        SetLink(one.label, one.rule, address + make_query(desk.asked, snapshot_id, one.key), one is here)
        for one in POPULATIONS.values()
    ]


def _warn(desk: Desk) -> list[object]:
    if desk.kind.key != "flow":
        return []
    return list(present_problems(desk.compute_flows(), desk.visible))
