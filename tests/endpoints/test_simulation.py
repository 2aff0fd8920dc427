"""Operating characteristics: known answers, the same answer again, and the command around them."""

import csv
import json
from dataclasses import replace
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pandas as pd
import pytest
from django.core.management import CommandError, call_command

from endpoints.forms.simulate import SimulationForm
from endpoints.plan import make_plan
from endpoints.readers import read_set
from endpoints.simulation.assumptions import Assumptions, CountAssumptions
from endpoints.simulation.characteristics import PRIMARY_TESTS, Characteristic, find_characteristics, remove_effect
from endpoints.simulation.draw import draw_trial
from tests.cast import SignIn
from tests.endpoints.trial import PLAN
from trialsite.accounts.models import User
from trialsite.jobs.actions import remove
from trialsite.jobs.models import Job
from trialsite.jobs.work import BENCH, perform
from trialsite.management.makers import MAKERS
from trialsite.protocol.current import get_protocol

STRONG = Assumptions(
    vhiss_effect=40,
    vhiss_scatter=0.5,
    lesions=CountAssumptions(60, 0.05, 0),
    relapses=CountAssumptions(60, 0.05, 0),
    missing_visit=0,
    missing_value=0,
    drop_out=0,
)


def test_an_effect_that_cannot_be_missed_is_found_in_every_trial_and_only_there() -> None:
    found = list(find_characteristics(STRONG, PLAN, [(8, 8)], trials=4, seed=5))
    assert [one.test for one in found] == 2 * list(PRIMARY_TESTS)
    assert [one.part for one in found if one.has_effect] == [1.0] * 4
    assert [one.error for one in found if one.has_effect] == [0.0] * 4
    without = {one.test: one for one in found if not one.has_effect}
    # Nobody responds in either arm: there is nothing to find, and by Fisher's test p is 1 whatever was drawn.
    assert without["VHISS response, Fisher"].rejected == 0
    assert all(one.n_treated == one.n_sham == 8 and one.trials == 4 for one in found)


def test_events_that_nobody_has_find_nothing_and_are_said_to_be_undefined() -> None:
    nobody = Assumptions(lesions=CountAssumptions(0), relapses=CountAssumptions(0))
    found = list(find_characteristics(nobody, PLAN, [(3, 3)], trials=2, seed=1))
    lesions = [one for one in found if one.test.startswith("New T2")]
    assert [(one.rejected, one.part) for one in lesions] == [(0, 0.0)] * 2


def test_a_longer_run_begins_with_the_trials_of_a_shorter_one() -> None:
    short, long = (list(find_characteristics(STRONG, PLAN, [(4, 5)], trials=trials, seed=9)) for trials in (3, 5))
    assert all(0 <= more.rejected - less.rejected <= 2 for less, more in zip(short, long, strict=True))


def test_an_early_analysis_sees_who_had_come_and_what_had_happened() -> None:
    """2 patients a day: after 91.3 days (three months) about 182 of 400 have come, and nobody could have been seen at six months."""
    whole = Assumptions(n_open=0, n_treated=200, n_sham=200, enrollment_rate=60)
    early = draw_trial(replace(whole, analysis_month=3), PLAN, seed=3)
    late = draw_trial(replace(whole, analysis_month=60), PLAN, seed=3)
    assert 150 < len(early.subjects) < 215
    assert early.visits["study_day"].max() <= 3 * 365.25 / 12
    assert early.adverse_events["onset_day"].max() <= 3 * 365.25 / 12
    pd.testing.assert_frame_equal(late.visits, draw_trial(whole, PLAN, seed=3).visits)
    both = pd.concat([early.visits, late.visits]).drop_duplicates()
    assert len(both) == len(late.visits), "what an early analysis sees is what a late one sees of it"
    nobody = draw_trial(replace(whole, analysis_month=0.001), PLAN, seed=3)
    assert not nobody.subjects
    found = find_characteristics(replace(whole, analysis_month=0.001), PLAN, [(3, 3)], trials=2, seed=3)
    assert {(one.rejected, one.undefined) for one in found} == {(0, 2)}


def test_limits_tell_something_where_no_trial_found_anything() -> None:
    """Clopper and Pearson, none of 60: 0 to 1 - 0.025 ** (1 / 60)."""
    none = Characteristic(test="", n_treated=9, n_sham=10, has_effect=False, trials=60, rejected=0, undefined=0)
    assert (none.error, none.limits.low) == (0, 0)
    assert none.limits.high == pytest.approx(1 - 0.025 ** (1 / 60))


def test_without_effect_nothing_else_changes() -> None:
    calm = remove_effect(STRONG)
    assert (calm.vhiss_effect, calm.lesions.rate_ratio, calm.relapses.rate_ratio) == (0, 1, 1)
    assert (calm.lesions.rate, calm.vhiss_scatter) == (STRONG.lesions.rate, STRONG.vhiss_scatter)


def test_the_command_says_the_same_on_screen_in_the_file_and_in_the_figure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table, figure = tmp_path / "out.csv", tmp_path / "out.svg"
    call_command("simulate", "--patients", "4+5", "--trials", "3", "--csv", str(table), "--svg", str(figure))
    printed = capsys.readouterr().out
    rows = list(csv.DictReader(table.read_text(encoding="utf-8").splitlines()))
    assert [row["effect"] for row in rows] == ["none"] * 4 + ["assumed"] * 4
    for row in rows:
        assert Fraction(int(row["rejected"]), int(row["trials"])) == pytest.approx(float(row["part"]))
        assert f"{100 * float(row['part']):.1f} ± {100 * float(row['standard_error']):.1f} %" in printed
    words = figure.read_text(encoding="utf-8")
    assert all(test in words for test in PRIMARY_TESTS)


def test_a_drawn_trial_can_be_written_and_read(tmp_path: Path) -> None:
    call_command("simulate", "--patients", "300+200", "--write-csv", str(tmp_path), "--name", "load")
    facts = read_set(tmp_path, "load", make_plan(get_protocol())).facts
    assert len(facts.subjects) == 500
    arms = facts.visits.drop_duplicates("subject")["arm"].value_counts().to_dict()
    assert arms == {"treated": 300, "sham": 200}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--patients", "19"], "write the patients of both arms as 9"),
        (["--patients", "0+5"], "write the patients of both arms as 9"),
        (["--trials", "0"], "At least one trial"),
        (["--drop-out", "1.5"], "visit that counts: choose a number from 0 to 1"),
        (["--lesion-rate", "-1"], "sham: choose a number from 0 to 1000"),
        (["--write-csv", "."], "Say the size of the one trial"),
        (["--write-csv", "missing", "--patients", "4+4"], "missing is not a folder"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_words(arguments: list[str], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        call_command("simulate", *arguments)


def make_form(**changed: object) -> dict[str, object]:
    return {**SimulationForm.begin(), "patients": "4+4", "trials": 10, **changed}


def test_the_statistician_asks_on_a_page_and_takes_the_archive_twice_the_same(
    statistician: User, sign_in: SignIn, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr(BENCH, "makers", MAKERS)
    browser = sign_in(statistician)
    taken = []
    for _ in range(2):
        assert browser.post("/simulation/", make_form()).status_code == 302
        job = Job.objects.get(kind="simulation")
        perform(job.pk)
        answer = browser.get(f"/files/{job.pk}/")
        taken.append(b"".join(answer.streaming_content))  # type: ignore[attr-defined]  # a file answer
        remove(Job.objects.get(pk=job.pk))
        Job.objects.all().delete()
    assert taken[0] == taken[1]
    with ZipFile(BytesIO(taken[0])) as archive:
        rows = list(csv.DictReader(archive.read("characteristics.csv").decode().splitlines()))
        assumed = json.loads(archive.read("assumptions.json"))
        assert archive.read("characteristics.svg").startswith(b"<?xml")
    assert [row["trials"] for row in rows] == ["10"] * 8
    assert assumed["assumptions"]["lesion_ratio"] == 0.5


def test_the_page_says_at_the_field_what_cannot_be_drawn_and_keeps_what_was_typed(
    statistician: User, sign_in: SignIn
) -> None:
    browser = sign_in(statistician)
    wrong = {"patients": "9+10 12", "trials": "5", "drop_out": "1,5", "seed": ""}
    answer = browser.post("/simulation/", make_form(**wrong))
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "12: write the patients of both arms as 9+10." in text
    assert all(f'value="{typed}"' in text for typed in ("9+10 12", "5", "1,5"))
    assert answer.context["form"].errors.keys() == {"patients", "trials", "drop_out", "seed"}
    assert "This is too low. Write 10 or more." in text
    big = browser.post("/simulation/", make_form(patients="1500+1500"))
    assert "at most 2,000 patients" in big.content.decode()
