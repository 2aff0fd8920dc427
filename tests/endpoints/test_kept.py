"""What was computed from a snapshot is computed once, for every process, and never taken from a file that is not what it should be."""

import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.urls import reverse

from endpoints import kept, reports
from endpoints.actions.snapshot import make_snapshot
from endpoints.catalog import REPORTS
from endpoints.kept import Computed, recall
from endpoints.layout import Column, Table
from endpoints.packing import pack, unpack
from endpoints.selectors.snapshots import get_snapshot
from tests.cast import SignIn
from tests.endpoints.test_snapshots import build_trial
from trialsite.accounts.models import User

TABLE = Table("rows", "Rows", (Column("Arm", is_number=False),), (("sham",), ("treated",)), ("A note",))
ONE = Computed("5" * 64, "relapses", "rows", has_dummy_arms=False, population="safety")
OTHER_PROCESS = """
import sys
from trialsite.settings import *
import django
django.setup()
from endpoints.kept import Computed, recall
def make():
    raise AssertionError("computed again")
print(recall(Computed("5" * 64, "relapses", "rows", has_dummy_arms=False, population="safety"), make))
assert "pandas" not in sys.modules
"""


@pytest.fixture(autouse=True)
def data_dir(settings: Any, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    kept.forget()
    return tmp_path


def fail(*_: object) -> object:
    raise AssertionError("computed again")


def test_another_process_computes_nothing(data_dir: Path, settings: Any) -> None:
    assert recall(ONE, lambda: TABLE) == TABLE
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "TRIALSITE_DATA_DIR": str(data_dir),
        "TRIALSITE_ALLOCATION_KEY": ",".join(settings.ALLOCATION_KEYS),
    }
    said = subprocess.run(
        [sys.executable, "-c", OTHER_PROCESS], env=environment, capture_output=True, text=True, check=False
    )
    assert said.stdout.strip() == str(TABLE), said.stderr


def alter(path: Path) -> None:
    token = bytearray(path.read_bytes())
    token[len(token) // 2] ^= 1
    path.write_bytes(token)


def test_a_file_that_is_not_what_it_should_be_is_not_used(
    data_dir: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    recall(ONE, lambda: TABLE)
    (file,) = (data_dir / "computed").iterdir()
    sound = file.read_bytes()
    assert b"sham" not in sound
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    another = Computed("5" * 64, "relapses", "rows", has_dummy_arms=True, population="safety")
    moved = another.path
    monkeypatch.setattr(kept, "get_code_version", lambda: "another version")
    aged = ONE.path
    monkeypatch.undo()
    keys = settings.ALLOCATION_KEYS

    def use_other_version() -> None:
        aged.write_bytes(sound)
        monkeypatch.setattr(kept, "get_code_version", lambda: "another version")

    def lose_key() -> None:
        file.write_bytes(sound)
        settings.ALLOCATION_KEYS = (Fernet.generate_key().decode(),)

    spoilers: dict[str, tuple[Callable[[], object], Computed]] = {
        "altered": (lambda: alter(file), ONE),
        "cut off": (lambda: file.write_bytes(sound[:100]), ONE),
        "moved": (lambda: moved.write_bytes(sound), another),
        "another version": (use_other_version, ONE),
        "another key": (lose_key, ONE),
    }
    for name, (spoil, one) in spoilers.items():
        spoil()
        kept.forget()
        assert recall(one, partial(str, name)) == name
        kept.forget()
        assert recall(one, fail) == name, "and it is kept anew"
        monkeypatch.undo()
        settings.ALLOCATION_KEYS = keys
        settings.DATA_DIR = data_dir
        file.write_bytes(sound)


def test_the_oldest_files_make_room(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST_FILES", 10)
    for number in range(25):
        recall(Computed("5" * 64, "relapses", str(number), has_dummy_arms=False), partial(str, number))
    assert len(list((data_dir / "computed").iterdir())) == 10
    assert recall(Computed("5" * 64, "relapses", "nothing", has_dummy_arms=False), lambda: None) is None
    assert recall(Computed("5" * 64, "relapses", "odd", has_dummy_arms=False), lambda: {1}) == {1}, "no file holds it"
    assert len(list((data_dir / "computed").iterdir())) == 10
    assert kept.remove_files() == 10
    assert not list((data_dir / "computed").iterdir())


@pytest.mark.django_db
@pytest.mark.conformance(25)
def test_every_page_of_a_snapshot_is_computed_once(
    sign_in: SignIn, statistician: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_trial()
    made = make_snapshot(statistician, "")
    window = sign_in(statistician)
    addresses = [reverse("report", args=[key]) for key in ("flow", "relapses", "safety")]
    addresses += [
        reverse("report_rows", args=["relapses"]),
        reverse("report_figure", args=["safety", "events"]),
        reverse("report_patients_file", args=["relapses"]),
        reverse("snapshot_facts", args=[made.id, "visits"]),
    ]
    before = {one: window.get(f"{one}?snapshot={made.id}").content for one in addresses}
    kept.forget()
    for name in reports.__all__:
        monkeypatch.setattr(reports, name, fail)
    for one, content in before.items():
        answer = window.get(f"{one}?snapshot={made.id}")
        assert answer.status_code == 200
        if "." in one:
            assert answer.content == content
    with pytest.raises(AssertionError, match="computed again"):
        window.get(f"{addresses[1]}?snapshot={made.id}&set=safety")


@pytest.mark.django_db
def test_what_is_kept_equals_what_was_computed(statistician: User) -> None:
    build_trial()
    from_snapshot = make_snapshot(statistician, "")
    opened = get_snapshot(from_snapshot.id, user=statistician, purpose="Test")
    assert opened is not None
    for key in ("flow", "accrual", "missing", "blinding"):
        given = opened.trial.input_of(key)
        report = reports.build_report(REPORTS[key], given)
        assert unpack(pack(report)) == report
        assert unpack(pack(given.participants)) == given.participants
    flows = reports.compute_flows(opened.trial.input_of("flow"))
    for value in (flows, b"\x00<svg>", None, {"visits": "subject\n"}, TABLE, [1.5, True, "x"]):
        assert unpack(pack(value)) == value
    with pytest.raises(TypeError):
        pack(object())
