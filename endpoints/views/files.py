"""Figures and files of the reports."""

from django.http import Http404, HttpResponse

from endpoints.engine import start_engine
from endpoints.exports.csv_file import write_csv
from endpoints.exports.manifest import list_manifest
from endpoints.layout import Column, Listing, Table
from endpoints.views.desk import Desk, open_desk
from trialsite.accounts.access import SignedInRequest, requires
from trialsite.accounts.roles import Permission
from trialsite.lib import clock


@requires(Permission.VIEW_POOLED_REPORTS)
def report_figure(request: SignedInRequest, key: str, figure_key: str) -> HttpResponse:
    desk = open_desk(request.user, key, what=f"figure {figure_key}")
    svg = start_engine().draw_figure(desk.kind, figure_key, desk.given)
    if svg is None:
        raise Http404
    return HttpResponse(svg, content_type="image/svg+xml")


@requires(Permission.VIEW_POOLED_REPORTS)
def report_table(request: SignedInRequest, key: str, table_key: str) -> HttpResponse:
    desk = open_desk(request.user, key, what=f"file {table_key}")
    table = start_engine().build_report(desk.kind, desk.given).table(table_key)
    if table is None:
        raise Http404
    return _answer(desk, table, table_key)


@requires(Permission.VIEW_POOLED_REPORTS)
def report_rows(request: SignedInRequest, key: str) -> HttpResponse:
    desk = open_desk(request.user, key, what="statistic rows")
    rows = start_engine().list_rows(desk.kind, desk.given) if desk.has_row_file else None
    if rows is None:
        raise Http404
    return _answer(desk, rows, "rows")


@requires(Permission.VIEW_POOLED_REPORTS)
def report_patients_file(request: SignedInRequest, key: str) -> HttpResponse:
    desk = open_desk(request.user, key, what="patients file")
    if not desk.is_listed:
        raise Http404
    listing = start_engine().list_patients(desk.kind, desk.given, [one.number for one in desk.visible])
    return _answer(desk, _as_table(listing), "patients")


def _as_table(listing: Listing) -> Table:
    columns = (Column("Patient", is_number=False), Column("Group", is_number=False), *listing.columns)
    rows = tuple((row.number, row.group, *row.cells) for row in listing.rows)
    return Table("patients", listing.title, columns, rows)


def _answer(desk: Desk, table: Table, name: str) -> HttpResponse:
    manifest = (
        ("Report", f"{desk.kind.title}: {table.caption}"),
        *list_manifest(desk.given.protocol, desk.user, clock.now()),
        ("Rows", str(len(table.rows))),
        *(("Note", note) for note in table.notes),
    )
    answer = HttpResponse(write_csv(table, manifest), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{desk.file_stem}-{name}.csv"'
    return answer
