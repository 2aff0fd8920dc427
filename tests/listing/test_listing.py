"""The listing of everything: whole, the same for the same state, and without what its taker may not know."""

import csv
import hashlib
import io
import json
import tracemalloc

import pytest
from django.apps import apps
from django.db import models

from tests.cast import OTHER_SITE, SignIn, make_user
from tests.listing.conftest import read_manifest, read_members, read_table, take
from tests.printing.conftest import SECRET, at, enter_intervention
from tests.records.conftest import ANNA, make_patient
from trialsite.accounts.models import User
from trialsite.accounts.roles import Permission, Role
from trialsite.audit.models import AuditEntry, AuditEvent
from trialsite.audit.write import log_event
from trialsite.jobs.actions import ask_for
from trialsite.jobs.models import Job, JobState
from trialsite.jobs.work import perform
from trialsite.lib import clock
from trialsite.listing.contents import list_tables
from trialsite.listing.makers import NOT_YOURS
from trialsite.listing.reading import make_reading
from trialsite.printing.words import LISTING
from trialsite.protocol.current import get_protocol
from trialsite.records.actions import correct_record
from trialsite.records.diff import digest_of
from trialsite.signatures.models import Signature
from visits.models import VitalSigns

pytestmark = pytest.mark.django_db
# What stands in a table of another name, beside the row it belongs to; and what is told elsewhere or is none of anybody's business.
BESIDE = {"VerificationEnd", "SignatureEnd", "LockEnd", "UnlockRefusal"}
LEFT_AWAY = {"PatientCounter", "UnblindedMessage"}  # numbers to give out; what is told to the unblinded alone
APPS = ("enrollment", "visits", "marks", "signatures", "queries", "trail")
NASTY = ("=1+2", "'quoted", "-5", "\tcmd", "\uff1dx", 'plain, with "quotes"\nand a line')


@pytest.mark.conformance(42, 43)
def test_every_table_is_there_with_its_place_its_state_and_a_manifest_that_agrees(
    vital_signs: VitalSigns, data_manager: User
) -> None:
    path = take(data_manager)
    members, manifest = read_members(path), read_manifest(read_members(path))
    contents = manifest["contents"]

    (form,) = read_table(members, "vital_signs")
    assert [form[name] for name in ("patient", "site", "visit", "visit_occasion", "state", "revision")] == [
        "P2-001", "UB", "baseline", "1", "signed", "1",
    ]  # fmt: skip
    assert (form["heart_rate_bpm"], form["temperature_c"], form["assessed_on"]) == ("72", "", "2011-03-02")
    assert json.loads(form["absent"]) == {"temperature_c": {"code": "not_done", "reason": "thermometer broken"}}
    assert [row["state"] for row in read_table(members, "patients")] == ["screening"]
    assert read_table(members, "visits")[0]["visited_on"] == "2011-03-02"
    (message,) = read_table(members, "data_query_messages")
    assert (message["patient"], message["visit"], message["text"]) == (
        "P2-001", "baseline", "Was the cuff the right size?",
    )  # fmt: skip
    (signature,) = read_table(members, "signatures")
    assert (signature["state"], signature["digest"], signature["visit"]) == (
        "holds", Signature.objects.get().digest, "baseline",
    )  # fmt: skip
    assert read_table(members, "deviation") == []

    dictionary = list(csv.DictReader(io.StringIO(members["data_dictionary.csv"].decode("utf-8-sig"))))
    described = {(row["file"], row["column"]) for row in dictionary}
    for name, body in members.items():
        if name.startswith("tables/"):
            headings = next(csv.reader(io.StringIO(body.decode("utf-8-sig"))))
            assert len(headings) == len(set(headings)), name
            assert {(name, heading) for heading in headings} <= described
    rate = next(row for row in dictionary if row["column"] == "heart_rate_bpm")
    assert (rate["unit"], rate["kind"]) == ("/min", "whole number")

    lines = [json.loads(line) for line in members["audit_trail.jsonl"].decode().splitlines()]
    assert [line["event"] for line in lines] == [
        str(event.public_id) for event in AuditEvent.objects.exclude(action="export_listing").order_by("at", "id")
    ]
    assert sum(len(line["values"]) for line in lines) == AuditEntry.objects.count()

    assert set(contents["files"]) == set(members) - {"manifest.json"}
    for name, told in contents["files"].items():
        assert (told["sha256"], told["bytes"]) == (hashlib.sha256(members[name]).hexdigest(), len(members[name]))
    assert contents["files"]["tables/vital_signs.csv"]["rows"] == 1
    assert contents["as_of"] == at(4).isoformat(), "of the last change"
    assert contents["protocol"]["sha256"] == get_protocol().digest
    assert manifest["contents_sha256"] == digest_of(contents)
    assert manifest["taken"]["taken_by"] == "The data manager (data_manager)"
    told = AuditEvent.objects.get(action="export_listing").detail
    assert f"contents SHA-256 {digest_of(contents)}." in told
    assert f"SHA-256 {hashlib.sha256(path.read_bytes()).hexdigest()}." in told


@pytest.mark.conformance(43)
def test_the_same_state_gives_the_same_bytes_and_one_change_others(vital_signs: VitalSigns, data_manager: User) -> None:
    with clock.held_at(at(9)):
        log_event("sign_in", actor=ANNA)
    with clock.held_at(at(10)):
        path = take(data_manager)
        first, before = path.read_bytes(), read_members(path)
        assert take(data_manager).read_bytes() == first, "by the same person at the same time, to the last byte"
    with clock.held_at(at(11)):
        third = read_members(take(data_manager))
    assert {name for name in third if third[name] != before[name]} == {"manifest.json"}
    assert read_manifest(third)["contents_sha256"] == read_manifest(before)["contents_sha256"]
    with clock.held_at(at(12)):
        vital_signs.refresh_from_db()
        correct_record(vital_signs, {"heart_rate_bpm": 75}, actor=ANNA, base_revision=1, reason="Transcription error")
        after = read_members(take(data_manager))
    assert read_table(after, "vital_signs")[0] | {"state": ""} != read_table(third, "vital_signs")[0] | {"state": ""}
    assert read_table(after, "signatures")[0]["state"] == "ended"
    assert read_manifest(after)["contents_sha256"] != read_manifest(third)["contents_sha256"]


@pytest.mark.conformance(42)
def test_no_cell_runs_in_a_spreadsheet_and_programs_get_back_what_was_stored(
    vital_signs: VitalSigns, data_manager: User
) -> None:
    for number, text in enumerate(NASTY):
        with clock.held_at(at(6 + number)):
            vital_signs.refresh_from_db()
            correct_record(
                vital_signs, {"assessed_by": text}, actor=ANNA, base_revision=vital_signs.revision, reason="Retyped"
            )
            (row,) = read_table(read_members(take(data_manager)), "vital_signs")
        cell = row["assessed_by"]
        assert not cell.startswith(tuple("=+@\t\r\n\uff1d\uff0b\uff0d\uff20"))
        assert cell == text or cell.startswith("'")
        assert (cell[1:] if cell.startswith("'") else cell) == text


@pytest.mark.conformance(24, 42)
def test_what_only_unblinded_people_enter_changes_no_byte_for_the_others(
    vital_signs: VitalSigns, data_manager: User, monitor: User, statistician: User
) -> None:
    """The same state before and after the operator's form, and a listing that an unblinded person took of it."""
    with clock.held_at(at(20)):
        before = {user: take(user).read_bytes() for user in (data_manager, monitor)}
        take(statistician)
        enter_intervention(vital_signs.patient)
        take(statistician)
        after = {user: take(user).read_bytes() for user in (data_manager, monitor)}
        open_members = read_members(take(statistician))
    assert before == after
    closed = b"".join(read_members(take(monitor)).values())
    assert SECRET.encode() not in closed
    assert b"visits.intervention" not in closed
    assert not {name for name in read_members(take(monitor)) if "intervention" in name or "restricted" in name}
    assert read_table(open_members, "restricted_check_firings") == []
    assert read_table(open_members, "intervention")[0]["notes"] == SECRET
    assert b"visits.intervention" in open_members["audit_trail.jsonl"]


def test_people_of_one_site_take_that_site_alone(vital_signs: VitalSigns, monitor: User, data_manager: User) -> None:
    with clock.held_at(at(7)):
        make_patient("P2-077", site_code=OTHER_SITE)
    mine = read_members(take(monitor))
    assert [row["patient"] for row in read_table(mine, "patients")] == ["P2-001"]
    assert b"P2-077" not in b"".join(mine.values())
    assert read_manifest(mine)["contents"]["as_of"] == at(4).isoformat(), "what happens elsewhere moves nothing"
    every = read_members(take(data_manager))
    assert [row["patient"] for row in read_table(every, "patients")] == ["P2-001", "P2-077"]
    one = read_members(take(data_manager, OTHER_SITE))
    assert [row["patient"] for row in read_table(one, "patients")] == ["P2-077"]
    assert b"P2-001" not in b"".join(one.values())
    assert read_manifest(one)["contents"]["filter"] == {"site": OTHER_SITE}


def test_it_is_asked_for_on_a_page_by_who_may_take_it(
    vital_signs: VitalSigns, monitor: User, coordinator: User, sign_in: SignIn
) -> None:
    browser = sign_in(monitor)
    assert 'href="/listing/"' in browser.get("/files/").content.decode()
    assert browser.post("/listing/", {"site": OTHER_SITE}).status_code == 422, "not a site of this person"
    assert browser.post("/listing/", {"site": ""}).headers["Location"] == "/files/"
    assert Job.objects.get().title == "Listing of everything"
    assert 'href="/listing/"' not in sign_in(coordinator).get("/files/").content.decode()
    # whoever is asked for past the page, or has lost the right since
    for user, parameters in ((coordinator, {"site": ""}), (monitor, {"site": OTHER_SITE})):
        job = ask_for(user, LISTING, "A listing", parameters)
        perform(job.pk)
        job.refresh_from_db()
        assert (job.state, job.problem) == (JobState.FAILED, NOT_YOURS)
    assert {role for role in Role if make_user(f"a_{role}", role).may(Permission.TAKE_LISTING)} == {
        Role.MONITOR,
        Role.DATA_MANAGER,
        Role.STATISTICIAN,
    }


def test_no_table_is_forgotten(statistician: User) -> None:
    """A new table is listed, or named above with a reason."""
    reading = make_reading(statistician, get_protocol())
    assert reading
    listed = {table.rows.model.__name__ for table in list_tables(reading)}
    every: set[type[models.Model]] = {model for name in APPS for model in apps.get_app_config(name).get_models()}
    assert {model.__name__ for model in every} - listed == BESIDE | LEFT_AWAY


@pytest.mark.one_database
def test_memory_does_not_grow_with_the_trial(vital_signs: VitalSigns, data_manager: User) -> None:
    take(data_manager)  # everything is loaded
    small = peak_of(data_manager)
    for _ in range(3_000):
        log_event("print", actor=ANNA, detail="x" * 500)
    log_event("freeze", actor=ANNA)
    with_many = peak_of(data_manager)
    assert with_many < small + 6_000_000, (small, with_many)


def peak_of(user: User) -> int:
    tracemalloc.start()
    try:
        take(user)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
