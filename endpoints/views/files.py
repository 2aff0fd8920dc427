"""Figures and files of the reports."""

from collections.abc import Callable, Sequence

from django.http import Http404, HttpResponse

from endpoints.exports.csv_file import write_csv
from endpoints.exports.xlsx_file import write_xlsx
from endpoints.layout import Column, Listing, Table
from endpoints.views.asked import read_asked
from endpoints.views.desk import Desk, open_desk
from endpoints.views.marking import end_name, sign_figure
from trialsite.accounts.access import SignedInRequest, requires
from trialsite.accounts.roles import Permission
from trialsite.lib import clock

# A figure opened by itself is a document of its own, whose lines and colors are styles within it; it loads nothing and runs nothing.
_FIGURE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
Write = Callable[[Table, Sequence[tuple[str, str]]], str | bytes]

_WRITERS: dict[str, tuple[Write, str]] = {
    "csv": (write_csv, "text/csv; charset=utf-8"),
    "xlsx": (write_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}


@requires(Permission.VIEW_POOLED_REPORTS)
def report_figure(request: SignedInRequest, key: str, figure_key: str) -> HttpResponse:
    desk = open_desk(request, key, what=f"figure {figure_key}")
    svg = desk.draw(figure_key)
    if svg is None:
        raise Http404
    moment = clock.now()
    answer = HttpResponse(sign_figure(desk, svg, moment), content_type="image/svg+xml")
    answer["Content-Security-Policy"] = _FIGURE_POLICY
    if ending := end_name(desk, moment):
        answer["Content-Disposition"] = f'inline; filename="{desk.file_stem}-{figure_key}{ending}.svg"'
    return answer


@requires(Permission.VIEW_POOLED_REPORTS)
def report_table(request: SignedInRequest, key: str, table_key: str, ending: str = "csv") -> HttpResponse:
    desk = open_desk(request, key, what=f"file {table_key}")
    table = desk.build().table(table_key)
    if table is None:
        raise Http404
    return _answer(desk, table, table_key, ending)


@requires(Permission.VIEW_POOLED_REPORTS)
def report_rows(request: SignedInRequest, key: str, ending: str = "csv") -> HttpResponse:
    desk = open_desk(request, key, what="statistic rows")
    rows = desk.list_rows() if desk.has_row_file else None
    if rows is None:
        raise Http404
    return _answer(desk, rows, "rows", ending)


@requires(Permission.VIEW_POOLED_REPORTS)
def report_patients_file(request: SignedInRequest, key: str, ending: str = "csv") -> HttpResponse:
    desk = open_desk(request, key, what="patients file")
    if not desk.is_listed:
        raise Http404
    return _answer(desk, _as_table(desk.list_patients(read_asked(request.GET))), "patients", ending)


def _as_table(listing: Listing) -> Table:
    columns = (Column("Patient", is_number=False), Column("Group", is_number=False), *listing.columns)
    rows = tuple((row.number, row.group, *row.cells) for row in listing.rows)
    return Table("patients", listing.title, columns, rows)


def _answer(desk: Desk, table: Table, name: str, ending: str) -> HttpResponse:
    moment = clock.now()
    manifest = (
        ("Report", f"{desk.kind.title}: {table.caption}"),
        *desk.standing,
        *desk.list_manifest(moment),
        ("Rows", str(len(table.rows))),
        *(("Note", note) for note in table.notes),
    )
    write, content_type = _WRITERS[ending]
    answer = HttpResponse(write(table, manifest), content_type=content_type)
    answer["Content-Disposition"] = f'attachment; filename="{desk.file_stem}-{name}{end_name(desk, moment)}.{ending}"'
    return answer
