"""The one write path: what it stores, and that nothing else can write."""

from collections.abc import Sequence
from decimal import Decimal

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, models, transaction

from enrollment.models import Patient
from tests.records.conftest import ANNA, BEN
from trialsite.audit.gate import is_gate_open, open_gate
from trialsite.audit.guards import kind_of
from trialsite.audit.models import AuditEntry, AuditEvent
from trialsite.lib.prepared import insert
from trialsite.records.actions import StaleRecordError, correct_record, create_record
from trialsite.records.history import get_field_history, get_values_at
from trialsite.records.models import DirectWriteRefusedError
from visits.models import VitalSigns
from visits.visit import Visit

REFUSED = "Trialsite:"


@pytest.mark.conformance(11, 12)
def test_first_entry_is_in_the_trail_field_by_field(vital_signs: VitalSigns) -> None:
    entries = {entry.field: (entry.old, entry.new) for entry in AuditEntry.objects.filter(record_id=vital_signs.pk)}
    assert entries["heart_rate_bpm"] == ("null", "72")
    assert entries["assessed_on"] == ("null", '"2011-02-01"')
    assert "systolic_mmhg" not in entries


@pytest.mark.conformance(10)
def test_a_correction_keeps_who_when_why_old_and_new(vital_signs: VitalSigns) -> None:
    correct_record(vital_signs, {"heart_rate_bpm": 75}, actor=BEN, base_revision=1, reason="Transcription error")
    last = get_field_history(vital_signs.pk, "heart_rate_bpm")[-1]
    assert (last.old, last.new, last.by, last.reason, last.revision) == (72, 75, "Ben B", "Transcription error", 2)
    assert VitalSigns.objects.get().revision == 2


def test_a_zero_has_no_sign(vital_signs: VitalSigns) -> None:
    """A database stores -0.0 as 0.0; the trail must say the same."""
    stored = correct_record(vital_signs, {"temperature_c": Decimal("-0.0")}, actor=BEN, base_revision=1)
    assert stored.plain_values()["temperature_c"] == VitalSigns.objects.get().plain_values()["temperature_c"] == "0"
    assert get_values_at(vital_signs.pk, 2)["temperature_c"] == "0"


def test_storing_the_same_again_stores_nothing(vital_signs: VitalSigns) -> None:
    events = AuditEvent.objects.count()
    stored = correct_record(vital_signs, {"heart_rate_bpm": 72}, actor=BEN, base_revision=1)
    assert stored.revision == 1
    assert AuditEvent.objects.count() == events


def test_a_stale_revision_is_refused_with_what_is_stored(vital_signs: VitalSigns) -> None:
    correct_record(vital_signs, {"heart_rate_bpm": 75}, actor=BEN, base_revision=1)
    with pytest.raises(StaleRecordError) as refused:
        correct_record(vital_signs, {"heart_rate_bpm": 80}, actor=ANNA, base_revision=1)
    assert refused.value.stored.changed_by == "ben"
    assert VitalSigns.objects.get().heart_rate_bpm == 75


def test_values_at_an_earlier_revision(vital_signs: VitalSigns) -> None:
    correct_record(vital_signs, {"heart_rate_bpm": 75}, actor=BEN, base_revision=1)
    assert get_values_at(vital_signs.pk, 1)["heart_rate_bpm"] == 72
    assert get_values_at(vital_signs.pk, 2)["heart_rate_bpm"] == 75
    assert get_values_at(vital_signs.pk, 0) == {}


@pytest.mark.parametrize("broken", [AuditEvent, AuditEntry])
@pytest.mark.conformance(28)
def test_a_failed_audit_write_fails_the_save(
    vital_signs: VitalSigns, monkeypatch: pytest.MonkeyPatch, broken: type[models.Model]
) -> None:
    def fail(rows: Sequence[models.Model]) -> None:
        if rows and isinstance(rows[0], broken):
            raise DatabaseError("no space left")
        insert(rows)

    monkeypatch.setattr("trialsite.audit.entries.insert", fail)
    with pytest.raises(DatabaseError, match="no space left"), transaction.atomic():
        correct_record(vital_signs, {"heart_rate_bpm": 90}, actor=ANNA, base_revision=1)
    stored = VitalSigns.objects.get()
    assert (stored.heart_rate_bpm, stored.revision) == (72, 1)
    assert not is_gate_open()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE enrollment_patient SET status = 'withdrawn'",
        "DELETE FROM enrollment_patient",
        "UPDATE visits_vitalsigns SET heart_rate_bpm = 1, revision = revision + 1",
        "DELETE FROM visits_vitalsigns",
        "INSERT INTO visits_visit SELECT * FROM visits_visit",
        "UPDATE audit_auditentry SET new = '1'",
        "DELETE FROM audit_auditentry",
        "UPDATE audit_auditevent SET reason = 'x'",
        "DELETE FROM audit_auditevent",
        "INSERT INTO audit_auditentry (event_id, record_id, field, old, new) SELECT event_id, record_id, field, old, new FROM audit_auditentry",
    ],
)
@pytest.mark.conformance(19, 20)
def test_the_database_refuses_direct_sql(vital_signs: VitalSigns, statement: str) -> None:
    with pytest.raises(DatabaseError, match=REFUSED), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize("table", ["enrollment_patient", "visits_vitalsigns", "audit_auditentry", "audit_auditevent"])
@pytest.mark.conformance(20)
def test_postgresql_refuses_truncate(vital_signs: VitalSigns, table: str) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no TRUNCATE; its DELETE is refused above")
    with pytest.raises(DatabaseError, match=REFUSED), transaction.atomic(), connection.cursor() as cursor:
        # A TRUNCATE waits for no pending check.
        cursor.execute(f"SET CONSTRAINTS ALL IMMEDIATE; TRUNCATE {table} CASCADE")


@pytest.mark.conformance(19)
def test_inside_the_gate_a_row_still_needs_its_audit_event(vital_signs: VitalSigns) -> None:
    vital_signs.heart_rate_bpm, vital_signs.revision = 99, 2
    with pytest.raises(DatabaseError, match=REFUSED), open_gate():
        models.Model.save(vital_signs)
    with pytest.raises(DatabaseError, match=REFUSED), open_gate(), connection.cursor() as cursor:
        cursor.execute("UPDATE visits_vitalsigns SET heart_rate_bpm = 99")
    assert VitalSigns.objects.get().heart_rate_bpm == 72


@pytest.mark.parametrize(
    "name", ["update", "delete", "bulk_create", "bulk_update", "create", "get_or_create", "update_or_create"]
)
@pytest.mark.conformance(19)
def test_bulk_calls_are_closed(db: None, name: str) -> None:
    with pytest.raises(DirectWriteRefusedError):
        getattr(VitalSigns.objects.all(), name)()
    with pytest.raises(DirectWriteRefusedError):
        getattr(VitalSigns.objects, name)()


@pytest.mark.conformance(19)
def test_a_record_has_no_save_and_no_delete_of_its_own(vital_signs: VitalSigns) -> None:
    with pytest.raises(DirectWriteRefusedError):
        vital_signs.save()
    with pytest.raises(DirectWriteRefusedError):
        vital_signs.delete()


def test_the_base_manager_and_raw_saves_meet_the_triggers(vital_signs: VitalSigns) -> None:
    with pytest.raises((DatabaseError, DirectWriteRefusedError)), transaction.atomic():
        VitalSigns._base_manager.all().update(heart_rate_bpm=1)
    with pytest.raises(DatabaseError, match=REFUSED), transaction.atomic():
        vital_signs.save_base(raw=True)


def test_every_clinical_and_append_only_table_has_its_triggers(db: None) -> None:
    """What the database holds, against what the models promise: a table remade by a migration loses its triggers."""
    guarded = {model._meta.db_table for model in apps.get_models() if kind_of(model)}
    catalogue = "SELECT DISTINCT tbl_name FROM sqlite_master WHERE type = 'trigger'"
    if connection.vendor == "postgresql":
        catalogue = (
            "SELECT DISTINCT event_object_table FROM information_schema.triggers WHERE trigger_name LIKE 'guard_%'"
        )
    with connection.cursor() as cursor:
        cursor.execute(catalogue)
        held = {row[0] for row in cursor.fetchall()}
    assert guarded
    assert guarded <= held


def test_the_gate_closes_behind_an_error(db: None) -> None:
    with pytest.raises(ValueError, match="stop"), open_gate():
        raise ValueError("stop")
    assert not is_gate_open()


def test_nested_gates_close_together(db: None) -> None:
    with open_gate():
        with open_gate():
            assert is_gate_open()
        assert is_gate_open()
    assert not is_gate_open()


def test_two_records_in_one_gate_are_stored_together_or_not_at_all(patient: Patient) -> None:
    def fail_half_way() -> None:
        with open_gate():
            create_record(Visit(patient=patient, planned_key="screening", visited_on=patient.registered_on), actor=ANNA)
            raise ValueError("half way")

    with pytest.raises(ValueError, match="half way"):
        fail_half_way()
    assert not Visit.objects.exists()
    assert not AuditEvent.objects.filter(record_kind="visits.visit").exists()
