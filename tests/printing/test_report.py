"""The whole report as a file: the same for the same snapshot, opened by readers of their own, and without an arm for blinded eyes."""

import re

import docx
import pytest
from django.urls import reverse
from docx.oxml.ns import qn

from endpoints.actions.snapshot import make_snapshot
from endpoints.catalog import REPORTS
from endpoints.code_version import get_code_version
from endpoints.kept import forget, remove_files
from enrollment.selectors.commitment import get_commitments
from tests.cast import SignIn
from tests.endpoints import stored
from tests.printing.conftest import ask_poppler, make, read_bookmarks, read_text
from trialsite.accounts.models import User
from trialsite.jobs.models import Job
from trialsite.printing import pdf
from trialsite.printing.words import PDF, REPORT

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
CHOSEN = ("flow", "accrual", "effects")


@pytest.fixture(autouse=True)
def _few_reports(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three reports stand for all: each report has tests of its own."""
    few = {key: REPORTS[key] for key in CHOSEN}
    monkeypatch.setattr("endpoints.catalog.REPORTS", few)


def build_trial() -> None:
    stored.seal_a_list()
    for number in range(1, 5):
        stored.treat(stored.enter(stored.register(f"P2-{number:03d}")))


@pytest.mark.skipif(PDF in pdf.LACKS, reason="Pango is not on this machine; no PDF was made")
def test_the_report_of_a_snapshot_is_tagged_numbered_and_always_the_same(statistician: User) -> None:
    build_trial()
    snapshot = make_snapshot(statistician, "Interim review")
    asked = {"form": "pdf", "snapshot": str(snapshot.id), "arms": "dummy"}
    file = make(statistician, REPORT, **asked)
    stored.register("P2-099")
    assert make(statistician, REPORT, **asked).read_bytes() == file.read_bytes()
    assert re.search(r"^Tagged: +yes$", ask_poppler(file), re.MULTILINE)
    bookmarks = read_bookmarks(file)
    assert [one for one in bookmarks if one in ("Contents", "Flow of patients", "Accrual", "All effects")] == [
        "Contents",
        "Flow of patients",
        "Accrual",
        "All effects",
    ]
    text = read_text(file)
    (commitment,) = get_commitments()
    head = f"snapshot {snapshot.serial}, SHA-256 {snapshot.sha256[:16]} · code {get_code_version()}"
    head += f" · list of phase 2 {commitment.sha256[:16]} · dummy arms"
    assert text.count(head) == int(re.findall(r"page 1 of (\d+)", text)[0]), "on every page"
    for expected in (snapshot.sha256, commitment.sha256, "Table 1. Flow of patients, Phase 1", "Figure 1. Flow of"):
        assert expected in text, expected
    assert "Randomized (n" in text, "the words of a figure are text"


def test_the_tables_open_in_a_word_processor_and_tell_the_blinded_no_arm(
    statistician: User, monitor: User, sign_in: SignIn
) -> None:
    build_trial()
    files = {
        user.username: make(user, REPORT, form="docx", snapshot="", arms="real") for user in (statistician, monitor)
    }
    told = {name: docx.Document(str(file)) for name, file in files.items()}
    for name, document in told.items():
        captions = [one.text for one in document.paragraphs if one.style and one.style.name == "Caption"]
        assert captions[0] == "Table 1. Flow of patients, Phase 1"
        assert len(captions) == len(document.tables)
        assert [cell.text for cell in document.tables[1].rows[0].cells][:2] == ["Step", "All"]
        words = " ".join(cell.text for table in document.tables for row in table.rows for cell in row.cells)
        assert ("Sham procedure" in words) == (name == "statistician")
        for table in document.tables:
            head, *rows = table.rows
            assert rows, "no table is empty"
            assert head._tr.trPr is not None
            assert head._tr.trPr.find(qn("w:tblHeader")) is not None
            assert sum(column.width.mm for column in table.columns) <= 267.5, "no table is wider than the page"
            assert table.columns[0].width.mm >= 18, "many numbers leave room for the words before them"
    assert "both arms together" in told["monitor"].sections[0].header.paragraphs[0].text
    assert "not released" in told["statistician"].sections[0].header.paragraphs[0].text
    for name, document in told.items():
        foot = document.sections[0].footer
        assert "NUMPAGES" in foot._element.xml
        assert re.search(rf", for The {name} \({name}\), \d{{4}}-\d\d-\d\d [\d:]+ UTC, page ", foot.paragraphs[0].text)

    snapshot = make_snapshot(statistician, "Review")
    asked = {"form": "docx", "snapshot": str(snapshot.id), "arms": "dummy"}
    frozen = make(statistician, REPORT, **asked).read_bytes()
    stored.register("P2-098")
    forget()
    remove_files()
    assert make(statistician, REPORT, **asked).read_bytes() == frozen, "computed again, to the byte"

    browser = sign_in(monitor)
    page = browser.get(reverse("whole_report")).content.decode()
    assert "arms" not in page.lower().replace("warms", "").partition("<main")[2].partition("<form")[2]
    assert browser.get(reverse("whole_report_of_snapshot", args=[snapshot.id])).status_code == 404
    assert browser.post(reverse("whole_report"), {"form": "docx", "arms": "real"})["Location"] == reverse("files")
    assert Job.objects.filter(owner=monitor).latest("asked_at").parameters == {
        "form": "docx",
        "snapshot": "",
        "arms": "",
    }
    assert browser.post(reverse("whole_report"), {"form": "rtf"}).status_code == 422
