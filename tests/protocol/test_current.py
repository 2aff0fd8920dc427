import os
import subprocess
import sys
from pathlib import Path

import pytest
from pytest_django import Settings

from tests.protocol.samples import BRAVE, PREMISE, ROOT
from trialsite.protocol.current import get_protocol
from trialsite.protocol.problems import ProtocolError


def test_the_protocol_is_the_one_in_the_settings(settings: Settings) -> None:
    settings.PROTOCOL_FILE = PREMISE
    assert get_protocol().key == "premise"
    settings.PROTOCOL_FILE = BRAVE
    assert get_protocol().key == "brave_dreams_shape"


def test_a_file_is_read_once(settings: Settings) -> None:
    settings.PROTOCOL_FILE = PREMISE
    assert get_protocol() is get_protocol()


def test_a_wrong_file_is_refused_each_time(settings: Settings, tmp_path: Path) -> None:
    settings.PROTOCOL_FILE = tmp_path / "none.toml"
    for _ in range(2):
        with pytest.raises(ProtocolError, match="cannot be read"):
            get_protocol()


def _manage(protocol_file: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"TRIALSITE_MODE": "test", "TRIALSITE_PROTOCOL_FILE": str(protocol_file)}
    environment["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    command = [sys.executable, "manage.py", *words]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=120)


def test_no_command_runs_with_a_wrong_file(tmp_path: Path) -> None:
    spoiled = tmp_path / "spoiled.toml"
    text = PREMISE.read_text(encoding="utf-8")
    spoiled.write_text(
        text.replace("ratio = { angioplasty = 1, sham = 1 }", "ratio = { angioplasty = 1, sham = 0 }"), encoding="utf-8"
    )
    done = _manage(spoiled, "check")
    assert done.returncode == 1
    assert done.stderr == (
        f"The protocol file {spoiled} cannot be used:\n"
        "  phases[1].allocation.ratio.sham: must be between 1 and 100, not 0\n"
    )


def test_commands_run_with_the_other_trial() -> None:
    done = _manage(BRAVE, "check")
    assert done.returncode == 0, done.stderr
