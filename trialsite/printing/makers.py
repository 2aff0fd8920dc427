"""Makes what was asked for: runs in the worker alone."""

from datetime import datetime
from uuid import UUID

from django.template.loader import render_to_string

from trialsite.jobs.work import CannotMakeError, Made, Order, reading_at_once
from trialsite.printing import pdf
from trialsite.printing.casebook import Paper, make_paper
from trialsite.printing.content import Wanted
from trialsite.printing.words import PDF
from trialsite.protocol.current import get_protocol

NOT_THERE = "There is nothing to print: this casebook is not yours to read any more, or it held nothing at that moment."
_TYPE = "application/pdf"


def make_casebook(order: Order) -> Made:
    """The casebook of one patient as PDF."""
    _ask_for_pdf()
    with reading_at_once():
        paper = make_paper(order.user, read_wanted(order), get_protocol(), on_form=order.report)
    if paper is None:
        raise CannotMakeError(NOT_THERE)
    _set(order, render_to_string("printing/casebook.html", {"book": paper.book}))
    return Made(
        file_name=f"{paper.file_name}.pdf",
        media_type=_TYPE,
        action="print",
        detail=paper.describe("PDF"),
        subject=paper.subject,
    )


def read_wanted(order: Order) -> Wanted:
    told = order.parameters
    return Wanted(
        patient_id=UUID(told["patient_id"]),
        as_of=datetime.fromisoformat(told["as_of"]) if told.get("as_of") else None,
        with_audit=bool(told.get("with_audit")),
        with_queries=bool(told.get("with_queries")),
    )


def _ask_for_pdf() -> None:
    if PDF in pdf.LACKS:
        raise CannotMakeError(pdf.LACKS[PDF])


def _set(order: Order, html: str) -> None:
    total = max(order.total, 1) + 1
    pdf.write_pdf(html, order.target, lambda step: order.report(total - 1, total, step))


__all__ = ["Paper", "make_casebook"]
