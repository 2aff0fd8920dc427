"""manage.py endpoints: from files to numbers, and every refusal at its place."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from endpoints.readers import write_facts
from endpoints.simulation.assumptions import Assumptions
from endpoints.simulation.draw import draw_trial
from tests.endpoints.trial import PLAN


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_facts(draw_trial(Assumptions(n_open=3, n_treated=4, n_sham=4), PLAN, seed=2), tmp_path, "one")
    return tmp_path


def run(folder: Path, **options: Any) -> dict[str, Any]:
    out = folder / "out.json"
    call_command("endpoints", from_csv=folder, json=str(out), **options)
    numbers: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    return numbers


def refuse(folder: Path, **options: Any) -> str:
    """The refusal; nothing may have been written."""
    with pytest.raises(CommandError) as error:
        run(folder, **options)
    assert not (folder / "out.json").exists()
    return str(error.value)


def test_rows_columns_and_what_is_not_known_make_no_difference(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = run(folder)
    lines = (folder / "one.csv").read_text(encoding="utf-8").splitlines()
    turned = [",".join([*reversed(line.split(",")), "9"]) for line in [lines[0], *reversed(lines[1:])]]
    turned[0] = turned[0].removesuffix("9") + "remark"
    turned.insert(2, "," * lines[0].count(",") + ",")
    (folder / "one.csv").write_text("\ufeff" + "\r\n".join(turned), encoding="utf-8")
    assert run(folder) == first
    assert "one.csv, column remark: this column is not part of the analysis" in capsys.readouterr().err


def test_the_numbers_can_go_to_standard_output(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("endpoints", from_csv=folder, json="-")
    assert json.loads(capsys.readouterr().out) == run(folder)


def test_lines_that_are_alike_are_counted_and_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = folder / "one_relapses.csv"
    subject = (folder / "one.csv").read_text(encoding="utf-8").splitlines()[1].split(",")[0]
    path.write_text(f"subject,onset_day\n{subject},50\n{subject},60\n\n{subject},50.0\n", encoding="utf-8")
    run(folder)
    told = capsys.readouterr().err
    assert "one_relapses.csv, lines 2 and 5: these lines are alike, and 2 events are counted." in told
    assert told.count("one_relapses.csv") == 1
    events = [f"{subject},Headache,1,N,N,{day}\n" * (25 if day == 1 else 2) for day in range(1, 24)]
    (folder / "one_ae.csv").write_text(
        "subject,term,ctcae_grade,serious,related,onset_day\n" + "".join(events), encoding="utf-8"
    )
    run(folder)
    told = capsys.readouterr().err
    assert "20, 21 and 5 more: these lines are alike, and 25 events" in told
    assert "one_ae.csv: 3 more events are repeated like these." in told


def test_the_only_set_of_a_folder_needs_no_name_and_several_do(folder: Path) -> None:
    first = run(folder)
    for path in folder.glob("one*.csv"):
        (folder / path.name.replace("one", "two", 1)).write_bytes(path.read_bytes())
    (folder / "out.json").unlink()
    assert "several data sets: one, two" in refuse(folder)
    assert run(folder, name="two") == first
    (folder / "out.json").unlink()
    told = refuse(folder, name="three")
    assert "three.csv: This file is missing. Put it into the folder, or name another data set." in told
    assert "three_ae.csv: This file is missing. Where nothing of the kind happened" in told
    (folder / "three.csv").mkdir()
    assert "three.csv: This is a folder." in refuse(folder, name="three")


def test_an_empty_or_missing_folder_is_refused(tmp_path: Path) -> None:
    assert "holds no CSV file" in refuse(tmp_path)
    with pytest.raises(CommandError, match="is not a folder"):
        call_command("endpoints", from_csv=tmp_path / "nowhere", json="-")


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("one.csv", b"", "one.csv: This file is empty"),
        ("one.csv", b"subject;phase;arm\n", "one.csv, line 1: Cells are separated by semicolons"),
        (
            "one_ae.csv",
            "subject,term\nP1,\u00dcbelkeit\n".encode("latin-1"),
            "one_ae.csv, line 2: This line is not UTF-8",
        ),
        (
            "one_relapses.csv",
            b"subject,onset_day\nP000001,2014-07-29\n",
            "line 2, column onset_day: '2014-07-29' is not",
        ),
        ("one_relapses.csv", b"subject,onset_day\nX,3\n", "line 2, column subject: This subject is not among"),
        ("one_relapses.csv", b"subject,onset_day\nP000001,\n", "line 2, column onset_day: A relapse needs"),
    ],
)
def test_a_bad_file_is_refused_with_its_place(folder: Path, file: str, content: bytes, message: str) -> None:
    (folder / file).write_bytes(content)
    assert message in refuse(folder)


def test_every_problem_is_told_before_anything_is_computed(folder: Path) -> None:
    header = (folder / "one.csv").read_text(encoding="utf-8").splitlines()[0]
    rows = [
        "A,2,treated,F,40,baseline,-7,17,,,,,,,,,",
        "A,2,treated,F,40,1m,30,3,-1,0,0,,,,,,",
        "A,2,treated,F,40,1m,30,3,1,0,0,,,,,,",
        "B,2,treated,F,40,3m,-2,3,1,0,0,,,,,,",
        "B,2,sham,F,40,6m,180,3,1,0,0,,,,,,",
        "C,1,treated,F,40,6m,180,3,1,0,0,,,,,,",
        "D,2,placebo,F,40,7m,180,3,1,0,0,,,,,,",
        "E,2,,F,40,6m,180,3,1,0,0,,,,,,",
    ]
    (folder / "one.csv").write_text("\n".join([header, *rows]), encoding="utf-8")
    (folder / "one_ae.csv").write_text("subject,term,ctcae_grade,serious,related,onset_day\n", encoding="utf-8")
    (folder / "one_relapses.csv").write_text("subject,onset_day\n", encoding="utf-8")
    told = refuse(folder)
    for message in (
        "line 2, column vhiss: This must be from 0 to 16.",
        "line 3, column new_ce_lesions: This must be 0 or more.",
        "line 4, column visit: This subject already has a row for this visit.",
        "line 5, column study_day: This visit follows the procedure",
        "line 6, column arm: This differs from the subject's other rows.",
        "line 7, column arm: This arm is not of this phase",
        "line 8, column arm: An arm must be one of open, treated, sham.",
        "line 8, column visit: A visit must be one of",
        "line 9, column arm: This subject needs an arm.",
        "Nothing was computed and no file written.",
    ):
        assert message in told


def test_a_thousand_problems_are_told_as_fifty(folder: Path) -> None:
    (folder / "one_relapses.csv").write_text("subject,onset_day\n" + "X,1\n" * 1000, encoding="utf-8")
    assert refuse(folder).splitlines()[50] == "And 950 more."


@pytest.mark.parametrize("word", ["NA", "null"])
def test_a_word_for_missing_is_refused_with_its_remedy(folder: Path, word: str) -> None:
    lines = (folder / "one.csv").read_text(encoding="utf-8").splitlines()
    cells = lines[1].split(",")
    cells[7] = word
    (folder / "one.csv").write_text("\n".join([lines[0], ",".join(cells)]), encoding="utf-8")
    assert f"line 2, column vhiss: '{word}' is not a number. Leave the cell empty" in refuse(folder)


def test_a_place_that_cannot_be_written_is_named(folder: Path) -> None:
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("endpoints", from_csv=folder, json=str(folder / "none" / "out.json"))


def test_numbers_without_a_place_are_refused(folder: Path) -> None:
    with pytest.raises(CommandError, match="Say where the numbers go"):
        call_command("endpoints", from_csv=folder)
