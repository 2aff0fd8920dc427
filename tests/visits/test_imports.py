"""Readings from a file: what cannot be read is said, what would happen is shown, and all is stored or nothing."""

from base64 import b64encode
from datetime import date
from hashlib import sha256
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.cast import SignIn
from tests.records.conftest import ANNA, give_consent, make_patient, make_visit
from trialsite.accounts.models import User
from trialsite.audit.models import AuditEvent
from trialsite.audit.write import Subject
from trialsite.marks.actions import Target, put_lock
from trialsite.marks.models import LockKind, Scope
from trialsite.queries.models import DataQuery
from trialsite.records.actions import create_record
from visits.imports.rules import FileRefusedError, read_rows, read_text
from visits.models import Laboratory, VitalSigns
from visits.visit import Visit

COLUMNS = ["assessed_on", "creatinine", "creatinine_unit", "inr", "platelets_10e9_l"]
HEAD = "patient,visit,creatinine,creatinine_unit,platelets_10e9_l\n"
GOOD = f"{HEAD}P2-001,baseline,1.09,mg_dl,250\nP2-002,baseline,0.80,mg_dl,310\n"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file is empty"),
        (b" \r\n ", "The file is empty"),
        (b"\xef\xbb\xbf", "no reading below it|is missing|file is empty"),
        (b"PK\x03\x04" + b"x" * 50, "This is a spreadsheet, whatever its name says"),
        (b"\xd0\xcf\x11\xe0\xa1", "This is a spreadsheet"),
        ("patient,visit".encode("utf-16"), "UTF-16"),
        (b"patient\0", "not a text file"),
        ("patient,visit,inr\nP2-001,baseline,1,\xe4".encode("latin-1"), "not in UTF-8 .byte 37."),
        (b"x" * 1_000_001, "larger than 1 MB"),
        (b"patient;visit;inr\nP2-001;baseline;1", "parted by semicolons"),
        (b"patient\tvisit\tinr", "parted by tabs"),
        (b"patient,visit,inr\n", "no reading below it"),
        (b"patient,visit\nP2-001,baseline", "no column with readings"),
        (b"patient,inr\nP2-001,1", "column visit is missing"),
        (b"patient,visit,inr,inr\nP2-001,baseline,1,1", "inr is there twice"),
        (b"patient,visit,creatinin\nP2-001,baseline,1", "creatinin is no item of this form; did you mean creatinine?"),
        (b"patient,visit,\nP2-001,baseline,1", "column without a name is no item"),
        (b"patient,visit,inr\nP2-001,baseline\n", "Line 2 has 2 cells, the first line names 3 columns"),
        (b'patient,visit,inr\nP2-001,baseline,"1', "cannot be read as CSV"),
        (b"patient,visit,inr\n" + b"P2-001,baseline,1\n" * 301, "more than 300 lines"),
        (b"patient,visit,inr\nP2-001,baseline," + b"1" * 200_000, "cannot be read as CSV"),
    ],
)
def test_a_file_that_is_not_what_it_should_be_gets_a_sentence(content: bytes, sentence: str) -> None:
    with pytest.raises(FileRefusedError, match=sentence):
        read_rows(read_text(content), COLUMNS)


def test_rows_are_read_with_mark_spaces_and_empty_cells() -> None:
    content = "\ufeffpatient , visit,inr,creatinine\r\n P2-001,baseline , 1.1,\r\n\r\n".encode()
    (row,) = read_rows(read_text(content), COLUMNS)
    assert (row.line, row.patient, row.visit, row.cells) == (2, "P2-001", "baseline", {"inr": "1.1"})


@pytest.fixture
def visits(db: None) -> list[Visit]:
    made = []
    for number, site in (("P2-001", "UB"), ("P2-002", "UB"), ("P2-003", "XX")):
        patient = make_patient(number, site)
        if site == "UB":
            give_consent(patient)
        made.append(make_visit(patient))
    return made


@pytest.fixture
def desk(coordinator: User, sign_in: SignIn) -> Client:
    return sign_in(coordinator)


def look(desk: Client, text: str | bytes, form: str = "laboratory", name: str = "lab.csv") -> Any:
    content = text.encode() if isinstance(text, str) else text
    return desk.post("/import/", {"form": form, "file": SimpleUploadedFile(name, content)})


def store(desk: Client, text: str, form: str = "laboratory") -> Any:
    return desk.post(
        "/import/",
        {"form": form, "name": "lab.csv", "content": b64encode(text.encode()).decode(), "store": "yes"},
        follow=True,
    )


def said(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


@pytest.mark.conformance(44)
def test_a_preview_stores_nothing_and_storing_twice_is_harmless(visits: list[Visit], desk: Client) -> None:
    page = look(desk, GOOD)
    assert page.status_code == 200
    assert said(page).count("new draft") == 2
    assert "Store 2 lines as drafts" in said(page)
    assert not Laboratory.objects.exists()

    assert "lab.csv: 2 new draft" in said(store(desk, GOOD))
    stored = Laboratory.objects.get(patient=visits[0].patient_id)
    assert (str(stored.creatinine), stored.platelets_10e9_l, stored.status) == ("1.09", 250, "draft")
    assert stored.assessed_on == date(2011, 2, 1), "the day of the visit, as the page would offer it"
    event = AuditEvent.objects.get(record_id=stored.pk)
    assert event.reason == f"import of lab.csv, SHA-256 {sha256(GOOD.encode()).hexdigest()}"
    assert event.actor_username == "coordinator"
    count = AuditEvent.objects.count()

    assert said(look(desk, GOOD)).count("already there") == 2
    assert "no value in it was new. Nothing was stored" in said(store(desk, GOOD))
    assert AuditEvent.objects.count() == count


@pytest.mark.conformance(44)
def test_a_conflict_is_named_and_nothing_at_all_is_stored(visits: list[Visit], desk: Client) -> None:
    store(desk, GOOD.splitlines(keepends=True)[0] + GOOD.splitlines(keepends=True)[1])
    changed = GOOD.replace("1.09", "1.19")
    page = look(desk, changed)
    assert page.status_code == 422
    assert "<code>creatinine</code> 1.19: 1.09 stands there already. Nothing is replaced" in said(page)
    assert "1 line cannot be stored, so nothing is" in said(page)
    store(desk, changed)
    assert Laboratory.objects.count() == 1
    assert str(Laboratory.objects.get().creatinine) == "1.09"


@pytest.mark.conformance(44)
def test_a_draft_is_filled_where_it_is_blank_and_a_complete_form_is_not_touched(
    visits: list[Visit], desk: Client
) -> None:
    patient = visits[0].patient
    lost = {"hemoglobin_g_dl": {"code": "not_done", "reason": "lost"}}
    create_record(Laboratory(patient=patient, visit=visits[0], inr="1.0", absent=lost), actor=ANNA)
    assert "draft filled" in said(look(desk, GOOD))
    store(desk, GOOD)
    filled = Laboratory.objects.get(patient=patient)
    assert (str(filled.creatinine), str(filled.inr), filled.revision) == ("1.09", "1", 2)
    assert filled.absent == lost
    complete = {"status": "complete", "completed_at": "2011-02-01T15:00Z"}
    create_record(VitalSigns(patient=patient, visit=visits[0], heart_rate_bpm=72, **complete), actor=ANNA)
    page = said(look(desk, "patient,visit,heart_rate_bpm,systolic_mmhg\nP2-001,baseline,72,120\n", "vital_signs"))
    assert "The form is complete and has no value here" in page


@pytest.mark.conformance(44)
def test_values_are_judged_as_the_form_judges_them(visits: list[Visit], desk: Client) -> None:
    text = "patient,visit,heart_rate_bpm,temperature_c\nP2-001,baseline,40,36.6\nP2-002,baseline,72,99\n"
    page = look(desk, text, "vital_signs")
    assert page.status_code == 422
    assert "<code>temperature_c</code> 99: Must be between" in said(page)
    store(desk, text, "vital_signs")
    assert not VitalSigns.objects.exists()
    only_soft = text.splitlines(keepends=True)
    page = look(desk, "".join(only_soft[:2]), "vital_signs")
    assert page.status_code == 200
    assert "outside the usual range" in said(page)
    store(desk, "".join(only_soft[:2]), "vital_signs")
    assert VitalSigns.objects.get().heart_rate_bpm == 40
    assert DataQuery.objects.get().state == "open"


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("P2-003,baseline,1,mg_dl,250", "<code>patient</code> P2-003: There is no such patient at your sites."),
        ("P2-999,baseline,1,mg_dl,250", "<code>patient</code> P2-999: There is no such patient at your sites."),
        ("P2-001,month_1,1,mg_dl,250", "No such visit of this patient took place so far"),
        ("P2-001,month_99,1,mg_dl,250", "There is no such visit. The protocol has screening"),
        ("P2-001,baseline,abc,mg_dl,250", "<code>creatinine</code> abc: Enter a number"),
        ("P2-001,baseline,1,gallons,250", "<code>creatinine_unit</code> gallons: “gallons” is not in this list"),
        ("P2-001,baseline,1,mg_dl,2.5", "<code>platelets_10e9_l</code> 2.5: Enter a whole number"),
        ("P2-001,baseline,9999999999,mg_dl,250", "<code>creatinine</code> 9999999999:"),
        ("P2-001,baseline,1,mg_dl,250\nP2-001,baseline,1,mg_dl,250", "Line 2 is about the same patient and visit"),
    ],
)
def test_every_problem_is_named_by_line_column_and_value(
    visits: list[Visit], desk: Client, line: str, sentence: str
) -> None:
    page = look(desk, f"{HEAD}{line}\n")
    assert page.status_code == 422
    assert sentence in said(page)
    assert "no such patient" in sentence or "P2-001" in said(page)
    store(desk, f"{HEAD}{line}\n")
    assert not Laboratory.objects.exists()


@pytest.mark.conformance(24, 44)
@pytest.mark.parametrize("form", ["intervention", "adverse_event", "consent", "nonsense", ""])
def test_no_file_names_a_restricted_form_or_one_without_visits(visits: list[Visit], desk: Client, form: str) -> None:
    page = look(desk, GOOD, form)
    assert page.status_code == 422
    assert "intervention" not in desk.get("/import/").content.decode().lower()
    assert not AuditEvent.objects.filter(action="import").exists()


def test_a_locked_form_stops_the_whole_file(visits: list[Visit], desk: Client) -> None:
    about = Subject(site_code="UB", patient_id=visits[1].patient_id, record_id=visits[1].patient_id)
    put_lock(
        Target(scope=Scope.CASEBOOK, label="P2-002, casebook", subject=about), LockKind.LOCK, reason="", actor=ANNA
    )
    page = store(desk, GOOD)
    assert "Line 3: Locked (P2-002, casebook)" in said(page)
    assert not Laboratory.objects.exists()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\xff\xfe\x00", b"a;b", b"\x00" * 100])
def test_what_is_uploaded_wrongly_is_answered_on_the_page(visits: list[Visit], desk: Client, content: bytes) -> None:
    page = look(desk, content)
    assert page.status_code == 422
    assert "invalid-feedback" in said(page)
    for sent in ({}, {"content": "no base64", "store": "yes"}):
        assert "Choose the file with the readings" in said(desk.post("/import/", {"form": "laboratory", **sent}))


def test_an_assessor_brings_in_the_own_instruments_only(
    visits: list[Visit], assessor: User, monitor: User, sign_in: SignIn
) -> None:
    desk = sign_in(assessor)
    page = desk.get("/import/").content.decode()
    assert 'value="mri"' in page
    assert 'value="laboratory"' not in page
    assert look(desk, GOOD).status_code == 422
    assert sign_in(monitor).get("/import/").status_code == 404


@pytest.mark.conformance(44)
def test_a_line_without_a_reading_begins_no_form(visits: list[Visit], desk: Client) -> None:
    text = HEAD + "P2-001,baseline,,,\nP2-002,baseline,0.80,mg_dl,310\n"
    page = look(desk, text)
    assert (page.status_code, said(page).count("no reading"), said(page).count("new draft")) == (200, 1, 1)
    assert "1 no reading, 1 new draft" in said(store(desk, text))
    assert [form.patient.number for form in Laboratory.objects.select_related("patient")] == ["P2-002"]
    assert "no value in it was new. Nothing was stored" in said(store(desk, HEAD + "P2-001,baseline,,,\n"))
