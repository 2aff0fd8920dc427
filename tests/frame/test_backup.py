"""A backup is restored, on the database at hand: whole, verified, guarded; and what is damaged or tampered with is refused."""

import json
import re
import sqlite3
import zipfile
import zlib
from contextlib import closing
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import cast

import pytest
from cryptography.fernet import Fernet
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test import override_settings

from enrollment.models import Patient
from tests.cast import make_user
from tests.database import triggers_off
from tests.records.conftest import ANNA, give_consent, make_patient, make_visit
from tests.vault.conftest import make_sealed_list
from trialsite.accounts.roles import Role
from trialsite.audit.models import AuditEvent
from trialsite.audit.verify import get_heads
from trialsite.backup import sealing
from trialsite.backup.archive import MANIFEST, digest_of_file
from trialsite.backup.database import MEMBER, count_rows
from trialsite.records.actions import correct_record, create_record
from visits.models import VitalSigns

# `empty_database` is one nobody else uses, so committing is fine here.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("empty_database")]


@pytest.fixture
def lived() -> VitalSigns:
    """A database in which what is written stays written: a patient, a form, a sealed list, an account."""
    make_user("admin", Role.ADMIN)
    make_sealed_list(4)
    patient = make_patient()
    give_consent(patient)
    visit = make_visit(patient)
    return create_record(VitalSigns(patient=patient, visit=visit, heart_rate_bpm=72), actor=ANNA)


@pytest.fixture
def file(lived: VitalSigns, tmp_path: Path) -> Path:
    made = tmp_path / "trial.backup"
    call_command("backup", str(made))
    return made


def manifest_of(file: Path) -> dict[str, object]:
    with zipfile.ZipFile(file) as archive:
        told: dict[str, object] = json.loads(archive.read(MANIFEST))
        return told


def repack(file: Path, database: Path, manifest: dict[str, object]) -> None:
    """As somebody would who knows how a backup is made, and makes its digest fit."""
    told = {**manifest, "sha256": digest_of_file(database), "size": database.stat().st_size}
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(MANIFEST, json.dumps(told))
        archive.write(database, MEMBER[connection.vendor])


@pytest.mark.conformance(47)
def test_what_was_backed_up_comes_back_and_nothing_else(lived: VitalSigns, file: Path) -> None:
    told, before = manifest_of(file), count_rows()
    assert told["heads"] != {}
    assert told["tables"] == {
        **before,
        "audit_auditevent": before["audit_auditevent"] - 1,
        "audit_auditlink": before["audit_auditlink"] - 1,
    }
    assert file.stat().st_mode & 0o077 == 0, "others may read it"
    correct_record(lived, {"heart_rate_bpm": 99}, actor=ANNA, base_revision=1, reason="after the backup")
    make_patient("P2-002")
    with pytest.raises(CommandError, match="not empty"):
        call_command("restore", str(file))
    assert Patient.objects.count() == 2
    call_command("restore", str(file), "--replace")
    stored = VitalSigns.objects.get()
    assert (stored.heart_rate_bpm, stored.revision, Patient.objects.count()) == (72, 1, 1)
    call_command("verify_audit")
    assert [event.action for event in AuditEvent.objects.order_by("-id")[:1]] == ["restore"]
    call_command("backup", str(file.with_suffix(".second")))
    made = AuditEvent.objects.filter(action="backup").latest("id")
    assert re.fullmatch("SHA-256 [0-9a-f]{64}[.]", made.detail), "no count that restricted events are in"


@pytest.mark.conformance(47)
def test_a_restored_database_is_guarded_and_goes_on(lived: VitalSigns, file: Path) -> None:
    call_command("restore", str(file), "--replace")
    for statement in ("UPDATE visits_vitalsigns SET heart_rate_bpm = 1", "DELETE FROM audit_auditevent"):
        with pytest.raises(DatabaseError, match=r"Trialsite|trialsite_gate"), transaction.atomic():
            connection.cursor().execute(statement)
    stored = VitalSigns.objects.get()
    correct_record(stored, {"heart_rate_bpm": 80}, actor=ANNA, base_revision=1, reason="goes on")
    create_record(Patient(number="P2-009", site_code="UB", phase_number=2, registered_on=date(2011, 1, 3)), actor=ANNA)
    call_command("verify_audit")


@pytest.mark.conformance(47)
def test_the_key_of_the_allocation_list_is_not_in_it(file: Path) -> None:
    with zipfile.ZipFile(file) as archive:
        content = b"".join(archive.read(name) for name in archive.namelist())
    assert manifest_of(file)["holds_allocation_key"] is False
    assert settings.ALLOCATION_KEYS
    assert not any(key.encode() in content for key in settings.ALLOCATION_KEYS)


@pytest.mark.conformance(47)
def test_with_a_key_a_backup_tells_nothing_and_comes_back_whole(
    lived: VitalSigns, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The parts are smaller than the database, so that there are many; each fault of the file is refused before anything is replaced."""
    monkeypatch.setattr(sealing, "_PART", 10_000)
    file, (old, new) = tmp_path / "sealed.backup", (Fernet.generate_key().decode(), Fernet.generate_key().decode())
    with override_settings(BACKUP_KEYS=(), IS_PRODUCTION=True), pytest.raises(CommandError, match="or add --legible"):
        call_command("backup", str(file))
    with override_settings(BACKUP_KEYS=(old,)):
        call_command("backup", str(file))
    head, *lines = file.read_bytes().splitlines(keepends=True)
    assert len(lines) > 3
    assert not any(word in file.read_bytes() for word in (b"P2-001", b"manifest", b"visits_vitalsigns", b"SQLite"))
    correct_record(lived, {"heart_rate_bpm": 99}, actor=ANNA, base_revision=1, reason="after the backup")
    other = b"A" if lines[0][50:51] != b"A" else b"B"
    faults = {
        "its end is missing": [head, *lines[:-1]],
        "not those of one file in their order": [head, lines[1], lines[0], *lines[2:]],
        "not those of one": [head, *lines, lines[-1]],
        "altered, or made with another key": [head, lines[0][:50] + other + lines[0][51:], *lines[1:]],
    }
    for sentence, content in faults.items():
        damaged = tmp_path / "damaged"
        damaged.write_bytes(b"".join(content))
        with override_settings(BACKUP_KEYS=(old,)), pytest.raises(CommandError, match=sentence):
            call_command("restore", str(damaged), "--replace")
    for keys, sentence in (((), "is encrypted. Set TRIALSITE_BACKUP_KEY"), ((new,), "made with another key")):
        with override_settings(BACKUP_KEYS=keys), pytest.raises(CommandError, match=sentence):
            call_command("restore", str(file), "--replace")
    assert VitalSigns.objects.get().heart_rate_bpm == 99
    with override_settings(BACKUP_KEYS=(new, old)):
        call_command("restore", str(file), "--replace")
    assert VitalSigns.objects.get().heart_rate_bpm == 72
    assert not list(tmp_path.glob(".*"))


def flip(content: bytes, place: float) -> bytes:
    """Another bit at this place, or the first one after it that matters: a compressed run of zeros can be told in two ways."""
    for at in range(int(len(content) * place), len(content)):
        flipped = content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]
        if unpack(flipped) != unpack(content):
            return flipped
    raise AssertionError("no bit matters")


def unpack(content: bytes) -> dict[str, bytes] | None:
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            return {name: archive.read(name) for name in archive.namelist()}
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError):
        return None


@pytest.mark.conformance(47)
@pytest.mark.parametrize("place", [0.1, 0.5, 0.9])
def test_a_flipped_bit_is_refused_and_nothing_changes(lived: VitalSigns, file: Path, place: float) -> None:
    file.write_bytes(flip(file.read_bytes(), place))
    heads = get_heads()
    with pytest.raises(CommandError, match="damaged"):
        call_command("restore", str(file), "--replace")
    assert get_heads() == heads


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 and no more", b"SQLite format 3\x00" * 50])
def test_what_is_no_backup_is_refused(lived: VitalSigns, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(CommandError, match="is no backup, or it is damaged"):
        call_command("restore", str(tmp_path / "x"), "--replace")
    with pytest.raises(CommandError, match="is no backup"):
        call_command("restore", str(tmp_path / "nowhere"), "--replace")
    assert VitalSigns.objects.get().heart_rate_bpm == 72


def test_a_backup_of_another_database_or_another_format_is_refused(
    lived: VitalSigns, file: Path, tmp_path: Path
) -> None:
    database, told = tmp_path / "database", manifest_of(file)
    with zipfile.ZipFile(file) as archive:
        database.write_bytes(archive.read(MEMBER[connection.vendor]))
    older = [name for name in cast("list[str]", told["migrations"]) if name != "audit.0004_restricted_values"]
    for change, sentence in (
        ({"format": 99}, "its format is 99"),
        ({"surprise": 1}, "damaged"),
        ({"migrations": older, "version": "0.0.9"}, r"older than the tables .*0004.*Restore it with version 0\.0\.9"),
    ):
        repack(file, database, {**told, **change})
        with pytest.raises(CommandError, match=sentence):
            call_command("restore", str(file), "--replace")
    other = {"sqlite": "postgresql", "postgresql": "sqlite"}[connection.vendor]
    changed = {**told, "vendor": other, "sha256": digest_of_file(database), "size": database.stat().st_size}
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(MANIFEST, json.dumps(changed))
        archive.write(database, MEMBER[other])
    with pytest.raises(CommandError, match=f"is of {other}"):
        call_command("restore", str(file), "--replace")
    assert VitalSigns.objects.get().heart_rate_bpm == 72


@pytest.mark.conformance(47)
def test_a_backup_whose_content_was_changed_is_named(lived: VitalSigns, file: Path, tmp_path: Path) -> None:
    """Somebody takes a backup of a database they altered as its owner, and gives it the manifest of the true one."""
    told = manifest_of(file)
    with triggers_off(connection):
        VitalSigns._base_manager.filter(pk=lived.pk).update(heart_rate_bpm=50)
    altered = tmp_path / "altered.backup"
    call_command("backup", str(altered))
    database = tmp_path / "database"
    with zipfile.ZipFile(altered) as archive:
        database.write_bytes(archive.read(MEMBER[connection.vendor]))
        own = json.loads(archive.read(MANIFEST))
    repack(altered, database, own)
    make_patient("P2-002")
    with pytest.raises(CommandError, match="heart_rate_bpm is 50, its trail says 72"):
        call_command("restore", str(altered), "--replace")
    assert Patient.objects.count() == 2, "nothing was replaced by what is not sound"
    assert told["heads"] != own["heads"], "the first backup left an entry"


def test_without_the_right_to_look_first_it_says_so_and_is_verified_afterwards(
    lived: VitalSigns, file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("a file can always be looked at")
    call_command("restore", str(file), "--replace")
    assert "could not be verified before" not in capsys.readouterr().out
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_database WHERE datname LIKE %s", ["%_restoring"])
        assert cursor.fetchone()[0] == 0
    for module in ("backup.actions", "management.commands.restore"):
        monkeypatch.setattr(f"trialsite.{module}.can_look_first", lambda: False)
    call_command("restore", str(file), "--replace")
    assert "could not be verified before" in capsys.readouterr().out
    call_command("verify_audit")


def test_a_backup_without_guards_is_refused(lived: VitalSigns, file: Path, tmp_path: Path) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("the file of PostgreSQL cannot be edited with its own tools")
    database = tmp_path / "database"
    with zipfile.ZipFile(file) as archive:
        database.write_bytes(archive.read(MEMBER["sqlite"]))
    with closing(sqlite3.connect(database)) as raw:
        raw.execute('DROP TRIGGER "guard_visits_vitalsigns_update"')
        raw.commit()
    repack(file, database, manifest_of(file))
    with pytest.raises(CommandError, match="the guard guard_visits_vitalsigns_update of visits_vitalsigns is missing"):
        call_command("restore", str(file), "--replace")
    with pytest.raises(DatabaseError, match=r"Trialsite|trialsite_gate"), transaction.atomic():
        connection.cursor().execute("UPDATE visits_vitalsigns SET heart_rate_bpm = 1")


def test_a_backup_replaces_no_file(file: Path, tmp_path: Path) -> None:
    content = file.read_bytes()
    with pytest.raises(CommandError, match="is there already"):
        call_command("backup", str(file))
    with pytest.raises(CommandError, match="does not exist"):
        call_command("backup", str(tmp_path / "no" / "folder"))
    assert file.read_bytes() == content
    assert [path.name for path in tmp_path.iterdir() if "backup" in path.name] == ["trial.backup"]
