"""Makes what was asked for: runs in the worker alone."""

from datetime import datetime
from uuid import UUID

from django.template.loader import render_to_string

from trialsite.jobs.work import CannotMakeError, Made, Order, reading_at_once
from trialsite.printing import pdf
from trialsite.printing.blank_set import make_set, page_of
from trialsite.printing.casebook import make_paper
from trialsite.printing.content import Wanted
from trialsite.printing.words import PDF
from trialsite.protocol.current import get_protocol
from visits.actions.outflow import note_patient

NOT_THERE = "There is nothing to print: this casebook is not yours to read any more, or it held nothing at that moment."
_TYPE = "application/pdf"


def make_casebook(order: Order) -> Made:
    """The casebook of one patient as PDF."""
    ask_for_pdf()
    with reading_at_once():
        paper = make_paper(order.user, read_wanted(order), get_protocol(), on_form=order.report)
    if paper is None:
        raise CannotMakeError(NOT_THERE)
    note_patient(order.user, read_wanted(order).patient_id, get_protocol())
    set_pages(order, render_to_string("printing/casebook.html", {"book": paper.book}))
    return Made(
        file_name=f"{paper.file_name}.pdf",
        media_type=_TYPE,
        action="print",
        detail=paper.describe("PDF"),
        subject=paper.subject,
    )


def make_blank_forms(order: Order) -> Made:
    """Blank forms as PDF: the same bytes as long as the forms are the same."""
    ask_for_pdf()
    protocol = get_protocol()
    found = make_set(order.user, protocol, order.parameters)
    if found is None:
        raise CannotMakeError("None of these forms is yours to read any more. Ask for others.")
    page = page_of(found, protocol, is_annotated=bool(order.parameters.get("annotated")))
    set_pages(order, render_to_string("printing/blank.html", page))
    name = str(order.parameters["what"]).replace(":", "-").replace("_", "-")
    detail = f"{found.title}, {len(found.forms)} in all, protocol version {protocol.version}."
    return Made(file_name=f"blank-{name}.pdf", media_type=_TYPE, action="print", detail=detail)


def read_wanted(order: Order) -> Wanted:
    told = order.parameters
    return Wanted(
        patient_id=UUID(told["patient_id"]),
        as_of=datetime.fromisoformat(told["as_of"]) if told.get("as_of") else None,
        with_audit=bool(told.get("with_audit")),
        with_queries=bool(told.get("with_queries")),
    )


def ask_for_pdf() -> None:
    """Refuse with the sentence that helps where this machine sets no PDF."""
    if PDF in pdf.LACKS:
        raise CannotMakeError(pdf.LACKS[PDF])


def set_pages(order: Order, html: str) -> None:
    """Set the text as PDF; this is the last of the order's steps."""
    total = max(order.total, 1) + 1
    pdf.write_pdf(html, order.target, lambda step: order.report(total - 1, total, step))
