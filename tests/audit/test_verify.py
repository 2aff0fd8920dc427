"""Whatever somebody with the database in their hands does to the trail, `verify_audit` names the place."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.db.models import QuerySet

from tests.audit.conftest import owner_sql, verify
from tests.records.conftest import ANNA, make_patient
from trialsite.audit.chain import compute_digest
from trialsite.audit.models import AuditChain, AuditEntry, AuditEvent, AuditLink, RestrictedValues
from trialsite.audit.write import Subject
from trialsite.records.actions import create_record, log_event
from trialsite.records.history import get_record_history
from trialsite.signatures.actions import sign_record
from trialsite.signatures.models import Signature
from visits.models import Intervention, VitalSigns

pytestmark = pytest.mark.conformance(29)


def link_at(form: VitalSigns, position: int) -> AuditLink:
    return AuditLink.objects.select_related("event").get(chain=str(form.patient_id), position=position)


def place(form: VitalSigns, position: int) -> str:
    return f"chain {form.patient_id}, entry {position}"


def test_an_untouched_trail_is_sound(trail: VitalSigns) -> None:
    assert verify() == "All is as it was written: 8 events in 1 chains.\n"


def test_every_event_has_its_place(trail: VitalSigns) -> None:
    assert list(AuditLink.objects.order_by("position").values_list("position", flat=True)) == [*range(1, 9)]
    head = AuditChain.objects.get()
    assert (head.name, head.position, head.digest) == (str(trail.patient_id), 8, link_at(trail, 8).digest)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("reason", "x"),
        ("actor_name", "Somebody else"),
        ("at", datetime(2011, 1, 1, tzinfo=UTC)),
        ("visit_label", "month_3"),
        ("detail", "x"),
    ],
)
def test_an_altered_event_is_named(trail: VitalSigns, column: str, value: Any) -> None:
    with owner_sql():
        AuditEvent.objects.filter(pk=link_at(trail, 5).event_id).update(**{column: value})
    said = verify()
    assert f"ALTERED   {place(trail, 5)}" in said
    assert said.count("chain ") == 1, "only the first entry is named"


def test_an_altered_value_is_named(trail: VitalSigns) -> None:
    with owner_sql() as run:
        run("UPDATE audit_auditentry SET old = '99' WHERE event_id = %s", link_at(trail, 6).event_id)
    assert f"ALTERED   {place(trail, 6)}" in verify()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_restrictedvalues SET changes = replace(changes, '80', '90')",
        "UPDATE audit_restrictedvalues SET changes = 'no JSON'",
        "UPDATE audit_restrictedvalues SET changes = '[1, 2]'",
        'UPDATE audit_restrictedvalues SET changes = \'[["null","{"]]\'',
        "UPDATE audit_restrictedvalues SET fields = '{}'",
        "UPDATE audit_restrictedvalues SET reason = 'x'",
        "UPDATE audit_restrictedvalues SET detail = 'x'",
        "UPDATE audit_restrictedvalues SET salt = ''",
        "DELETE FROM audit_restrictedvalues",
    ],
)
def test_restricted_values_that_were_touched_are_named(trail: VitalSigns, statement: str) -> None:
    form = Intervention(patient=trail.patient, visit=trail.visit, contrast_ml=80)
    create_record(form, actor=ANNA)
    assert verify().startswith("All is as it was written")
    with owner_sql() as run:
        run(statement)
    assert f"ALTERED   chain {trail.patient_id}/restricted, entry 1" in verify()
    assert get_record_history([form.pk]) != [] or statement.startswith("DELETE")


def test_values_put_to_an_open_event_are_named_and_not_shown(trail: VitalSigns) -> None:
    form = create_record(Intervention(patient=trail.patient, visit=trail.visit, contrast_ml=80), actor=ANNA)
    event = log_event("sign_in", actor=ANNA)
    with owner_sql():
        RestrictedValues.objects.create(event=event, record_id=form.pk, fields='["notes"]', changes='[["null","1"]]')
    assert f"INSERTED  record {form.pk}" in verify()
    assert {change.field for change in get_record_history([form.pk])} & {"notes", "contrast_ml"} == {"contrast_ml"}


def test_an_altered_link_is_named(trail: VitalSigns) -> None:
    with owner_sql() as run:
        run("UPDATE audit_auditlink SET digest = %s WHERE event_id = %s", "0" * 64, link_at(trail, 4).event_id)
    assert place(trail, 4) in verify()


def delete_events(form: VitalSigns, positions: list[int]) -> None:
    with owner_sql() as run:
        for position in positions:
            event_id = link_at(form, position).event_id
            run("DELETE FROM audit_auditlink WHERE event_id = %s", event_id)
            run("DELETE FROM audit_auditentry WHERE event_id = %s", event_id)
            run("DELETE FROM audit_auditevent WHERE id = %s", event_id)


def test_a_deleted_event_is_named(trail: VitalSigns) -> None:
    delete_events(trail, [4])
    assert f"DELETED   {place(trail, 4)}" in verify()


def test_a_deleted_event_whose_gap_was_closed_is_named(trail: VitalSigns) -> None:
    delete_events(trail, [4])
    with owner_sql() as run:
        for position in range(5, 9):
            run("UPDATE audit_auditlink SET position = %s WHERE position = %s", position - 1, position)
    assert f"DELETED   {place(trail, 4)}" in verify()


def test_a_deleted_value_is_named(trail: VitalSigns) -> None:
    with owner_sql() as run:
        run("DELETE FROM audit_auditentry WHERE event_id = %s", link_at(trail, 7).event_id)
    assert place(trail, 7) in verify()


def test_an_event_inserted_without_a_place_is_named(trail: VitalSigns) -> None:
    with owner_sql():
        AuditEvent.objects.create(action="sign", actor_username="mallory", actor_name="M", patient_id=trail.patient_id)
    said = verify()
    assert "INSERTED" in said
    assert '"sign" by mallory' in said


def test_an_event_inserted_between_others_is_named(trail: VitalSigns) -> None:
    """With a right digest of its own, and everything behind moved up."""
    before = link_at(trail, 3)
    with owner_sql() as run:
        for position in range(8, 3, -1):
            run("UPDATE audit_auditlink SET position = %s WHERE position = %s", position + 1, position)
        event = AuditEvent.objects.create(
            action="correct", actor_username="mallory", actor_name="M", patient_id=trail.patient_id
        )
        digest = compute_digest(event, [], chain=before.chain, position=4, previous=before.digest)
        AuditLink.objects.create(
            event=event, chain=before.chain, position=4, previous_digest=before.digest, digest=digest
        )
    said = verify()
    assert f"INSERTED  {place(trail, 4)}" in said
    assert "mallory" in said


def test_two_events_that_changed_places_are_named(trail: VitalSigns) -> None:
    fourth, sixth = link_at(trail, 4).event_id, link_at(trail, 6).event_id
    with owner_sql() as run:
        run("UPDATE audit_auditlink SET event_id = -1 WHERE event_id = %s", fourth)
        run("UPDATE audit_auditlink SET event_id = %s WHERE event_id = %s", fourth, sixth)
        run("UPDATE audit_auditlink SET event_id = %s WHERE event_id = -1", sixth)
    said = verify()
    assert f"MOVED     {place(trail, 4)}" in said
    assert "from place 6" in said


def test_two_links_that_changed_places_are_named(trail: VitalSigns) -> None:
    with owner_sql() as run:
        for old, new in ((4, 100), (5, 4), (100, 5)):
            run("UPDATE audit_auditlink SET position = %s WHERE position = %s", new, old)
    assert f"MOVED     {place(trail, 4)}" in verify()


def test_an_event_given_to_another_patient_is_named(trail: VitalSigns) -> None:
    other = make_patient("P2-009")
    with owner_sql():
        AuditEvent.objects.filter(pk=link_at(trail, 5).event_id).update(patient_id=other.pk)
    assert f"ALTERED   {place(trail, 5)}" in verify()


# --- What only heads kept elsewhere can tell ---------------------------------------------------------------------------


def cut_the_tail(form: VitalSigns) -> None:
    """Take the last two entries away and set the head back, and the record with it."""
    delete_events(form, [7, 8])
    with owner_sql() as run:
        run("UPDATE audit_auditchain SET position = 6, digest = %s", link_at(form, 6).digest)
        run("UPDATE visits_vitalsigns SET heart_rate_bpm = 73, revision = 4")


def test_a_cut_tail_is_seen_by_the_head(trail: VitalSigns) -> None:
    delete_events(trail, [7, 8])
    assert f"CUT       {place(trail, 7)}" in verify()


def test_a_tail_cut_with_its_head_is_caught_with_the_kept_heads_only(trail: VitalSigns, tmp_path: Path) -> None:
    kept = tmp_path / "heads.json"
    verify(write_heads=kept)
    cut_the_tail(trail)
    assert verify().startswith("All is as it was written")
    assert f"CUT       {place(trail, 7)}" in verify(heads=kept)


def test_a_chain_computed_anew_is_caught_with_the_kept_heads_only(trail: VitalSigns, tmp_path: Path) -> None:
    kept = tmp_path / "heads.json"
    verify(write_heads=kept)
    with owner_sql() as run:
        AuditEvent.objects.filter(pk=link_at(trail, 4).event_id).update(reason="a better story")
        digest = link_at(trail, 3).digest
        for position in range(4, 9):
            link = link_at(trail, position)
            link.previous_digest = digest
            entries = list(AuditEntry.objects.filter(event_id=link.event_id).order_by("id"))
            digest = link.digest = compute_digest(
                link.event, entries, chain=link.chain, position=position, previous=link.previous_digest
            )
            link.save()
        run("UPDATE audit_auditchain SET digest = %s", digest)
    assert verify().startswith("All is as it was written")
    assert f"REWRITTEN {place(trail, 8)}" in verify(heads=kept)


def test_a_chain_that_is_gone_is_named(trail: VitalSigns, tmp_path: Path) -> None:
    log_event("sign_in", actor=ANNA)
    kept = tmp_path / "heads.json"
    verify(write_heads=kept)
    with owner_sql() as run:
        run("DELETE FROM audit_auditlink WHERE chain = 'general'")
        run("DELETE FROM audit_auditevent WHERE action = 'sign_in'")
        run("DELETE FROM audit_auditchain WHERE name = 'general'")
    assert "CUT       chain general, entry 1" in verify(heads=kept)


def test_a_trail_that_went_on_agrees_with_older_heads(trail: VitalSigns, tmp_path: Path) -> None:
    kept = tmp_path / "heads.json"
    verify(write_heads=kept)
    log_event("sign_in", actor=ANNA)
    assert verify(heads=kept).startswith("All is as it was written: 9 events in 2 chains, and against 1 heads")


@pytest.mark.parametrize("text", ["", "[]", '{"chains": {"a": 1}}', '{"chains": {"a": ["x", "y"]}}'])
def test_a_file_that_holds_no_heads_is_refused(db: None, tmp_path: Path, text: str) -> None:
    kept = tmp_path / "heads.json"
    kept.write_text(text)
    assert "is not a file of heads" in verify(heads=kept)


def test_no_heads_are_written_of_a_trail_that_is_not_sound(trail: VitalSigns, tmp_path: Path) -> None:
    delete_events(trail, [4])
    kept = tmp_path / "heads.json"
    with pytest.raises(CommandError):
        call_command("verify_audit", write_heads=kept, verbosity=0)
    assert not kept.exists()


def test_the_file_of_heads_names_every_chain(trail: VitalSigns, tmp_path: Path) -> None:
    kept = tmp_path / "heads.json"
    verify(write_heads=kept)
    assert json.loads(kept.read_text())["chains"] == {str(trail.patient_id): [8, link_at(trail, 8).digest]}


# --- Records and signatures --------------------------------------------------------------------------------------------


def test_a_clinical_row_edited_past_the_gate_is_named(trail: VitalSigns) -> None:
    with owner_sql() as run:
        run("UPDATE visits_vitalsigns SET heart_rate_bpm = 60")
    assert f"ALTERED   visits.VitalSigns {trail.pk}: heart_rate_bpm is 60, its trail says 75" in verify()


@pytest.mark.parametrize(("column", "value"), [("revision", 9), ("changed_by", "mallory"), ("recorded_by", "mallory")])
def test_bookkeeping_edited_past_the_gate_is_named(trail: VitalSigns, column: str, value: Any) -> None:
    with owner_sql():
        QuerySet(VitalSigns).update(**{column: value})
    assert f"ALTERED   visits.VitalSigns {trail.pk}" in verify()


def test_a_clinical_row_deleted_past_the_gate_is_named(trail: VitalSigns) -> None:
    with owner_sql() as run:
        run("DELETE FROM visits_vitalsigns")
    assert f"DELETED   visits.VitalSigns {trail.pk}" in verify()


def sign(form: VitalSigns) -> Signature:
    subject = Subject(
        patient_id=form.patient_id, record_kind="visits.vitalsigns", record_id=form.pk, revision=form.revision
    )
    return sign_record(subject, digest="d" * 64, meaning="I have read it", actor=ANNA)


def test_a_copied_signature_is_named(trail: VitalSigns) -> None:
    signature = sign(trail)
    assert verify().startswith("All is as it was written")
    with owner_sql():
        copy = Signature.objects.get(pk=signature.pk)
        copy.pk = copy._meta.pk.get_default()
        copy.save(force_insert=True)
    assert f"INSERTED  signature {copy.pk}" in verify()


@pytest.mark.parametrize("column", ["digest", "signer_name", "meaning", "signer_roles"])
def test_an_edited_signature_is_named(trail: VitalSigns, column: str) -> None:
    signature = sign(trail)
    with owner_sql():
        Signature.objects.update(**{column: "x"})
    assert f"ALTERED   signature {signature.pk}: altered: {column}" in verify()


def test_a_deleted_signature_is_named(trail: VitalSigns) -> None:
    signature = sign(trail)
    with owner_sql() as run:
        run("DELETE FROM signatures_signature")
    assert f"DELETED   signature {signature.pk}" in verify()


# --- The chain itself ---------------------------------------------------------------------------------------------------


def test_restricted_events_leave_no_gap_in_what_blinded_people_see(trail: VitalSigns) -> None:
    hidden = Subject(patient_id=trail.patient_id, is_restricted=True)
    log_event("reveal_arm", actor=ANNA, subject=hidden)
    log_event("print", actor=ANNA, subject=Subject(patient_id=trail.patient_id))
    assert link_at(trail, 9).event.action == "print"
    assert AuditLink.objects.get(chain=f"{trail.patient_id}/restricted").position == 1
    assert verify().startswith("All is as it was written: 10 events in 2 chains")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_auditlink SET digest = 'x'",
        "DELETE FROM audit_auditlink",
        "UPDATE audit_auditchain SET position = position + 1",
        "UPDATE audit_auditchain SET digest = 'x'",
        "DELETE FROM audit_auditchain",
        "INSERT INTO audit_auditchain (name, position, digest) VALUES ('mine', 0, '')",
    ],
)
@pytest.mark.conformance(20)
def test_the_database_refuses_to_touch_the_chains(trail: VitalSigns, statement: str) -> None:
    with pytest.raises(DatabaseError, match="Trialsite:"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
