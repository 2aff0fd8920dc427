"""Ways past the record gate that an inspector tries: other SQL, other programs, other roles, Django's own back doors."""

# ruff: noqa: S608 - the tables are named by the models

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from django.apps import apps
from django.core import serializers
from django.core.management import call_command
from django.db import DatabaseError, connection, models, transaction
from django.db.models import ProtectedError

from enrollment.models import Patient
from tests.records.conftest import ANNA, make_patient, make_visit
from trialsite.audit.gate import open_gate
from trialsite.audit.guards import kind_of
from trialsite.audit.models import AuditEntry, AuditEvent
from trialsite.records.actions import create_record
from trialsite.records.models import DirectWriteRefusedError
from visits.models import VitalSigns
from visits.visit import Visit

REFUSED = "Trialsite:"
GUARDED = sorted(model._meta.db_table for model in apps.get_models() if kind_of(model))


@pytest.fixture
def vital_signs(db: None) -> VitalSigns:
    visit = make_visit(make_patient())
    record = VitalSigns(patient=visit.patient, visit=visit, assessed_on=visit.visited_on, heart_rate_bpm=72)
    return create_record(record, actor=ANNA)


def columns_of(table: str) -> list[str]:
    with connection.cursor() as cursor:
        return [column.name for column in connection.introspection.get_table_description(cursor, table)]


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


# -- inside the gate, where code of the product writes


@pytest.mark.parametrize("table", ["audit_auditevent", "audit_auditentry", "visits_vitalsigns", "enrollment_patient"])
def test_a_row_is_not_replaced_even_inside_the_gate(vital_signs: VitalSigns, table: str) -> None:
    """SQLite's REPLACE deletes the old row; it must meet the trigger that forbids to delete."""
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL has no REPLACE; its upsert is refused below")
    before = list_rows(table)
    with pytest.raises(DatabaseError, match=REFUSED), open_gate():
        run(f"REPLACE INTO {table} SELECT * FROM {table}")
    assert list_rows(table) == before


@pytest.mark.parametrize("table", ["audit_auditevent", "audit_auditentry", "visits_vitalsigns"])
def test_an_upsert_is_an_update(vital_signs: VitalSigns, table: str) -> None:
    column = {"audit_auditevent": "reason", "audit_auditentry": "new"}.get(table, "recorded_by")
    with pytest.raises(DatabaseError, match=REFUSED), open_gate():
        run(f"INSERT INTO {table} SELECT * FROM {table} WHERE true ON CONFLICT (id) DO UPDATE SET {column} = 'x'")


def test_no_row_is_smuggled_in_under_the_event_of_another_revision(vital_signs: VitalSigns) -> None:
    with pytest.raises(DatabaseError, match=REFUSED), open_gate():
        run("UPDATE visits_vitalsigns SET revision = 5")
    with pytest.raises(DatabaseError, match=REFUSED), open_gate():
        run("UPDATE visits_vitalsigns SET revision = 1, heart_rate_bpm = 1")


def list_rows(table: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table} ORDER BY id")
        return list(cursor.fetchall())


# -- Django's back doors


def test_loaddata_brings_nothing_in(vital_signs: VitalSigns, tmp_path: Path) -> None:
    """A fixture is saved raw, past every save() of a model; not past the triggers."""
    for model in (VitalSigns, AuditEntry, AuditEvent):
        dumped = json.loads(serializers.serialize("json", model._base_manager.all()))
        path = tmp_path / "fixture.json"
        path.write_text(json.dumps(dumped), encoding="utf-8")
        with pytest.raises(DatabaseError, match=REFUSED), transaction.atomic():
            call_command("loaddata", path, verbosity=0)


@pytest.mark.parametrize("model", [Patient, Visit, VitalSigns, AuditEvent, AuditEntry])
def test_no_call_of_a_base_manager_writes(vital_signs: VitalSigns, model: type[models.Model]) -> None:
    """Also where the model's own manager has no closed bulk calls."""
    rows = model._base_manager
    row = rows.get(pk=rows.values_list("pk", flat=True)[0])
    field = next(field for field in model._meta.concrete_fields if not field.is_relation and not field.primary_key)
    value = {field.name: field.value_from_object(row)}
    before = list(rows.values())
    acts: tuple[Callable[[], object], ...] = (
        lambda: rows.update(**value),
        lambda: rows.bulk_update([row], [field.name]),
        lambda: rows.filter(pk=row.pk).delete(),
        lambda: rows.bulk_create([row], ignore_conflicts=True),
        lambda: row.save_base(raw=True),
    )
    for act in acts:
        # With foreign keys in the way, Django itself refuses to delete.
        with pytest.raises((DatabaseError, ProtectedError, DirectWriteRefusedError)), transaction.atomic():
            act()
    assert list(rows.values()) == before


# -- other programs and other roles


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("pragma", ["recursive_triggers", "foreign_keys", "ignore_check_constraints"])
def test_other_programs_write_nothing_into_the_file(pragma: str) -> None:
    """Whoever opens the file with another tool lacks the gate: each guarded table fails closed."""
    if connection.vendor != "sqlite":
        pytest.skip("about the file of SQLite")
    patient = make_patient()
    with closing(sqlite3.connect(connection.settings_dict["NAME"])) as other:
        other.execute(f"PRAGMA {pragma} = OFF")
        for table in GUARDED:
            first, names = columns_of(table)[0], ", ".join(f'"{name}"' for name in columns_of(table))
            for statement in (
                f"INSERT INTO {table} ({names}) SELECT {names} FROM {table}",
                f"REPLACE INTO {table} ({names}) SELECT {names} FROM {table}",
                f"UPDATE {table} SET {first} = {first}",
                f"DELETE FROM {table}",
            ):
                write_nothing(other, statement)
        assert other.execute("SELECT number FROM enrollment_patient").fetchall() == [(patient.number,)]


def write_nothing(other: sqlite3.Connection, statement: str) -> None:
    """Refused; or, where the table is empty and nothing fires, nothing done."""
    said = attempt(other, statement)
    assert said == "0" or "trialsite_gate" in said or REFUSED in said, statement


def attempt(other: sqlite3.Connection, statement: str) -> str:
    """How many rows were written, or why none."""
    try:
        return str(other.execute(statement).rowcount)
    except sqlite3.Error as refused:
        return str(refused)


@contextmanager
def serving_role() -> Iterator[None]:
    """The role that serves pages: it reads and writes rows, and owns nothing."""
    run("CREATE ROLE serves_pages NOLOGIN")
    run("GRANT USAGE ON SCHEMA public TO serves_pages")
    run("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO serves_pages")
    run("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO serves_pages")
    run("SET LOCAL ROLE serves_pages")
    yield
    run("RESET ROLE")


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("ALTER TABLE visits_vitalsigns DISABLE TRIGGER ALL", "owner"),
        ("DROP TRIGGER guard_rows ON audit_auditentry", "owner"),
        (
            "CREATE OR REPLACE FUNCTION trialsite_guard_clinical() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
            "permission|owner",
        ),
        ("SET session_replication_role = replica", "permission"),
        ("TRUNCATE audit_auditentry", "permission"),
        ("SELECT set_config('trialsite.gate', 'open', true); UPDATE visits_vitalsigns SET heart_rate_bpm = 1", REFUSED),
        ("SELECT set_config('trialsite.gate', 'open', true); UPDATE audit_auditentry SET new = '1'", REFUSED),
        ("SELECT set_config('trialsite.gate', 'open', true); DELETE FROM audit_auditevent", REFUSED),
        ("UPDATE visits_vitalsigns SET heart_rate_bpm = 1, revision = revision + 1", REFUSED),
    ],
)
def test_the_role_that_serves_pages_takes_no_guard_off(vital_signs: VitalSigns, statement: str, says: str) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no roles: whoever owns the file owns its triggers")
    with serving_role(), pytest.raises(DatabaseError, match=says), transaction.atomic():
        run(statement)
    assert VitalSigns.objects.get().heart_rate_bpm == 72
