"""The settings as the product starts with them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from django.conf import settings
from django.db import connection

from tests.frame.test_options import SAFE

ROOT = Path(__file__).parents[2]


def start(tmp_path: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """manage.py in a process of its own, with nothing of this one's environment."""
    return subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *arguments],
        env={"PATH": os.environ["PATH"], "TRIALSITE_DATA_DIR": str(tmp_path), **environ},
        cwd=ROOT,
        capture_output=True,
        check=False,
        text=True,
    )


def test_without_settings_nothing_starts_and_the_message_is_one_readable_list(tmp_path: Path) -> None:
    ended = start(tmp_path, "check", TRIALSITE_MOED="demo")
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    assert ended.stderr.startswith("Trialsite does not start")
    assert ended.stderr.count("\n  - ") == 5
    assert "TRIALSITE_MOED is not a setting" in ended.stderr


def test_production_passes_the_deployment_check_and_warns_of_sqlite(tmp_path: Path) -> None:
    ended = start(tmp_path, "check", "--deploy", **SAFE)
    assert ended.returncode == 0, ended.stderr
    assert "trialsite.W001" in ended.stderr
    assert "security.W" not in ended.stderr


def test_production_on_postgresql_passes_without_any_warning(tmp_path: Path) -> None:
    ended = start(tmp_path, "check", "--deploy", **SAFE, DATABASE_URL="postgresql://u:p@db/trial")
    assert (ended.returncode, ended.stderr) == (0, "")


def test_the_demo_keeps_no_cookie_from_plain_http(tmp_path: Path) -> None:
    script = "from django.conf import settings as s; print(s.SESSION_COOKIE_SECURE, s.SECURE_SSL_REDIRECT, s.DEBUG)"
    assert start(tmp_path, "shell", "-v0", "-c", script, TRIALSITE_MODE="demo").stdout.split() == ["False"] * 3
    assert start(tmp_path, "shell", "-v0", "-c", script, **SAFE).stdout.split() == ["True", "True", "False"]


def test_the_key_of_the_list_is_not_the_key_of_the_site() -> None:
    assert settings.ALLOCATION_KEYS[0] != settings.SECRET_KEY
    token = Fernet(settings.ALLOCATION_KEYS[0]).encrypt(b"list")
    assert b"list" not in token


def test_there_is_no_admin_over_clinical_data() -> None:
    assert "django.contrib.admin" not in settings.INSTALLED_APPS


def test_actions_own_their_transactions() -> None:
    assert settings.DATABASES["default"]["ATOMIC_REQUESTS"] is False


def read_pragma(name: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA {name}")
        return cursor.fetchone()[0]


@pytest.mark.django_db
def test_sqlite_keeps_what_was_committed_and_refuses_orphans() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("about SQLite")
    found = [
        read_pragma(name)
        for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout", "recursive_triggers")
    ]
    assert found == ["wal", 2, 1, 20_000, 1]
