"""What is entered long after its assessment, as from paper, says so on its page, in the casebook, in the trail and in its review."""

from datetime import UTC, date, datetime

import pytest

from tests.cast import SignIn
from tests.marks.conftest import make_vital_signs
from tests.records.conftest import give_consent, make_patient, make_visit
from trialsite.accounts.models import User
from trialsite.lib import clock

pytestmark = pytest.mark.django_db


@pytest.mark.conformance(46)
@pytest.mark.parametrize(("day", "late_by"), [(15, 0), (16, 15)])
def test_late_entry_is_flagged(day: int, late_by: int, monitor: User, sign_in: SignIn) -> None:
    """One hour before midnight in Buffalo, where the fifteenth day begins five hours after it begins in UTC."""
    with clock.held_at(datetime(2011, 2, day + 1, 4, tzinfo=UTC)):
        patient = make_patient()
        give_consent(patient)
        form = make_vital_signs(make_visit(patient, on=date(2011, 2, 1)))
    page = sign_in(monitor).get(f"/visits/{form.visit_id}/forms/vital_signs/").content.decode()
    review = sign_in(monitor).get("/trail/review/?from_on=2011-02-01&to_on=2011-03-01").content.decode()
    assert ("days after the assessment" in page) == bool(late_by)
    assert ("days after the visit of 2011-02-01" in review) == bool(late_by)
    casebook = sign_in(monitor).get(f"/patients/{form.patient_id}/").content.decode()
    trail = sign_in(monitor).get(f"/trail/patients/{form.patient_id}/").content.decode()
    assert ("entered late</span>" in casebook) == bool(late_by)
    assert ("days after the assessment" in trail) == bool(late_by)
    if late_by:
        assert f"entered {late_by} days after the assessment" in page
        assert f"{late_by} days after the visit of 2011-02-01" in review
