"""Makes the whole report: runs in the worker alone."""

from django.http import Http404
from django.template.loader import render_to_string

from endpoints.views.whole import open_whole
from trialsite.jobs.work import CannotMakeError, Made, Order
from trialsite.printing.makers import ask_for_pdf, set_pages
from trialsite.printing.report import make_report_book
from trialsite.printing.report_docx import write_docx

_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
NOT_THERE = "There is no such report for you any more. Open the page of reports and ask anew."


def make_report(order: Order) -> Made:
    """The whole report as PDF, or its tables as a Word document."""
    is_pdf = order.parameters["form"] == "pdf"
    if is_pdf:
        ask_for_pdf()
    try:
        whole = open_whole(order.user, order.parameters.get("snapshot", ""), order.parameters.get("arms", ""))
    except Http404:
        raise CannotMakeError(NOT_THERE) from None
    book = make_report_book(whole, order.report, with_figures=is_pdf)
    if is_pdf:
        set_pages(order, render_to_string("printing/report.html", {"book": book}))
    else:
        order.report(order.total - 1, order.total, "Writing the tables")
        write_docx(book, order.target)
    form, of = ("PDF", "Whole report") if is_pdf else ("DOCX", "Tables of the whole report")
    snapshot = whole.desks[0].snapshot
    frozen = f", snapshot {snapshot.serial}" if snapshot else ""
    return Made(
        file_name=f"{book.file_stem}.{form.lower()}",
        media_type="application/pdf" if is_pdf else _WORD,
        action="print",
        detail=f"{of} as {form}{frozen}.",
    )
