"""Asking for a casebook on paper, waiting for it, taking it, and reading what went wrong."""

import re
from pathlib import Path
from typing import Any

import pytest
from django_tasks_db.models import DBTaskResult
from playwright.sync_api import expect

from enrollment.models import Patient
from tests.jobs.conftest import work
from tests.journeys.conftest import MoveTo, SitDown
from tests.journeys.desk import Desk
from tests.printing.conftest import ask_poppler, read_text
from tests.records.conftest import give_consent, make_patient, make_visit
from trialsite.accounts.models import User
from trialsite.jobs.work import BENCH, CannotMakeError, Order
from trialsite.management.makers import MAKERS
from trialsite.printing import pdf
from trialsite.printing.words import PDF


@pytest.fixture
def patient(
    transactional_db: None, move_to: MoveTo, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Patient:
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr(BENCH, "makers", dict(MAKERS))
    move_to("2011-02-01T16:00")
    patient = make_patient()
    give_consent(patient)
    make_visit(patient)
    return patient


needs_pango = pytest.mark.skipif(PDF in pdf.LACKS, reason="Pango is not on this machine; no PDF was made")


def ask_for_casebook(desk: Desk, patient: Patient) -> None:
    desk.go(f"/patients/{patient.pk}/print/")
    desk.press("Make a PDF")


@needs_pango
def test_a_casebook_is_asked_for_waited_for_and_taken(
    patient: Patient, sit_down: SitDown, coordinator: User, tmp_path: Path
) -> None:
    desk = sit_down(coordinator)
    ask_for_casebook(desk, patient)
    expect(desk.page.get_by_role("progressbar")).to_be_visible()
    desk.sees("Waiting for its turn")
    desk.look("files-waiting")
    work()  # as the worker does in its own process
    ready = desk.page.get_by_role("link", name="Take the file")
    expect(ready).to_be_visible()  # the page asks by itself
    desk.look("files-ready")
    with desk.page.expect_download() as download:
        ready.click()
    path = tmp_path / "taken.pdf"
    download.value.save_as(path)
    assert patient.number in download.value.suggested_filename
    assert f"Patient number {patient.number}" in read_text(path)
    assert "Tagged: yes" in re.sub(" +", " ", ask_poppler(path))


@needs_pango
def test_a_file_that_could_not_be_made_says_why_and_is_tried_again(
    patient: Patient, sit_down: SitDown, coordinator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_order: Order) -> None:
        raise CannotMakeError("The disk is full. Ask the administrator to make room, then try again.")

    desk = sit_down(coordinator)
    with monkeypatch.context() as patch:
        patch.setitem(BENCH.makers, "casebook", refuse)
        ask_for_casebook(desk, patient)
        work()
    expect(desk.page.get_by_role("alert")).to_have_text(
        "The disk is full. Ask the administrator to make room, then try again."
    )
    desk.look("files-failed")
    desk.press("Try again")
    assert DBTaskResult.objects.ready().count() == 1
    work()
    expect(desk.page.get_by_role("link", name="Take the file")).to_be_visible()
