"""How a decimal number is said: as people write it, wherever it stands."""

from datetime import date
from decimal import Decimal

import pytest

from tests.records.conftest import ANNA, make_patient, make_visit
from trialsite.records.actions import create_record
from trialsite.records.fields import Measure
from trialsite.records.wording import word_value
from visits.crfs.registry import CRFS
from visits.models import Edss


@pytest.mark.parametrize(
    ("said", "stored", "shown"),
    [
        (0, "500.000", "500"),
        (0, "7.50", "7.5"),
        (0, "0.00", "0"),
        (0, "-1.20", "-1.2"),
        (1, "4", "4.0"),
        (1, "3.50", "3.5"),
        (1, "3.25", "3.25"),
    ],
)
def test_zeros_that_say_nothing_are_left_out(said: int, stored: str, shown: str) -> None:
    assert str(Measure(said=said).as_said(Decimal(stored))) == shown


def test_a_step_has_its_decimal_on_the_form_and_in_the_trail(db: None) -> None:
    visit = make_visit(make_patient("P2-001"), "baseline", date(2011, 2, 1))
    record = create_record(Edss(visit=visit, patient=visit.patient, rater_step=Decimal(4)), actor=ANNA)
    assert str(Edss.objects.get(pk=record.pk).rater_step) == "4.0"
    assert word_value(CRFS["edss"], "rater_step", record.plain_values()["rater_step"]) == "4.0 points"
