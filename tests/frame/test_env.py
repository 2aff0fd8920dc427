"""Reading settings: every problem is told, at once, in a sentence."""

from pathlib import Path

import pytest

from trialsite.lib.env import EnvironmentRefusedError, Setting, read_settings


def read_number(text: str) -> int:
    if not text.isdigit():
        raise ValueError("must be a number")
    return int(text)


KNOWN = (
    Setting("APP_COUNT", "How many.", read_number, {"": "3", "quick": "1"}),
    Setting("APP_KEY", "Opens the door.", str, {"quick": "open"}, is_secret=True),
)


def read(environ: dict[str, str], mode: str = "") -> dict[str, object]:
    return read_settings(environ, KNOWN, mode=mode, prefix="APP_")


def problems_of(environ: dict[str, str]) -> str:
    with pytest.raises(EnvironmentRefusedError) as refused:
        read(environ)
    return refused.value.explain()


def test_given_values_are_read_and_absent_ones_take_their_default() -> None:
    assert read({"APP_KEY": "k", "OTHER": "x"}) == {"APP_COUNT": 3, "APP_KEY": "k"}


def test_a_mode_may_have_a_default_of_its_own() -> None:
    assert read({}, mode="quick") == {"APP_COUNT": 1, "APP_KEY": "open"}


def test_an_empty_variable_counts_as_absent() -> None:
    assert read({"APP_COUNT": " ", "APP_KEY": "k"})["APP_COUNT"] == 3


def test_every_problem_is_told_at_once() -> None:
    text = problems_of({"APP_COUNT": "many", "APP_CUONT": "3"})
    assert "APP_CUONT is not a setting of Trialsite; correct or remove it." in text
    assert "APP_COUNT must be a number (it is 'many')." in text
    assert "APP_KEY or APP_KEY_FILE is missing: Opens the door." in text


def test_a_secret_comes_from_a_file_without_its_last_line_end(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("from a file\n")
    assert read({"APP_KEY_FILE": str(file)})["APP_KEY"] == "from a file"


def test_a_secret_given_twice_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("x")
    assert "both given" in problems_of({"APP_KEY": "y", "APP_KEY_FILE": str(file)})


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe"], ids=["absent", "empty", "not text"])
def test_a_file_that_holds_no_secret_is_named(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "key"
    if content is not None:
        file.write_bytes(content)
    assert f"APP_KEY_FILE names the file '{file}'" in problems_of({"APP_KEY_FILE": str(file)})


def test_only_secrets_come_from_files() -> None:
    assert "APP_COUNT_FILE is not a setting" in problems_of({"APP_KEY": "k", "APP_COUNT_FILE": "x"})


def test_a_wrong_secret_is_not_repeated() -> None:
    known = (Setting("APP_PIN", "Opens.", read_number, {}, is_secret=True),)
    with pytest.raises(EnvironmentRefusedError) as refused:
        read_settings({"APP_PIN": "hunter2"}, known, mode="", prefix="APP_")
    assert refused.value.problems == ("APP_PIN must be a number.",)
