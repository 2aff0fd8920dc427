"""The casebook of a patient on paper: everything that stands in it, the same for the same state, and nothing for blinded eyes."""

import re
from datetime import datetime

import pytest
from django.template.loader import render_to_string

from tests.cast import OTHER_SITE, SignIn, make_user
from tests.printing.conftest import SECRET, ask_poppler, at, enter_intervention, make, read_bookmarks, read_text
from tests.records.conftest import ANNA
from trialsite.accounts.models import User
from trialsite.accounts.roles import Role
from trialsite.audit.models import AuditEvent
from trialsite.jobs.models import Job, Worker
from trialsite.lib import clock
from trialsite.printing import pdf
from trialsite.printing.casebook import make_paper
from trialsite.printing.content import Wanted
from trialsite.printing.words import CASEBOOK, PDF, PDF_NEEDS_PANGO
from trialsite.protocol.current import get_protocol
from trialsite.records.actions import correct_record
from trialsite.signatures.models import Signature
from visits.models import VitalSigns

needs_pango = pytest.mark.skipif(PDF in pdf.LACKS, reason="Pango is not on this machine; no PDF was made")


def asked(form: VitalSigns, **others: object) -> dict[str, object]:
    return {"patient_id": str(form.patient_id), "as_of": "", "with_audit": True, "with_queries": True, **others}


def correct(form: VitalSigns) -> None:
    with clock.held_at(at(6)):
        form.refresh_from_db()
        correct_record(form, {"heart_rate_bpm": 75}, actor=ANNA, base_revision=1, reason="Transcription error")


@needs_pango
@pytest.mark.conformance(42)
def test_the_same_state_prints_the_same_bytes_tagged_and_told_in_the_trail(
    vital_signs: VitalSigns, monitor: User
) -> None:
    first = make(monitor, CASEBOOK, **asked(vital_signs)).read_bytes()
    second = make(monitor, CASEBOOK, **asked(vital_signs))
    assert second.read_bytes() == first
    printed = AuditEvent.objects.filter(action="print", patient_id=vital_signs.patient_id)
    assert [event.detail.split()[-1] for event in printed] == [f"{job.sha256}." for job in Job.objects.all()]
    assert printed.count() == 2

    told, structure = ask_poppler(second), ask_poppler("-struct-text", second)
    assert re.search(r"^Title: +Casebook of P2-001$", told, re.MULTILINE)
    assert re.search(r"^Tagged: +yes$", told, re.MULTILINE)
    assert "CreationDate:    Fri Mar  4 12:00:00 2011" in told, "of the state, not of the print"
    assert 'pdfuaid:part="1"' in ask_poppler("-meta", second)
    assert read_bookmarks(second)[:3] == ["P2-001", "States of the forms", "This print"]
    tags = re.sub(r"\s+", " ", structure)
    assert re.search(r'H1 \(block\)[^"]*"P2-001"', tags)
    assert re.search(r'TH <[^"]*"Heart rate" TD: /Headers [^"]*"72 /min"', tags), "a row of label and value"

    text, signature = read_text(second), Signature.objects.get()
    scope = f"Scope: form, P2-001, Baseline, Vital signs, revision 1. SHA-256 {signature.digest}"
    for expected in (
        "as of 2011-03-04 12:00:00 UTC",
        "Printed by The monitor (monitor), Monitor",
        "page 1 of",
        f"SIGNED Ivo I (investigator), 2011-03-04 12:00:00 UTC: Reviewed. {scope}",
    ):
        assert expected in text, expected
    correct(vital_signs)
    assert make(monitor, CASEBOOK, **asked(vital_signs)).read_bytes() != first


def compose(user: User, form: VitalSigns, as_of: datetime | None = None) -> str:
    """What is set, before it is set: without tags, in one line."""
    wanted = Wanted(patient_id=form.patient_id, as_of=as_of, with_audit=True, with_queries=True)
    paper = make_paper(user, wanted, get_protocol(), on_form=lambda *_: None)
    assert paper
    html = render_to_string("printing/casebook.html", {"book": paper.book})
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


@pytest.mark.conformance(16, 17, 30, 31, 32)
def test_a_casebook_holds_all_that_is_stored_now_or_at_a_moment(vital_signs: VitalSigns, monitor: User) -> None:
    text = compose(monitor, vital_signs)
    for expected in (
        "Heart rate 72 /min",
        "Temperature Not done: thermometer broken",
        "Computed by the system",
        "Was the cuff the right size?",
        "Heart rate entered as 72 /min",
        "Signed Ivo I (investigator), 2011-03-04 12:00:00 UTC: Reviewed.",
    ):
        assert expected in text, expected
    assert "Void since" not in text

    correct(vital_signs)
    text = compose(monitor, vital_signs)
    assert "Heart rate 75 /min" in text
    assert "Heart rate changed from 72 /min to 75 /min Reason: Transcription error" in text
    assert re.search(r"Void Ivo I .* Void since 2011-03-06 12:00:00 UTC, by Anna A", text)

    past = compose(monitor, vital_signs, at(5))
    assert "as it stood at an earlier moment" in past
    assert "Heart rate 72 /min" in past
    assert "Temperature Not done: thermometer broken" in past
    assert "75 /min" not in past
    assert "Void since" not in past


@pytest.mark.conformance(24)
def test_what_an_operator_enters_moves_no_byte_of_a_blinded_print(
    vital_signs: VitalSigns, monitor: User, statistician: User, assessor: User
) -> None:
    blinded = {user: compose(user, vital_signs) for user in (monitor, assessor)}
    enter_intervention(vital_signs.patient)
    for user, before in blinded.items():
        assert compose(user, vital_signs) == before
    text = compose(statistician, vital_signs)
    assert SECRET in text
    assert "(restricted)" in text
    assert "2011-03-05" in text
    assert "Heart rate" not in compose(assessor, vital_signs), "an assessor reads the own instruments alone"


def test_a_casebook_is_asked_for_or_opened_as_a_page(vital_signs: VitalSigns, monitor: User, sign_in: SignIn) -> None:
    site, address = sign_in(monitor), f"/patients/{vital_signs.patient_id}/print/"
    response = site.post(address, {"how": "pdf", "with_queries": "on"})
    assert response["Location"] == "/files/"
    job = Job.objects.get()
    assert (job.kind, job.parameters) == (CASEBOOK, {**asked(vital_signs), "with_audit": False})

    page = site.post(address, {"how": "page", "with_audit": "on", "as_of": "2011-03-03T11:00"}, follow=True)
    text = page.content.decode()
    assert "72 /min" in text
    assert "Ivo I" not in text, "signed later"
    assert "Heart rate entered as 72 /min" in text
    assert "Was the cuff" not in text, "not asked for"
    assert AuditEvent.objects.filter(action="print", detail__startswith="Casebook as page").count() == 1

    assert site.post(address, {"how": "pdf", "as_of": "yesterday"}).status_code == 422
    assert site.get(f"{address}page/", {"as_of": "yesterday"}).status_code == 302
    assert site.get(f"{address}page/", {"as_of": "2011-02-01T00:00"}).status_code == 404, "nothing was there yet"
    Worker.objects.create(name="one", lacks={PDF: PDF_NEEDS_PANGO})
    assert "library Pango is missing" in site.get(address).content.decode()
    stranger = sign_in(make_user("stranger", Role.COORDINATOR, site=OTHER_SITE))
    assert stranger.get(f"{address}page/").status_code == 404


def test_without_pango_the_owner_reads_what_helps(
    vital_signs: VitalSigns, monitor: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf, "LACKS", {PDF: PDF_NEEDS_PANGO})
    with pytest.raises(AssertionError, match="library Pango is missing"):
        make(monitor, CASEBOOK, **asked(vital_signs))
