"""Values with their units, as people say them."""

import pytest

from trialsite.lib.units import say_unit, say_with_unit, without_unit


@pytest.mark.parametrize(
    ("text", "unit", "said"),
    [
        ("7", "points", "7 points"),
        ("1", "points", "1 point"),
        ("1", "lesions", "1 lesion"),
        ("1.0", "points", "1.0 points"),
        ("1", "grade", "1"),
        ("3", "count", "3"),
        ("1", "mL", "1 mL"),
        ("yes", "", "yes"),
    ],
)
def test_a_number_is_said_with_its_unit(text: str, unit: str, said: str) -> None:
    assert say_with_unit(text, unit) == said
    assert without_unit(said, unit) == text
    assert not say_unit("choice")
