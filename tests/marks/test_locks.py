"""Freezes and locks: what they refuse, at the page, in the actions and in the database; and how they are opened."""

import re
from collections.abc import Callable
from datetime import date

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, models, transaction
from django.test import Client

from enrollment.models import Consent, Eligibility, EligibilityAnswer, Patient
from tests.cast import PASSWORD, SignIn, make_user
from tests.marks.conftest import DAN, DORA, make_edss
from tests.records.conftest import ANNA, make_patient, make_visit
from trialsite.accounts.models import User
from trialsite.accounts.roles import Role
from trialsite.audit.gate import open_gate
from trialsite.audit.models import AuditEvent
from trialsite.audit.write import Subject, write_event
from trialsite.lib import clock
from trialsite.marks.actions import LockedError, MarkRefusedError, Target, ask_unlock, put_lock, thaw, unlock
from trialsite.marks.models import Lock, LockEnd, LockKind, Scope, UnlockRequest
from trialsite.marks.selectors import is_trial_locked
from trialsite.queries.actions import open_query
from trialsite.records.actions import correct_record, create_record
from trialsite.records.models import ClinicalRecord
from trialsite.signatures.actions import sign_scope
from trialsite.signatures.models import Signature
from visits.actions.questions import target_of
from visits.crfs.registry import CRFS
from visits.models import Disposition, Doppler, DopplerFinding, Intervention, VitalSigns
from visits.visit import Visit

EDSS = CRFS["edss"].title
LOCKED = "Trialsite: this record is locked"


def lock(record: ClinicalRecord | None, kind: LockKind = LockKind.LOCK) -> Lock:
    scopes = {Patient: Scope.CASEBOOK, Visit: Scope.VISIT, type(None): Scope.TRIAL}
    scope = scopes.get(type(record), Scope.FORM)
    subject = record.subject() if record else Subject()
    return put_lock(Target(scope=scope, label="these", subject=subject), kind, reason="", actor=DORA)


@pytest.fixture
def site(data_manager: User, sign_in: SignIn) -> Client:
    return sign_in(data_manager)


Pick = Callable[[VitalSigns], ClinicalRecord | None]
SCOPES: dict[str, Pick] = {
    "form": lambda form: form,
    "visit": lambda form: form.visit,
    "patient": lambda form: form.patient,
    "trial": lambda form: None,
}
EACH = pytest.mark.parametrize("pick", SCOPES.values(), ids=SCOPES)


@EACH
@pytest.mark.parametrize("kind", LockKind)
def test_a_record_inside_refuses_a_correction(vital_signs: VitalSigns, pick: Pick, kind: LockKind) -> None:
    lock(pick(vital_signs), kind)
    with pytest.raises(LockedError, match="can be changed"):
        correct_record(vital_signs, {"heart_rate_bpm": 80}, actor=ANNA, base_revision=1, reason="late")
    stored = VitalSigns.objects.get()
    assert (stored.heart_rate_bpm, stored.revision) == (72, 1)
    assert not AuditEvent.objects.filter(action="correct").exists()


def write_past_the_actions(record: ClinicalRecord) -> None:
    """As a part of the product would that forgot to ask for locks: the gate open, the audit event written."""
    with open_gate():
        record.revision += 1
        write_event("correct", actor=ANNA, subject=record.subject())
        models.Model.save(record)


@EACH
def test_the_database_refuses_it_too(vital_signs: VitalSigns, pick: Pick) -> None:
    write_past_the_actions(vital_signs)
    lock(pick(vital_signs))
    with pytest.raises(DatabaseError, match=LOCKED), transaction.atomic():
        write_past_the_actions(vital_signs)
    assert VitalSigns.objects.get().revision == 2


def test_rows_of_a_grid_are_inside_their_forms_visit_and_patient(visit: Visit) -> None:
    exam = create_record(Doppler(patient=visit.patient, visit=visit), actor=ANNA)
    row = create_record(DopplerFinding(parent=exam, key="ijv_right_j2"), actor=ANNA)
    for target in (exam, visit, visit.patient):
        held = lock(target, LockKind.FREEZE)
        with pytest.raises(LockedError):
            correct_record(row, {"flow": "reflux"}, actor=ANNA, base_revision=1)
        with pytest.raises(DatabaseError, match=LOCKED), transaction.atomic():
            write_past_the_actions(row)
        row.refresh_from_db()
        thaw(held, reason="go on", actor=DORA)
    assert correct_record(row, {"flow": "reflux"}, actor=ANNA, base_revision=1).revision == 2


def test_nothing_new_enters_what_is_locked(patient: Patient, visit: Visit) -> None:
    eligibility = create_record(Eligibility(patient=patient), actor=ANNA)
    lock(patient)
    for new in (
        VitalSigns(patient=patient, visit=visit),
        Consent(patient=patient),
        Visit(patient=patient, planned_key="month_1", visited_on=date(2011, 3, 1)),
        EligibilityAnswer(parent=eligibility, key="I1"),
        Intervention(patient=patient, visit=visit),
    ):
        with pytest.raises(LockedError):
            create_record(new, actor=ANNA)
    with pytest.raises(LockedError):
        correct_record(patient, {"died_on": date(2011, 3, 1)}, actor=ANNA, base_revision=1)
    other = make_patient("P2-002")
    assert make_visit(other).revision == 1


@pytest.mark.conformance(39)
def test_a_locked_trial_takes_no_patient_and_no_value(vital_signs: VitalSigns) -> None:
    assert not is_trial_locked()
    lock(None)
    assert is_trial_locked()
    with pytest.raises(LockedError):
        make_patient("P2-009")
    with pytest.raises(LockedError):
        correct_record(vital_signs, {"heart_rate_bpm": 80}, actor=ANNA, base_revision=1, reason="late")


def test_every_clinical_table_asks_for_locks(db: None) -> None:
    wanted = {
        model._meta.db_table for model in apps.get_models() if issubclass(model, ClinicalRecord) and model.IS_CONTENT
    }
    catalogue = "SELECT tbl_name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'guard_%_locked_%'"
    if connection.vendor == "postgresql":
        catalogue = "SELECT event_object_table FROM information_schema.triggers WHERE trigger_name = 'guard_locked'"
    with connection.cursor() as cursor:
        cursor.execute(catalogue)
        found = [row[0] for row in cursor.fetchall()]
    assert wanted
    assert {table: found.count(table) for table in wanted} == dict.fromkeys(wanted, 2)  # INSERT and UPDATE


# -- opening again


def test_a_freeze_is_ended_by_one_person_with_a_reason(vital_signs: VitalSigns) -> None:
    held = lock(vital_signs, LockKind.FREEZE)
    thaw(held, reason="a query came in", actor=DORA)
    assert correct_record(vital_signs, {"heart_rate_bpm": 80}, actor=ANNA, base_revision=1, reason="late").revision == 2
    assert [event.action for event in AuditEvent.objects.filter(actor_username="dora")] == ["freeze", "thaw"]
    with pytest.raises(MarkRefusedError, match="already"):
        thaw(held, reason="again", actor=DORA)


def test_a_lock_is_opened_by_two_people(vital_signs: VitalSigns) -> None:
    held = lock(vital_signs)
    with pytest.raises(MarkRefusedError, match="second person"):
        thaw(held, reason="please", actor=DORA)
    with pytest.raises(MarkRefusedError, match="Nobody has asked"):
        unlock(held, actor=DAN)
    ask_unlock(held, reason="a source was found", actor=DORA)
    with pytest.raises(MarkRefusedError, match="yourself"):
        unlock(held, actor=DORA)
    with pytest.raises(LockedError):
        correct_record(vital_signs, {"heart_rate_bpm": 80}, actor=ANNA, base_revision=1, reason="late")
    end = unlock(held, actor=DAN)
    assert (end.by_username, end.reason) == ("dan", "a source was found")
    assert correct_record(vital_signs, {"heart_rate_bpm": 80}, actor=ANNA, base_revision=1, reason="late").revision == 2
    events = AuditEvent.objects.filter(action__in=("lock", "ask_unlock", "unlock"))
    assert [(event.action, event.actor_username) for event in events] == [
        ("lock", "dora"),
        ("ask_unlock", "dora"),
        ("unlock", "dan"),
    ]


def test_an_inner_lock_outlives_an_outer_one(vital_signs: VitalSigns) -> None:
    lock(vital_signs.visit)
    outer = lock(vital_signs.patient, LockKind.FREEZE)
    thaw(outer, reason="done", actor=DORA)
    with pytest.raises(LockedError):
        correct_record(vital_signs, {"heart_rate_bpm": 80}, actor=ANNA, base_revision=1, reason="late")


@pytest.mark.parametrize("table", ["lock", "lockend", "unlockrequest"])
def test_marks_only_grow(vital_signs: VitalSigns, table: str) -> None:
    held = lock(vital_signs)
    ask_unlock(held, reason="r", actor=DORA)
    unlock(held, actor=DAN)
    for statement in (f"DELETE FROM marks_{table}", f"UPDATE marks_{table} SET by_name = 'x'"):  # noqa: S608
        with pytest.raises(DatabaseError, match="Trialsite:"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


# -- pages


def test_the_report_names_what_is_unfinished(site: Client, vital_signs: VitalSigns, patient: Patient) -> None:
    make_edss(vital_signs.visit)
    text = site.get(f"/patients/{patient.pk}/lock/").content.decode()
    assert "Critical items not verified" in text
    assert f"{EDSS}, Baseline: 1 of 1 items" in text
    assert "Unsigned forms" in text
    assert "no complete disposition form" in text
    assert "Visits without a record" in text
    of_form = site.get(f"/forms/vital_signs/{vital_signs.pk}/lock/").content.decode()
    assert "Unsigned forms" in of_form
    assert EDSS not in of_form


def test_every_finding_is_on_some_page_of_the_report(
    site: Client, vital_signs: VitalSigns, patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"/patients/{patient.pk}/lock/"
    whole = re.findall(r'<td class="stack-line">.*?</td>', site.get(url).content.decode())
    assert len(whole) > 4
    monkeypatch.setattr("visits.views.locks._SHOWN", 3)
    read: list[str] = []
    for page in range(1, -(-len(whole) // 3) + 1):
        text = site.get(url, {"page": page}).content.decode()
        assert f"{len(whole)} findings, {3 * page - 2} to {min(3 * page, len(whole))} listed" in text
        read += re.findall(r'<td class="stack-line">.*?</td>', text)
    assert read == whole
    of_kind = site.get(url, {"kind": "Unsigned forms"}).content.decode()
    assert ">Visits without a record</td>" not in of_kind
    assert ">Unsigned forms</td>" in of_kind
    for odd in ({"page": "x"}, {"page": "999"}, {"kind": "nonsense"}, {"kind": "\0"}):
        assert site.get(url, odd).status_code == 200


def test_a_form_of_the_patient_counts_as_entered_at_the_visit_where_it_is_due(site: Client, patient: Patient) -> None:
    make_visit(patient, "month_6", date(2011, 8, 8))
    url = f"/patients/{patient.pk}/lock/"
    assert "End of participation, Month 6" in site.get(url).content.decode()
    complete = {"status": "complete", "completed_at": clock.now()}
    create_record(Disposition(patient=patient, **complete), actor=ANNA)
    text = site.get(url).content.decode()
    assert "End of participation, Month 6" not in text
    assert "no complete disposition form" not in text
    assert "MRI, Month 6" in text, "what is not entered is still named"


def test_the_report_counts_open_queries_and_asking_changes_nothing_signed(
    site: Client, vital_signs: VitalSigns, patient: Patient
) -> None:
    sign_scope(patient.subject(), scope="casebook", label="all", parts=(), digest="0" * 64, meaning="Read", actor=DORA)
    lock(patient, LockKind.FREEZE)
    open_query(target_of(CRFS["vital_signs"], vital_signs, "heart_rate_bpm"), "Is it right?", actor=DORA)
    assert Signature.objects.filter(end=None).exists()
    for page in (f"/patients/{patient.pk}/lock/", f"/visits/{vital_signs.visit_id}/lock/"):
        assert "Open data queries" in site.get(page).content.decode()


def test_blinded_people_do_not_find_the_operators_form_in_the_report(site: Client, patient: Patient) -> None:
    make_visit(patient, "procedure", date(2011, 2, 8))
    url = f"/patients/{patient.pk}/lock/"
    before = site.get(url).content
    visit = Visit.objects.get()
    create_record(Intervention(patient=patient, visit=visit, status="draft"), actor=ANNA)
    assert len(site.get(url).content) == len(before)
    assert b"ntervention" not in before


def test_the_report_of_the_trial_costs_the_same_for_many_patients(
    site: Client, vital_signs: VitalSigns, django_assert_max_num_queries: object
) -> None:
    site.get("/locks/trial/")
    for number in range(2, 8):
        make_visit(make_patient(f"P2-00{number}"))
    with django_assert_max_num_queries(12):  # type: ignore[operator]  # a fixture without types
        text = site.get("/locks/trial/").content.decode()
    assert "P2-007" in text


def test_a_lock_over_something_unfinished_needs_a_reason(site: Client, vital_signs: VitalSigns) -> None:
    url = f"/visits/{vital_signs.visit_id}/lock/"
    assert site.post(url, {"kind": "lock", "reason": ""}).status_code == 422
    assert not Lock.objects.exists()
    assert site.post(url, {"kind": "lock", "reason": "The site is closed."}).status_code == 302
    event = AuditEvent.objects.get(action="lock")
    assert event.reason.startswith("The site is closed. Unfinished:")
    assert site.post(url, {"kind": "lock", "reason": "again"}).status_code == 422


@pytest.mark.parametrize("kind", ["", "x", "\x00"])
def test_odd_locks_get_a_page(site: Client, vital_signs: VitalSigns, kind: str) -> None:
    assert site.post("/locks/trial/", {"kind": kind, "reason": "r"}).status_code == 422
    assert not Lock.objects.exists()


def test_the_site_reads_why_and_cannot_save(
    vital_signs: VitalSigns, coordinator: User, sign_in: SignIn, patient: Patient
) -> None:
    browser = sign_in(coordinator)
    form = f"/visits/{vital_signs.visit_id}/forms/vital_signs/"
    assert "Save correction" in browser.get(form).content.decode()
    held = lock(patient, LockKind.FREEZE)
    text = browser.get(form).content.decode()
    assert "nothing here can be changed now" in text
    assert "Save correction" not in text
    data = {
        "intent": "complete",
        "base_revision": "1",
        "assessed_on": "2011-02-01",
        "systolic_mmhg": "120",
        "diastolic_mmhg": "80",
        "heart_rate_bpm": "91",
        "temperature_c": "36.6",
        "reason_code": "transcription",
    }
    answer = browser.post(form, data)
    assert answer.status_code == 409
    assert "Not saved" in answer.content.decode()
    assert 'value="91"' in answer.content.decode()
    visit = f"/visits/{vital_signs.visit_id}/"
    assert "nothing here can be changed now" in browser.get(visit).content.decode()
    moved = {"status": "attended", "visited_on": "2011-02-02", "reason_code": "transcription", "base_revision": "1"}
    assert browser.post(visit, moved).status_code == 409
    out = f"/patients/{patient.pk}/withdrawal/"
    sent = {"scope": "follow_up", "on": "2011-02-03", "reason": "moved away"}
    refused = browser.post(out, sent)
    assert refused.status_code == 409
    assert "nothing here can be changed now" in refused.content.decode()
    assert VitalSigns.objects.get().revision == 1
    assert Patient.objects.get().withdrawn_on is None
    thaw(held, reason="go on", actor=DORA)
    assert browser.post(form, data).status_code == 302


def test_a_second_person_says_no_with_a_reason(site: Client, sign_in: SignIn, vital_signs: VitalSigns) -> None:
    held = lock(vital_signs)
    url = f"/locks/{held.pk}/"
    site.post(url, {"reason": "a source was found"})
    assert site.post(url, {"decline": "yes", "no_because": "mine"}).status_code == 422, "nobody declines the own wish"
    second = sign_in(make_user("second_manager", Role.DATA_MANAGER))
    assert second.post(url, {"decline": "yes", "no_because": " "}).status_code == 422
    assert second.post(url, {"decline": "yes", "no_because": "the source is a copy"}).status_code == 302
    page = site.get(url).content.decode()
    assert "Declined by" in page
    assert "the source is a copy" in page
    assert second.post(url, {"approve": "yes", "password": PASSWORD}).status_code == 422, (
        "nothing is asked for any more"
    )
    assert not LockEnd.objects.exists()
    told = AuditEvent.objects.filter(action__in=("ask_unlock", "decline_unlock")).order_by("id")
    assert [(event.action, event.actor_username, event.reason) for event in told] == [
        ("ask_unlock", "data_manager", "a source was found"),
        ("decline_unlock", "second_manager", "the source is a copy"),
    ]
    assert site.post(url, {"reason": "the original was found"}).status_code == 302
    assert second.post(url, {"approve": "yes", "password": PASSWORD}).status_code == 302
    assert LockEnd.objects.get().reason == "the original was found"


def test_two_data_managers_unlock_on_the_page(site: Client, sign_in: SignIn, vital_signs: VitalSigns) -> None:
    held = lock(vital_signs)
    url = f"/locks/{held.pk}/"
    assert site.post(url, {"reason": ""}).status_code == 422
    assert site.post(url, {"reason": "a source was found"}).status_code == 302
    assert UnlockRequest.objects.count() == 1
    assert site.post(url, {"approve": "yes", "password": PASSWORD}).status_code == 422
    second = sign_in(make_user("second_manager", Role.DATA_MANAGER))
    assert "a source was found" in second.get("/locks/").content.decode() + second.get(url).content.decode()
    assert second.post(url, {"approve": "yes", "password": "wrong"}).status_code == 422
    assert not LockEnd.objects.exists()
    assert second.post(url, {"approve": "yes", "password": PASSWORD}).status_code == 302
    assert LockEnd.objects.get().by_username == "second_manager"
    assert "open again" in site.get(url).content.decode()
    assert "Opened again" in site.get("/locks/").content.decode()
