"""Lists that were made elsewhere: every fault is named by line and column, and nothing is kept until all is right."""

import re
from collections.abc import Callable
from io import BytesIO, StringIO
from pathlib import Path
from random import Random

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from openpyxl import Workbook

from enrollment.actions.draw import draw_allocation
from enrollment.models import Patient
from enrollment.vault.commitment import Slot
from enrollment.vault.lists import open_slot
from enrollment.vault.models import AllocationList, AllocationSlot, UsedList
from enrollment.vault.upload import LARGEST_FILE, Wanted, read_list
from tests.cast import SignIn
from tests.vault.conftest import make_patient, ready
from trialsite.accounts.actor import SYSTEM
from trialsite.accounts.models import User
from trialsite.audit.models import AuditEvent

WANTED = Wanted(
    strata=["all"],
    ratio={"angioplasty": 1, "sham": 1},
    planned=20,
    longest_stratum=1000,
    patient_number=r"P1-\d{3}|P2-\d{3}",
)
TWO_SITES = Wanted(strata=["site A", "site B"], ratio=WANTED.ratio, planned=4, longest_stratum=1000, patient_number="x")
ARMS = ["sham", "angioplasty", "angioplasty", "sham"] * 5


def make_codes(seed: int = 4) -> list[str]:
    chance = Random(seed)
    return ["K-" + "".join(chance.choices("BCDFGHJK2346789", k=7)) for _ in ARMS]


def to_csv(*columns: list[str], head: str = "position,arm", by: str = ",") -> bytes:
    lines = [head.replace(",", by), *(by.join(cells) for cells in zip(*columns, strict=True))]
    return "\n".join(lines).encode() + b"\n"


POSITIONS = [str(n) for n in range(1, len(ARMS) + 1)]
GOOD = to_csv(POSITIONS, ARMS)
WITH_CODES = to_csv(POSITIONS, ARMS, make_codes(), head="position,arm,code")


def make_spreadsheet() -> bytes:
    book, file = Workbook(), BytesIO()
    for line in zip(POSITIONS, ARMS, strict=True):
        book.active.append(line)
    book.save(file)
    return file.getvalue()


def change(line: int, old: str, new: str, content: bytes = GOOD) -> bytes:
    """One line of a good file changed; lines count from 1."""
    lines = content.decode().split("\n")
    assert old in lines[line - 1]
    lines[line - 1] = lines[line - 1].replace(old, new)
    return "\n".join(lines).encode()


def with_codes(make: Callable[[int], str]) -> bytes:
    return to_csv(POSITIONS, ARMS, [make(n) for n in range(len(ARMS))], head="position,arm,code")


CODES, LETTERS = make_codes(), str.maketrans("2346789", "LMNPQRS")


@pytest.mark.parametrize(
    ("content", "line", "column", "words"),
    [
        (change(4, "angioplasty", "anigoplasty"), 4, "arm", "'anigoplasty' is no arm: angioplasty or sham"),
        (change(4, "angioplasty", "Sham"), 4, "arm", "'Sham' is no arm"),
        (change(3, "2", "two"), 3, "position", "'two' is no position"),
        (change(3, "2", "0"), 3, "position", "'0' is no position"),
        (change(3, "2", "9" * 5000), 3, "position", "is no position"),
        (change(3, "2", "\u0662"), 3, "position", "is no position"),
        (change(3, "2", "1"), 3, "position", "Position 1 stands twice"),
        (change(21, "20", "25"), 21, "position", "Position 25 follows 19 in stratum all: 20 is missing"),
        (change(3, "2,angioplasty", "2,angioplasty,x"), 3, "", "has 3 cells; the head names 2"),
        (change(1, "position,arm", "position,treatment"), 1, "arm", "column is missing"),
        (change(1, "position,arm", "position,treatment"), 1, "'treatment'", "column is unknown"),
        (change(1, "position,arm", "arm,arm"), 1, "arm", "stands twice"),
        (to_csv(POSITIONS, ARMS, ["x"] * 20, head="position,arm,stratum"), 2, "stratum", "'x' is no stratum: all"),
        (to_csv(POSITIONS[:19], ARMS[:19]), 0, "", "too short: 19 slots for 20 planned"),
        (to_csv(POSITIONS, ["sham"] * 18 + ["angioplasty"] * 2), 0, "arm", "2 of 20 slots are angioplasty, 10 are due"),
        (b"position,arm\n", 0, "", "holds no line after the head"),
        (b"", 0, "", "holds no line"),
        (b'position,arm\n1,"sham\n', 0, "", "not a CSV file"),
        (make_spreadsheet(), 0, "", "is a spreadsheet"),
        (GOOD.decode().encode("utf-16"), 0, "", "not a CSV file in UTF-8"),
        (change(5, "sham", "sham\0"), 0, "", "not a CSV file in UTF-8"),
        (change(5, "sham", "sham é").decode().encode("latin-1"), 5, "", "not UTF-8 (Latin-1, perhaps)"),
        (GOOD + b"\n" * LARGEST_FILE, 0, "", "larger than 1024 kB"),
        (b"trialsite allocation list, format 1\nlist x\n", 1, "", "text of a list of Trialsite"),
        (with_codes(lambda n: CODES[max(n, 1)]), 3, "code", "stands twice, first in line 2"),
        (with_codes(lambda n: CODES[n] if n != 6 else ""), 8, "code", "code is missing"),
        (with_codes(lambda n: CODES[n] if n != 6 else "P2-007"), 8, "code", "form of a patient number"),
        (with_codes(lambda n: CODES[n] if n != 6 else "a b"), 8, "code", "4 to 20 characters"),
        (with_codes(lambda n: f"K-{100 + n}"), 0, "code", "in the order of the list"),
        (with_codes(lambda n: f"K-{900 - n}"), 0, "code", "in the order of the list"),
        (with_codes(lambda n: f"{CODES[n][2:5].translate(LETTERS)}{n + 1}X"), 0, "code", "is its position in the list"),
        (with_codes(lambda n: f"{'ST'[ARMS[n] == 'sham']}{CODES[n][1:]}"), 0, "code", "character 1 goes with it"),
        (with_codes(lambda n: f"{CODES[n]}{'ST'[ARMS[n] == 'sham']}"), 0, "code", "goes with it"),
        (with_codes(lambda n: CODES[n] + "99" * (ARMS[n] == "sham")), 0, "code", "their length goes with it"),
    ],
)
def test_a_fault_is_named_by_line_and_column(content: bytes, line: int, column: str, words: str) -> None:
    slots, faults = read_list(content, WANTED)
    assert slots == []
    found = [fault for fault in faults if (fault.line, fault.column) == (line, column)]
    assert any(words in fault.sentence for fault in found), faults
    assert all(len(fault.sentence) < 200 for fault in faults)


def test_all_faults_come_at_once_in_the_order_of_lines() -> None:
    content = change(9, "8", "x", change(4, "angioplasty", "y", change(7, "angioplasty", "z")))
    _, faults = read_list(content, WANTED)
    assert [(fault.line, fault.column) for fault in faults] == [(4, "arm"), (7, "arm"), (9, "position")]
    coded = change(9, "8", "x", change(5, CODES[3], "P2-001", change(3, CODES[1], CODES[0], WITH_CODES)))
    _, faults = read_list(coded, WANTED)
    assert [(fault.line, fault.column) for fault in faults] == [(3, "code"), (5, "code"), (9, "position")]


@pytest.mark.parametrize(
    "content",
    [
        GOOD,
        b"\xef\xbb\xbf" + GOOD,
        GOOD.replace(b"\n", b"\r\n"),
        GOOD.replace(b"\n", b"\r\n").rstrip(),
        GOOD.replace(b",", b";"),
        GOOD.replace(b",", b"\t"),
        GOOD.replace(b"position,arm", b' Position , "ARM"'),
        GOOD + b"\n\n",
        b"\n".join([GOOD.split(b"\n")[0], *reversed(GOOD.split(b"\n")[1:])]),
    ],
)
def test_what_spreadsheets_write_is_read(content: bytes) -> None:
    slots, faults = read_list(content, WANTED)
    assert faults == []
    assert slots == [Slot("all", n, arm) for n, arm in enumerate(ARMS, start=1)]


def test_each_stratum_counts_from_one_and_none_is_left_out() -> None:
    head = "stratum,position,arm"
    both = to_csv(["site A"] * 2 + ["site B"] * 2, ["1", "2"] * 2, ["sham", "angioplasty"] * 2, head=head)
    slots, faults = read_list(both, TWO_SITES)
    assert (faults, len(slots)) == ([], 4)
    one = to_csv(["site A"] * 4, ["1", "2", "3", "4"], ["sham", "angioplasty"] * 2, head=head)
    assert [fault.sentence for fault in read_list(one, TWO_SITES)[1]] == ["No line is of stratum site B."]
    assert read_list(GOOD, TWO_SITES)[1][0].column == "stratum"  # the column is missing


# --- The page --------------------------------------------------------------------------------------------------------


@pytest.fixture
def window(sign_in: SignIn, statistician: User) -> Client:
    return sign_in(statistician)


def send(window: Client, content: bytes, name: str = "list.csv") -> str:
    answer = window.post("/allocation/2/upload/", {"phase2-file": SimpleUploadedFile(name, content)}, follow=True)
    assert answer.status_code in (200, 422)
    return re.sub(r"\s+", " ", answer.content.decode())


@pytest.mark.django_db
def test_an_uploaded_list_is_sealed_and_drawn_with_its_own_codes(window: Client) -> None:
    page = send(window, change(3, "angioplasty", "<b>"))
    assert '<td class="num">3</td><td>arm</td><td>&#x27;&lt;b&gt;&#x27; is no arm' in page
    assert "Nothing was kept" in page
    assert not AllocationList.objects.exists()
    assert "The file is empty" in send(window, b"")
    assert "Choose a CSV file" in re.sub(r"\s+", " ", window.post("/allocation/2/upload/").content.decode())

    page = send(window, WITH_CODES)
    assert "20 slots; Venous angioplasty to Sham procedure: all: 10 to 10." in page
    assert "not known here" in page
    page = send(window, WITH_CODES)  # once more, before it is sealed
    made = AllocationList.objects.last()
    assert made is not None
    window.post("/allocation/2/seal/", {"phase2-list_id": str(made.id), "phase2-is_sure": "on"})
    patient = draw_allocation(make_patient(1), ready, SYSTEM)
    assert patient.randomization_code == make_codes()[0]
    rows = AllocationSlot.objects.filter(stratum__list=made).select_related("stratum").order_by("position")
    assert [open_slot(made.id, row).arm for row in rows] == ARMS
    assert AuditEvent.objects.filter(action="upload_list", is_restricted=True).count() == 2
    assert "there is one only" in send(window, GOOD)


@pytest.mark.django_db
def test_a_list_that_served_elsewhere_is_refused(window: Client, tmp_path: Path) -> None:
    file, out = tmp_path / "trained.csv", StringIO()
    file.write_bytes(WITH_CODES)
    call_command("register_used_list", str(file), phase=2, note="Training in Buffalo", stdout=out)
    assert "will be refused" in out.getvalue()
    assert "This list was used already (Training in Buffalo)" in send(window, GOOD)  # the order counts, not the codes
    assert not AllocationList.objects.exists()
    stored = UsedList.objects.get()
    assert b"sham" not in bytes(stored.sealed_digest)
    with pytest.raises(CommandError, match="used already"):
        call_command("register_used_list", str(file), phase=2, note="Again", stdout=out)
    file.write_bytes(b"position,arm\n1,cure\n")
    errors = StringIO()
    with pytest.raises(CommandError, match="not registered"):
        call_command("register_used_list", str(file), phase=2, note="Wrong", stdout=out, stderr=errors)
    assert "line 2, arm: 'cure' is no arm" in errors.getvalue()


@pytest.mark.django_db
def test_a_list_registered_after_its_upload_is_not_sealed(window: Client, tmp_path: Path) -> None:
    send(window, GOOD)
    file = tmp_path / "late.csv"
    file.write_bytes(GOOD)
    call_command("register_used_list", str(file), phase=2, note="Another trial", stdout=StringIO())
    made = AllocationList.objects.get()
    page = window.post("/allocation/2/seal/", {"phase2-list_id": str(made.id), "phase2-is_sure": "on"}, follow=True)
    assert "used already (Another trial)" in page.content.decode()


@pytest.mark.django_db
@pytest.mark.usefixtures("sealed")
def test_a_sealed_list_is_in_the_register(patient: Patient) -> None:
    assert UsedList.objects.get().note == "Phase 2, demo"
