"""Snapshots: what is frozen comes out again, to the byte, and to the statistician alone."""

import re
from dataclasses import replace
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from endpoints import reports
from endpoints.actions.snapshot import make_snapshot
from endpoints.catalog import REPORTS
from endpoints.differences import MovedNumber, compare_data, compare_numbers, say_move
from endpoints.frozen import digest, freeze, thaw
from endpoints.layout import Column, Table
from endpoints.selectors.arms import get_arms
from endpoints.selectors.participants import get_participants
from endpoints.selectors.records import get_recorded_facts
from endpoints.selectors.snapshots import get_snapshot
from enrollment.vault.models import DataSnapshot
from enrollment.vault.refusal import VaultRefusedError
from tests.cast import SignIn
from tests.endpoints import stored
from tests.vault.conftest import overwrite
from tests.vault.test_code_break import SAID
from trialsite.accounts.actor import SYSTEM
from trialsite.accounts.models import User
from trialsite.audit.gate import open_gate
from trialsite.audit.models import AuditEvent
from trialsite.protocol.current import get_protocol
from trialsite.records.actions import correct_record
from visits.models import AdverseEvent, Mri, RelapseCheck


def build_trial() -> list[Any]:
    """Six patients of phase 2 and one of phase 1, with a few values of every kind; the MRI forms."""
    stored.seal_a_list()
    scans = []
    for number in range(1, 8):
        phase = 1 if number == 7 else 2
        patient = stored.enter(stored.register(f"P{phase}-{number:03d}", phase=phase))
        stored.describe(patient)
        stored.treat(patient)
        visit = stored.attend(patient, "month_1")
        stored.examine(visit, number % 4)
        stored.fill_in(RelapseCheck, visit, new_relapses=number % 2)
        scans.append(stored.fill_in(Mri, visit, is_scan_done=True, cel_new=number, t2_new=0))
        stored.log(AdverseEvent, patient, term="Ache", onset_on=stored.DAY_0, seriousness=["none"], ctcae_grade=1)
    return scans


def get_bytes(browser: Client, url: str) -> bytes:
    answer = browser.get(url)
    assert answer.status_code == 200, url
    return bytes(answer.content)


def list_files(browser: Client, snapshot: DataSnapshot, key: str) -> dict[str, bytes]:
    """Every figure and file of a report of the snapshot."""
    page = get_bytes(browser, f"{reverse('report', args=[key])}?snapshot={snapshot.id}").decode()
    links = set(re.findall(r'(?:href|src)="(/reports/[^"]*\.[^"]*)"', page))
    assert links
    assert all(f"snapshot={snapshot.id}" in link for link in links)
    return {link: get_bytes(browser, link.replace("&amp;", "&")) for link in links}


@pytest.mark.django_db
@pytest.mark.conformance(25)
def test_what_was_frozen_comes_out_again(statistician: User) -> None:
    build_trial()
    protocol = get_protocol()
    made = make_snapshot(statistician, "Interim review")
    opened = get_snapshot(made.id, user=statistician, purpose="Test")
    assert opened is not None
    participants = get_participants(protocol)
    arms = get_arms(statistician, protocol, participants, "Test")
    assert set(arms.values()) >= {"angioplasty", "sham"}
    for kind in REPORTS.values():
        given = opened.trial.input_of(kind.key)
        assert given.protocol == protocol
        assert given.participants == participants
        assert given.arms == arms
        if kind.forms:
            assert given.recorded == get_recorded_facts(participants, kind.forms, protocol)
    text, digits = freeze(opened.trial)
    assert digest(text, digits) == made.sha256
    assert thaw(text, digits) == opened.trial
    assert "sham" not in text.replace(opened.trial.protocol_file.decode(), ""), "arms stand apart"
    event = AuditEvent.objects.get(action="make_snapshot")
    assert (event.is_restricted, event.record_id) == (True, made.id)
    assert AuditEvent.objects.get(action="read_snapshot").is_restricted


@pytest.mark.django_db
def test_nothing_of_it_is_legible_or_can_be_changed_and_the_key_changes_with_the_vault(
    statistician: User, monitor: User, settings: Any
) -> None:
    build_trial()
    made = make_snapshot(statistician, "A note that tells")
    sealed = [bytes(made.sealed_facts), bytes(made.sealed_note)]
    for token in sealed:
        assert b"sham" not in token
        assert b"note" not in token
    with pytest.raises(DatabaseError), transaction.atomic(), open_gate():
        DataSnapshot.objects.update(code_version="another")
    with pytest.raises(DatabaseError), transaction.atomic(), open_gate():
        DataSnapshot.objects.all().delete()
    with pytest.raises(VaultRefusedError):
        make_snapshot(monitor, "Not for a monitor")
    with pytest.raises(VaultRefusedError):
        get_snapshot(made.id, user=monitor, purpose="Test")
    settings.ALLOCATION_KEYS = (Fernet.generate_key().decode(), *settings.ALLOCATION_KEYS)
    call_command("rotate_allocation_key", verbosity=0)
    settings.ALLOCATION_KEYS = settings.ALLOCATION_KEYS[:1]
    made.refresh_from_db()
    assert bytes(made.sealed_facts) not in sealed
    opened = get_snapshot(made.id, user=statistician, purpose="Test")
    assert opened is not None
    assert len(opened.trial.arms) == 7


@pytest.mark.django_db
def test_what_cannot_be_opened_is_a_sentence_and_hides_nothing_else(
    statistician: User, investigator: User, sign_in: SignIn, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    scans = build_trial()
    made, sound = make_snapshot(statistician, "First"), make_snapshot(statistician, "Second")
    browser, report = sign_in(statistician), reverse("report", args=["lesions"])
    altered = bytearray(bytes(made.sealed_facts))
    altered[100] ^= 1
    overwrite(made, sealed_facts=bytes(altered), sealed_note=sound.sealed_note)
    urls = [
        f"{report}?snapshot={made.id}",
        reverse("snapshot_facts", args=[made.id, "visits"]),
        reverse("compare_snapshots", args=[made.id, sound.id]),
    ]
    for url in urls:
        answer = browser.get(url)
        assert answer.status_code == 409
        assert "A ciphertext was altered, or its key is missing" in answer.content.decode()
        assert "tell the sponsor" in answer.content.decode()
    listed = get_bytes(browser, reverse("snapshots")).decode()
    assert "The note cannot be opened. A ciphertext does not belong where it stands" in listed
    assert "Second" in listed
    assert get_bytes(browser, f"{report}?snapshot={sound.id}")
    monkeypatch.setattr("endpoints.frozen.FORMAT", 2)
    later = browser.get(f"{report}?snapshot={sound.id}")
    assert (later.status_code, "Open it with the version that froze it" in later.content.decode()) == (409, True)
    patient = scans[0].patient
    window = sign_in(investigator)
    assert window.post(reverse("code_break", args=[patient.pk]), SAID).status_code == 200
    settings.ALLOCATION_KEYS = (Fernet.generate_key().decode(),)
    real = browser.get(report)
    assert (real.status_code, "its key is missing" in real.content.decode()) == (409, True)
    register = browser.get(reverse("code_break_register"))
    assert (register.status_code, "its key is missing" in register.content.decode()) == (409, True)
    neutral = window.get(reverse("code_breaks"))
    assert (neutral.status_code, "key" in neutral.content.decode()) == (409, False)
    assert "Call the statistician" in neutral.content.decode()


@pytest.mark.django_db
def test_a_report_of_a_snapshot_is_the_same_later_and_computed_once(
    statistician: User, monitor: User, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    scans = build_trial()
    browser = sign_in(statistician)
    answer = browser.post(reverse("snapshots"), {"note": "Interim review"})
    made = DataSnapshot.objects.get()
    assert answer.headers["Location"] == reverse("snapshot", args=[made.id])
    assert "Interim review" in get_bytes(browser, reverse("snapshots")).decode()
    before = list_files(browser, made, "lesions")
    assert any(link.split("?")[0].endswith(".xlsx") for link in before)
    live = reverse("report_rows", args=["lesions"])
    live_before = get_bytes(browser, live)
    correct_record(scans[0], {"cel_new": 40}, actor=SYSTEM, base_revision=scans[0].revision, reason="Read again")
    assert re.sub(rb"Made at.*", b"", get_bytes(browser, live)) != re.sub(rb"Made at.*", b"", live_before)
    for name in ("build_report", "draw_figure", "list_rows", "list_patients"):
        monkeypatch.delattr(reports, name)  # whoever computes again fails
    assert list_files(browser, made, "lesions") == before
    monkeypatch.undo()
    csv = next(content.decode() for link, content in before.items() if "/tables/" in link and ".csv" in link)
    assert f"# Snapshot: number 1, SHA-256 {made.sha256}" in csv
    assert "# Frozen by: " in csv
    # Who is blinded gets the pooled report of today, whatever is typed into the address.
    page = reverse("report", args=["lesions"])
    pages = [get_bytes(sign_in(monitor), page + end).decode() for end in ("", f"?snapshot={made.id}")]
    assert [("<caption" in one, "Snapshot" in one) for one in pages] == [(True, False)] * 2
    for wrong in ("x", "00000000-0000-0000-0000-000000000000"):
        assert browser.get(f"{page}?snapshot={wrong}").status_code == 404


@pytest.mark.django_db
def test_two_snapshots_tell_what_changed_and_what_moved(statistician: User, sign_in: SignIn) -> None:
    browser = sign_in(statistician)
    assert browser.post(reverse("snapshots"), {"note": ""}).status_code == 422
    empty = make_snapshot(statistician, "Before anybody came")
    scans = build_trial()
    first = make_snapshot(statistician, "First")
    correct_record(scans[0], {"cel_new": 40}, actor=SYSTEM, base_revision=scans[0].revision, reason="Read again")
    second = make_snapshot(statistician, "Second")
    assert first.sha256 != second.sha256
    for one in (empty, first):
        assert "What changed" in get_bytes(browser, reverse("snapshot", args=[second.id])).decode()
        facts = get_bytes(browser, reverse("snapshot_facts", args=[one.id, "visits"])).decode()
        assert facts.startswith("subject,phase,arm,")
    url = reverse("compare_snapshots", args=[first.id, second.id])
    opened = get_bytes(browser, url).decode()
    assert "Results that moved: Sample size, blinded" in opened, "the first report that moved"
    moved, _, as_they_were = opened.partition("As they were")
    assert [f'?report={key}"' in moved for key in ("lesions", "missing", "vhiss")] == [True, True, False]
    assert '?report=vhiss"' in as_they_were
    page = get_bytes(browser, f"{url}?report=lesions").decode()
    assert re.search(r"1 change in the data", page)
    row = re.search(r"<tr><th[^>]*>P2-001</th>.*?</tr>", page)
    assert row is not None
    assert re.findall(r"<td>(.*?)</td>", row.group()) == ["Month 1", "New contrast-enhancing lesions", "1", "40"]
    assert re.search(r"\d+ numbers moved", page)
    assert "No number of this report moved." in get_bytes(browser, f"{url}?report=relapses").decode()
    same = reverse("compare_snapshots", args=[first.id, first.id])
    assert "No value of an analyzed patient changed." in get_bytes(browser, same).decode()
    from_nothing = get_bytes(browser, reverse("compare_snapshots", args=[empty.id, first.id])).decode()
    assert from_nothing.count("not analyzed") == 7
    assert browser.get(f"{url}?report=flow").status_code == 404
    assert browser.get(reverse("snapshot_facts", args=[first.id, "arms"])).status_code == 404


VISITS = "subject,phase,arm,sex,age,visit,vhiss\nA,2,sham,F,30,1m,4\nA,2,sham,F,30,3m,\nB,2,open,M,40,1m,2\n"
EVENTS = "subject,term\nA,ache\nA,ache\n"


def test_changes_of_data_are_told_by_patient() -> None:
    before = {"visits": VISITS, "adverse_events": EVENTS, "relapses": "subject,onset_day\n"}
    later = (
        VISITS.replace("30,3m,\n", "30,3m,5\n")
        .replace("F,30", "F,31")
        .replace("B,2,open,M,40,1m,2\n", "C,2,sham,F,1,1m,1\n")
    )
    after = {"visits": later, "adverse_events": "subject,term\nA,ache\n", "relapses": "subject,onset_day\nC,9\n"}
    found = [(one.patient, one.where, one.what, one.before, one.after) for one in compare_data(before, after)]
    assert found == [
        ("A", "", "age", "30", "31"),
        ("A", "3m", "vhiss", "", "5"),
        ("A", "Adverse event", "Entry", "term ache", ""),
        ("B", "", "Patient", "analyzed", "not analyzed"),
        ("C", "", "Patient", "not analyzed", "analyzed"),
        ("C", "Relapse", "Entry", "", "onset_day 9"),
    ]
    assert compare_data(before, before) == []


def test_numbers_that_moved_came_or_went_are_told() -> None:
    names = ("outcome_label", "visit", "group", "analysis", "label", "value", "n", "note")
    rows = (("VHISS", "1m", "sham", "all", "Mean", "1", "5", ""), ("VHISS", "3m", "sham", "all", "Mean", "2", "5", ""))
    table = Table("rows", "Rows", tuple(map(Column, names)), rows)
    later = replace(table, rows=((*rows[0][:5], "1.5", "6", ""), (*rows[0][:4], "Median", "1", "6", "")))
    found = [(one.visit, one.label, one.before, one.after) for one in compare_numbers(table, later)]
    assert found == [("1m", "Mean", "1", "1.5"), ("1m", "Median", "", "1"), ("3m", "Mean", "2", "")]
    between = MovedNumber("VHISS", "1m", "treated_vs_sham", "percent_change", "Mean", "1", "2")
    said = say_move(between, {"1m": "Month 1", "treated": "Venous angioplasty", "sham": "Sham procedure"})
    assert (said.visit, said.group, said.analysis) == (
        "Month 1",
        "Venous angioplasty v Sham procedure",
        "percent change",
    )
    assert compare_numbers(table, table) == compare_numbers(None, None) == []
