"""Guesses of the treatment: only where there is something to guess, after it, and with a certainty."""

from datetime import date
from typing import Any

import pytest

from tests.visits.crfs.conftest import keys_of, make_context
from visits.crfs.blinding_guess.checks import check_blinding_guess
from visits.crfs.blinding_guess.model import Guess
from visits.crfs.context import VisitContext

GUESSES: dict[str, Any] = {
    "assessed_on": date(2011, 2, 9),
    "patient_guess": "angioplasty",
    "certainty_pct": 60,
    "rater_guess": "do_not_know",
}


def found_in(context: VisitContext, **changes: Any) -> set[str]:
    return keys_of(check_blinding_guess({**GUESSES, **changes}, context))


def test_the_three_answers() -> None:
    assert [label for _, label in Guess.choices] == ["Angioplasty", "Sham", "Do not know"]


def test_a_plain_guess_raises_nothing(around: VisitContext) -> None:
    assert found_in(around) == set()


def test_an_open_phase_has_nothing_to_guess() -> None:
    assert found_in(make_context(phase_number=1)) == {"guess_in_open_phase"}


@pytest.mark.parametrize(("on", "is_refused"), [(date(2011, 2, 7), True), (date(2011, 2, 8), False)])
def test_the_guess_follows_the_procedure(around: VisitContext, on: date, is_refused: bool) -> None:
    assert ("guess_before_procedure" in found_in(around, assessed_on=on)) is is_refused


@pytest.mark.parametrize(
    ("guess", "certainty", "key"),
    [
        ("sham", 0, None),
        ("sham", 100, None),
        ("sham", None, "certainty_pct_missing"),
        ("do_not_know", None, None),
        ("do_not_know", 0, None),
        ("do_not_know", 1, "certainty_pct_of_nothing"),
        ("", 50, "certainty_pct_without_guess"),
        ("", None, None),
    ],
)
def test_a_certainty_belongs_to_a_guess(
    around: VisitContext, guess: str, certainty: int | None, key: str | None
) -> None:
    assert found_in(around, patient_guess=guess, certainty_pct=certainty) == ({key} if key else set())


def test_the_rater_is_asked_like_the_patient(around: VisitContext) -> None:
    assert found_in(around, rater_guess="sham") == {"rater_certainty_pct_missing"}
    assert found_in(around, rater_guess="", rater_reason="a bruise") == {"rater_reason_without_guess"}
